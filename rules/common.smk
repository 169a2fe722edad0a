"""Shared by all rules: the checked configuration, the table list and code digests. Contains no rules.

`option`, `setting`   a key of the configuration, also of the job's run: `option("runs/{run}/model")`; settings change results
`per_table`           the files of a pattern, one for every table
`tables`, `sources`   per table: path, split (pinned, or ""), SHA-256 (the job's: `table_entry`); licence and title, for the report
`runs`                which runs are trained and how: `runs.trained`, `.lora`, `.full`, `.students`, `.trained_on`, `.arms`
`asked`               the sources of questions: `asked.files(…)`, `asked.pairs`; <source> and <graded>: folders of questions
`teachers`            the teachers that the configuration names: `teachers.model("traces/teacher")`, `.setting(…)`
`code`                the digest of a rule's script and all it reaches: `code("questions.py")`; `formats`: of each converter
"""

from functools import partial
from snakemake.utils import min_version

from tabletutor.workflow.identity.code import code, converter_digests
from tabletutor.workflow.identity.code import families_digest, method_digests
from tabletutor.workflow.runs import Runs, any_of
from tabletutor.workflow.question_sources import QuestionSources
from tabletutor.workflow.teachers import Teachers
from tabletutor.workflow.setup import clean_up, entry_lookup, set_up
from tabletutor.workflow.setup import model_file_lookup, own_rows_lookup

min_version("9.20")

settings, tables, sources = set_up(workflow, config)
option, setting = partial(lookup, within=config), partial(lookup, within=settings)
per_table = partial(expand, table=tables)
table_entry = entry_lookup(tables)
formats = converter_digests(config["formats"])
runs = Runs(config)
teachers = Teachers(config, settings)
asked = QuestionSources(config)
local_model = model_file_lookup(config["models"])
own_rows = own_rows_lookup(config["formats"])
method = lookup(dpath="{run}", within=method_digests(config["runs"]))


pathvars:
    results=config["results"],
    logs=f"logs/{config['project']}",
    source=asked.folder,
    graded=asked.graded,


wildcard_constraints:
    table=r"[a-z][a-z0-9_]*",
    model=any_of(config["models"]),
    run=any_of(config["runs"]),
    format=any_of(formats),
