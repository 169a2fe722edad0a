"""Episodes: correct and wrong traces for each question, executed in the sandbox.

Needs   questions/{source}/{table}.jsonl, tables/{table}/table.parquet, tables/{table}/profile.json; models/{model}/ of a local teacher
Makes   traces/{source}/{table}.jsonl (if `traces.teacher` is set), episodes/{source}/{table}.jsonl
Steps   traces → episodes
"""


rule traces:
    """Let language models answer the questions of one table, from their text alone and with the hint."""
    input:
        questions="<results>/questions/<source>/{table}.jsonl",
        profile="<results>/tables/{table}/profile.json",
        parquet="<results>/tables/{table}/table.parquet",
        model=teachers.model("traces/teacher"),
        gold_model=teachers.model("traces/gold_teacher"),
    output:
        traces="<results>/traces/<source>/{table}.jsonl",
    log:
        "<logs>/traces/{table}.log",
    conda:
        "../envs/workflow.yaml"
    threads: option("traces/threads")
    params:
        config=setting("traces"),
        teacher=teachers.setting("traces/teacher"),
        gold_teacher=teachers.setting("traces/gold_teacher"),
        verdicts=setting("verdicts"),
        sandbox=setting("sandbox"),
        seed=setting("seed"),
        code=code("traces.py"),
    script:
        "../scripts/traces.py"


rule episodes:
    """Run correct and wrong traces of the programs of one table's questions, and join those of language models."""
    input:
        questions="<results>/questions/<source>/{table}.jsonl",
        profile="<results>/tables/{table}/profile.json",
        parquet="<results>/tables/{table}/table.parquet",
        traces=branch(
            option("traces/teacher"),
            then="<results>/traces/<source>/{table}.jsonl",
            otherwise=[],
        ),
    output:
        episodes="<results>/episodes/<source>/{table}.jsonl",
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
