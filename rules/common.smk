"""What all rules share: the checked configuration, the table list and `code`. No rules here.

`settings` the part of the configuration that results depend on: `params: lookup(dpath="…", within=settings)`
`config`   all of it, every default filled in: for what says how a job runs, such as `threads`
`tables`   by name: `path`, `split` (pinned, or ""), `content` (SHA-256 of the CSV)
`listed`   a column of it for the table of the job: `listed("path")`
`tuned`    the runs that are trained
`trained_on`  the formats they are trained on
`sources`  by table: `licence`, `title`; for the report alone
`code`     digest of a rule's script and all it reaches: `params: code=code("questions.py")`
`formats`  by name, those that are made: the digest of the converter
"""

from snakemake.utils import min_version

from tabletutor.workflow.code import code, converters
from tabletutor.workflow.setup import clear_up, column_of, set_up

min_version("9.20")

settings, tables, sources = set_up(workflow, config)
listed = column_of(tables)
formats = converters(config["formats"])
tuned = [run for run, student in config["runs"].items() if student["training"]]
trained_on = sorted({config["runs"][run]["training"]["format"] for run in tuned})


pathvars:
    results=config["results"],
    logs=f"logs/{config['project']}",


wildcard_constraints:
    table=r"[a-z][a-z0-9_]*",
    model="|".join(config["models"]),
    run="|".join(config["runs"]),
    format="|".join(formats),
