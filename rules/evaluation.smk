"""Evaluation: every run answers the questions about the test tables in the sandbox and is scored.

Needs   models/{model}/, checkpoints/{run}/ (of trained students), questions/program/{table}.jsonl, tables/{table}/, splits.json
Makes   predictions/{run}/test.jsonl, scores/{run}/test.jsonl
Steps   predictions → choice, vote → scores
"""


rule predictions:
    """Let one student answer the questions of all test tables in the sandbox, turn by turn."""
    input:
        model=runs.model,
        trained=runs.weights,
        questions=expand("<results>/questions/program/{table}.jsonl", table=tables),
        profiles=expand("<results>/tables/{table}/profile.json", table=tables),
        parquets=expand("<results>/tables/{table}/table.parquet", table=tables),
        splits="<results>/splits.json",
    output:
        predictions="<results>/predictions/{run}/test.jsonl",
    log:
        "<logs>/predictions/{run}.log",
    wildcard_constraints:
        run=any_of(name for name in runs.students if name not in runs.choosing),
    conda:
        "../envs/workflow.yaml"
    threads: lookup(dpath="evaluation/threads", within=config)
    params:
        tables=list(tables),
        splits=["test"],
        config=lookup(dpath="evaluation", within=settings),
        sandbox=lookup(dpath="sandbox", within=settings),
        seed=lookup(dpath="runs/{run}/seed", within=settings),
        whole_turns=lookup(dpath="runs/{run}/whole_turns", within=settings),
        sampling=lookup(dpath="runs/{run}/sampling", within=settings),
        code=code("predictions.py"),
    script:
        "../scripts/predictions.py"


rule choice:
    """Choose the best of several attempts at each question by a judge's scores."""
    input:
        model=runs.model,
        judge=runs.judge,
        attempts=expand(
            "<results>/predictions/{run}/test.jsonl",
            run=lookup(dpath="runs/{run}/choose/among", within=config),
        ),
        questions=expand("<results>/questions/program/{table}.jsonl", table=tables),
        profiles=expand("<results>/tables/{table}/profile.json", table=tables),
        splits="<results>/splits.json",
    output:
        predictions="<results>/predictions/{run}/test.jsonl",
    log:
        "<logs>/choices/{run}.log",
    wildcard_constraints:
        run=any_of(runs.choosing_by_judge),
    conda:
        "../envs/workflow.yaml"
    params:
        tables=list(tables),
        splits=["test"],
        kind=runs.judge_kind,
        code=code("choice.py"),
    script:
        "../scripts/choice.py"


rule vote:
    """Take the most common answer of several attempts at each question (self-consistency)."""
    input:
        attempts=expand(
            "<results>/predictions/{run}/test.jsonl",
            run=lookup(dpath="runs/{run}/choose/among", within=config),
        ),
        questions=expand("<results>/questions/program/{table}.jsonl", table=tables),
        splits="<results>/splits.json",
    output:
        predictions="<results>/predictions/{run}/test.jsonl",
    log:
        "<logs>/votes/{run}.log",
    wildcard_constraints:
        run=any_of(name for name in runs.choosing if name not in runs.choosing_by_judge),
    conda:
        "../envs/workflow.yaml"
    params:
        tables=list(tables),
        splits=["test"],
        config=lookup(dpath="verdicts", within=settings),
        code=code("vote.py"),
    script:
        "../scripts/vote.py"


rule scores:
    """Grade the predictions of one run, by the type of each answer."""
    input:
        predictions="<results>/predictions/{run}/test.jsonl",
        questions=expand("<results>/questions/program/{table}.jsonl", table=tables),
        splits="<results>/splits.json",
    output:
        scores="<results>/scores/{run}/test.jsonl",
    log:
        "<logs>/scores/{run}.log",
    conda:
        "../envs/workflow.yaml"
    # Telemetry; see rule checkpoint.
    resources:
        mlflow=lookup(dpath="reporting/mlflow", within=config),
    params:
        tables=list(tables),
        splits=["test"],
        config=lookup(dpath="verdicts", within=settings),
        code=code("scores.py"),
    script:
        "../scripts/scores.py"
