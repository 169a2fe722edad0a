"""Shared by all rules: the checked configuration, the table list and code digests. Contains no rules.

`config`        all keys, with defaults; `settings`: the part that results depend on, `lookup(…, within=settings)`
`tables`        per table: `path`, `split` (pinned, or ""), `content` (SHA-256 of the CSV)
`table_entry`   a column of `tables` for the job's table: `table_entry("path")`
`sources`       per table: `licence`, `title`; only the report uses them
`runs`          which runs are trained and how: `runs.trained`, `.lora`, `.full`, `.students`, `.trained_on`, `.arms`
`local_model`   the files of the job's model with their digests; empty unless the model is local
`code`          the digest of a rule's script and all it reaches: `params: code=code("questions.py")`
`formats`       per format that is built: the digest of its converter; `method`: that of the run's training method
"""

from snakemake.utils import min_version

from tabletutor.workflow.identity.code import code, converter_digests
from tabletutor.workflow.identity.code import families_digest, method_digests
from tabletutor.workflow.runs import Runs, any_of
from tabletutor.workflow.setup import clean_up, entry_lookup, model_file_lookup, set_up

min_version("9.20")

settings, tables, sources = set_up(workflow, config)
table_entry = entry_lookup(tables)
formats = converter_digests(config["formats"])
runs = Runs(config)
local_model = model_file_lookup(config["models"])
method = lookup(dpath="{run}", within=method_digests(config["runs"]))


pathvars:
    results=config["results"],
    logs=f"logs/{config['project']}",


wildcard_constraints:
    table=r"[a-z][a-z0-9_]*",
    model=any_of(config["models"]),
    run=any_of(config["runs"]),
    format=any_of(formats),
