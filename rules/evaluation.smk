"""Evaluation: every run answers the questions on test tables in the sandbox, and is scored.

Needs   models/{model}/, checkpoints/{run}/ (of students that are trained), questions/program/{table}.jsonl, tables/{table}/, splits.json
Makes   predictions/{run}/test.jsonl, scores/{run}/test.jsonl
Steps   predictions → scores
"""


rule predictions:
    """Let one student answer the questions of all test tables, turn by turn, in the sandbox."""
    input:
        model=expand(
            "<results>/models/{model}/{file}",
            model=lookup(dpath="runs/{run}/model", within=config),
            file=[
                "model.safetensors",
                "config.json",
                "tokenizer.json",
                "tokenizer_config.json",
                "chat_template.jinja",
            ],
        ),
        trained=runs.weights,
        questions=expand("<results>/questions/program/{table}.jsonl", table=tables),
        profiles=expand("<results>/tables/{table}/profile.json", table=tables),
        parquets=expand("<results>/tables/{table}/table.parquet", table=tables),
        splits="<results>/splits.json",
    output:
        predictions="<results>/predictions/{run}/test.jsonl",
    log:
        "<logs>/predictions/{run}.log",
    conda:
        "../envs/workflow.yaml"
    threads: lookup(dpath="evaluation/threads", within=config)
    params:
        tables=list(tables),
        config=lookup(dpath="evaluation", within=settings),
        sandbox=lookup(dpath="sandbox", within=settings),
        seed=lookup(dpath="runs/{run}/seed", within=settings),
        whole_turns=lookup(dpath="runs/{run}/whole_turns", within=settings),
        code=code("predictions.py"),
    script:
        "../scripts/predictions.py"


rule scores:
    """Grade the predictions of one run by the type each answer has."""
    input:
        predictions="<results>/predictions/{run}/test.jsonl",
        questions=expand("<results>/questions/program/{table}.jsonl", table=tables),
    output:
        scores="<results>/scores/{run}/test.jsonl",
    log:
        "<logs>/scores/{run}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        config=lookup(dpath="verdicts", within=settings),
        code=code("scores.py"),
    script:
        "../scripts/scores.py"
