"""Episodes: the teacher's correct and wrong traces for each question, executed in the sandbox.

Needs   questions/program/{table}.jsonl, tables/{table}/table.parquet, tables/{table}/profile.json
Makes   episodes/program/{table}.jsonl
Steps   episodes
"""


rule episodes:
    """Let the teacher answer the questions of one table in the sandbox, both correctly and with mistakes."""
    input:
        questions="<results>/questions/program/{table}.jsonl",
        profile="<results>/tables/{table}/profile.json",
        parquet="<results>/tables/{table}/table.parquet",
    output:
        episodes="<results>/episodes/program/{table}.jsonl",
    log:
        "<logs>/episodes/{table}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        config=setting("episodes"),
        sandbox=setting("sandbox"),
        seed=setting("seed"),
        code=code("episodes.py"),
    script:
        "../scripts/episodes.py"
