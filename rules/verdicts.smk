"""Verdicts: match answers by type, verify questions, and judge every trace and step.

Needs   questions/{source}/{table}.jsonl, episodes/{source}/{table}.jsonl, tables/{table}/table.parquet
Makes   replays/{source}/{table}.jsonl, verdicts/{source}/{table}.jsonl; questions/verified/ if language models verify
Steps   replays → verdicts → verified
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


rule verified:
    """Write the verified questions of one table with their answers, for students to be graded on."""
    input:
        questions="<results>/questions/<source>/{table}.jsonl",
        verdicts="<results>/verdicts/<source>/{table}.jsonl",
    output:
        questions="<results>/questions/verified/{table}.jsonl",
    log:
        "<logs>/verified/{table}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        code=code("verified.py"),
    script:
        "../scripts/verified.py"
