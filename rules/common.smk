"""What all rules share: the checked configuration, the table list and `code`. No rules here.

`config`   all keys, defaults filled in; `settings` those that count: `params: lookup(dpath="…", within=settings)`
`tables`   by name: `path`, `split` (pinned, or ""), `content` (SHA-256 of the CSV)
`listed`   a column of it for the table of the job: `listed("path")`; `local_model`: the files of the job's model by digest, if local
`runs`     which are trained and how: `runs.trained`, `.lora`, `.full`, `.students`, `.trained_on`, `.arms`
`sources`  by table: `licence`, `title`; for the report alone
`code`     digest of a rule's script and all it reaches: `params: code=code("questions.py")`
`formats`  by name, those that are made: the digest of the converter; `method`: that of the run's training method; `families()`: that of all question families
"""

from snakemake.utils import min_version

from tabletutor.workflow.identity.code import code, converters, families, methods
from tabletutor.workflow.runs import Runs, any_of
from tabletutor.workflow.setup import clean_up, entry_lookup, model_file_lookup, set_up

min_version("9.20")

settings, tables, sources = set_up(workflow, config)
table_entry = entry_lookup(tables)
formats = converters(config["formats"])
runs = Runs(config)
local_model = model_file_lookup(config["models"])
method = lookup(dpath="{run}", within=methods(config["runs"]))


pathvars:
    results=config["results"],
    logs=f"logs/{config['project']}",


wildcard_constraints:
    table=r"[a-z][a-z0-9_]*",
    model=any_of(config["models"]),
    run=any_of(config["runs"]),
    format=any_of(formats),
