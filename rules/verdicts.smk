"""Verdicts: match answers by type, verify questions, and judge every trace and step.

Needs   questions/program/{table}.jsonl, episodes/program/{table}.jsonl, tables/{table}/table.parquet
Makes   replays/program/{table}.jsonl, verdicts/program/{table}.jsonl
Steps   replays → verdicts
"""


rule replays:
    """Run the traces of one table again, to record what each statement sets."""
    input:
        episodes="<results>/episodes/<source>/{table}.jsonl",
        parquet="<results>/tables/{table}/table.parquet",
    output:
        replays="<results>/replays/<source>/{table}.jsonl",
    log:
        "<logs>/replays/{table}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        sandbox=setting("sandbox"),
        code=code("replays.py"),
    script:
        "../scripts/replays.py"


rule verdicts:
    """Judge the episodes of one table."""
    input:
        questions="<results>/questions/<source>/{table}.jsonl",
        episodes="<results>/episodes/<source>/{table}.jsonl",
        replays="<results>/replays/<source>/{table}.jsonl",
    output:
        verdicts="<results>/verdicts/<source>/{table}.jsonl",
    log:
        "<logs>/verdicts/{table}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        config=setting("verdicts"),
        code=code("verdicts.py"),
    script:
        "../scripts/verdicts.py"
