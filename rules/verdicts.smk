"""Verdicts: answers matched by type, questions verified or not, every trace right or wrong.

Needs   questions/program/{table}.jsonl, episodes/program/{table}.jsonl
Makes   verdicts/program/{table}.jsonl
Steps   verdicts
"""


rule verdicts:
    """Judge the episodes of one table."""
    input:
        questions="<results>/questions/program/{table}.jsonl",
        episodes="<results>/episodes/program/{table}.jsonl",
    output:
        verdicts="<results>/verdicts/program/{table}.jsonl",
    log:
        "<logs>/verdicts/{table}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        config=lookup(dpath="verdicts", within=settings),
        code=code("verdicts.py"),
    script:
        "../scripts/verdicts.py"
