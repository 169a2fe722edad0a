"""Evaluation: every run answers the questions about the tables of a split in the sandbox and is scored.

Needs   models/{model}/, checkpoints/{run}/ (of trained students), questions/, tables/, splits.json; for examples: episodes/, verdicts/
Makes   worked_examples/{shots}.jsonl, predictions/{run}/{split}.jsonl, scores/{run}/{split}.jsonl, ledger/{run}/{split}.jsonl
Steps   worked_examples → predictions → choice, vote, lenient → scores
"""


wildcard_constraints:
    split="test|validation",
    shots=r"[1-9]\d*",


rule worked_examples:
    """Draw worked examples for prompts: whole right conversations about training tables."""
    input:
        questions=per_table("<results>/questions/<source>/{table}.jsonl"),
        profiles=per_table("<results>/tables/{table}/profile.json"),
        episodes=per_table("<results>/episodes/<source>/{table}.jsonl"),
        verdicts=per_table("<results>/verdicts/<source>/{table}.jsonl"),
        splits="<results>/splits.json",
    output:
        examples="<results>/worked_examples/{shots}.jsonl",
    log:
        "<logs>/worked_examples/{shots}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        tables=list(tables),
        splits=["train"],
        seed=setting("seed"),
        code=code("worked_examples.py"),
    script:
        "../scripts/worked_examples.py"


rule predictions:
    """Let one student answer the questions of all tables of a split in the sandbox, turn by turn."""
    input:
        model=runs.model,
        trained=runs.weights,
        examples=runs.examples,
        questions=per_table("<results>/questions/<graded>/{table}.jsonl"),
        profiles=per_table("<results>/tables/{table}/profile.json"),
        parquets=per_table("<results>/tables/{table}/table.parquet"),
        splits="<results>/splits.json",
    output:
        predictions="<results>/predictions/{run}/{split}.jsonl",
    log:
        "<logs>/predictions/{run}/{split}.log",
    wildcard_constraints:
        run=any_of(runs.decoding),
    conda:
        "../envs/workflow.yaml"
    threads: option("evaluation/threads")
    params:
        tables=list(tables),
        splits=["{split}"],
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
        questions=per_table("<results>/questions/<graded>/{table}.jsonl"),
        profiles=per_table("<results>/tables/{table}/profile.json"),
        splits="<results>/splits.json",
    output:
        predictions="<results>/predictions/{run}/{split}.jsonl",
    log:
        "<logs>/choices/{run}/{split}.log",
    wildcard_constraints:
        run=any_of(runs.choosing_by_judge),
    conda:
        "../envs/workflow.yaml"
    params:
        tables=list(tables),
        splits=["{split}"],
        kind=runs.judge_kind,
        code=code("choice.py"),
    script:
        "../scripts/choice.py"


rule vote:
    """Take the most common answer of several attempts at each question (self-consistency)."""
    input:
        attempts=runs.attempts,
        questions=per_table("<results>/questions/<graded>/{table}.jsonl"),
        splits="<results>/splits.json",
    output:
        predictions="<results>/predictions/{run}/{split}.jsonl",
    log:
        "<logs>/votes/{run}/{split}.log",
    wildcard_constraints:
        run=any_of(name for name in runs.choosing if name not in runs.choosing_by_judge),
    conda:
        "../envs/workflow.yaml"
    params:
        tables=list(tables),
        splits=["{split}"],
        config=setting("verdicts"),
        code=code("vote.py"),
    script:
        "../scripts/vote.py"


rule lenient:
    """Read the attempts of another run leniently: the value of the last expression is an answer too."""
    input:
        attempts=runs.attempts,
        parquets=per_table("<results>/tables/{table}/table.parquet"),
        splits="<results>/splits.json",
    output:
        predictions="<results>/predictions/{run}/{split}.jsonl",
    log:
        "<logs>/lenient/{run}/{split}.log",
    wildcard_constraints:
        run=any_of(runs.lenient),
    conda:
        "../envs/workflow.yaml"
    params:
        tables=list(tables),
        splits=["{split}"],
        sandbox=setting("sandbox"),
        code=code("lenient.py"),
    script:
        "../scripts/lenient.py"


rule scores:
    """Grade the predictions of one run, by the type of each answer, and enter them in its ledger."""
    input:
        predictions="<results>/predictions/{run}/{split}.jsonl",
        questions=per_table("<results>/questions/<graded>/{table}.jsonl"),
        splits="<results>/splits.json",
    output:
        scores="<results>/scores/{run}/{split}.jsonl",
        # Earlier lines stay.
        ledger=update("<results>/ledger/{run}/{split}.jsonl"),
    log:
        "<logs>/scores/{run}/{split}.log",
    conda:
        "../envs/workflow.yaml"
    # Telemetry; see rule checkpoint.
    resources:
        mlflow=option("reporting/mlflow"),
    params:
        tables=list(tables),
        splits=["{split}"],
        config=setting("verdicts"),
        code=code("scores.py"),
    script:
        "../scripts/scores.py"
