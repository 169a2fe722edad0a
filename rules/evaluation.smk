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
        questions=per_table("<results>/questions/program/{table}.jsonl"),
        profiles=per_table("<results>/tables/{table}/profile.json"),
        parquets=per_table("<results>/tables/{table}/table.parquet"),
        splits="<results>/splits.json",
    output:
        predictions="<results>/predictions/{run}/test.jsonl",
    log:
        "<logs>/predictions/{run}.log",
    wildcard_constraints:
        run=any_of(name for name in runs.students if name not in runs.choosing),
    conda:
        "../envs/workflow.yaml"
    threads: option("evaluation/threads")
    params:
        tables=list(tables),
        splits=["test"],
        config=setting("evaluation"),
        sandbox=setting("sandbox"),
        seed=setting("runs/{run}/seed"),
        whole_turns=setting("runs/{run}/whole_turns"),
        sampling=setting("runs/{run}/sampling"),
        code=code("predictions.py"),
    script:
        "../scripts/predictions.py"


rule choice:
    """Choose the best of several attempts at each question by a judge's scores."""
    input:
        model=runs.model,
        judge=runs.judge,
        attempts=runs.attempts,
        questions=per_table("<results>/questions/program/{table}.jsonl"),
        profiles=per_table("<results>/tables/{table}/profile.json"),
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
        attempts=runs.attempts,
        questions=per_table("<results>/questions/program/{table}.jsonl"),
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
        config=setting("verdicts"),
        code=code("vote.py"),
    script:
        "../scripts/vote.py"


rule scores:
    """Grade the predictions of one run, by the type of each answer."""
    input:
        predictions="<results>/predictions/{run}/test.jsonl",
        questions=per_table("<results>/questions/program/{table}.jsonl"),
        splits="<results>/splits.json",
    output:
        scores="<results>/scores/{run}/test.jsonl",
    log:
        "<logs>/scores/{run}.log",
    conda:
        "../envs/workflow.yaml"
    # Telemetry; see rule checkpoint.
    resources:
        mlflow=option("reporting/mlflow"),
    params:
        tables=list(tables),
        splits=["test"],
        config=setting("verdicts"),
        code=code("scores.py"),
    script:
        "../scripts/scores.py"
