"""Rounds of rejection sampling: another run answers training questions, and its right attempts join a run's rows.

Needs   formats/{format}/, and the model and checkpoint of the run that answers; tables, questions, episodes, verdicts, splits.json
Makes   rounds/{round}/attempts/{run}.jsonl, rounds/{round}/{format}/train.jsonl; beside it notes/, stats.json and audit.json
Steps   round_predictions → round_format → round_audit, then rules mask and checkpoint of the run {round}
"""


wildcard_constraints:
    round=any_of(runs.rounds),


use rule predictions as round_predictions with:
    output:
        predictions="<results>/rounds/{round}/attempts/{run}.jsonl",
    log:
        "<logs>/rounds/{round}/attempts/{run}.log",
    params:
        splits=["train"],
        seed=setting("runs/{round}/seed"),
        sampling=setting("runs/{round}/attempts_of/sampling"),


rule round_format:
    """Add the right attempts of another run at training questions to the training rows of a format."""
    input:
        base="<results>/formats/{format}/train.jsonl",
        base_notes="<results>/formats/{format}/notes/train.jsonl",
        attempts=runs.round_attempts,
        profiles=per_table("<results>/tables/{table}/profile.json"),
        questions=per_table("<results>/questions/<source>/{table}.jsonl"),
        episodes=per_table("<results>/episodes/<source>/{table}.jsonl"),
        verdicts=per_table("<results>/verdicts/<source>/{table}.jsonl"),
        splits="<results>/splits.json",
    output:
        train="<results>/rounds/{round}/{format}/train.jsonl",
        notes="<results>/rounds/{round}/{format}/notes/train.jsonl",
        stats="<results>/rounds/{round}/{format}/stats.json",
    log:
        "<logs>/rounds/{round}/{format}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        tables=list(tables),
        splits=["train"],
        config=setting("formats/{format}"),
        added=setting("runs/{round}/attempts_of"),
        matching=setting("verdicts"),
        seed=setting("seed"),
        code=code("round_format.py"),
        converter=lookup(dpath="{format}", within=formats),
    script:
        "../scripts/round_format.py"


use rule audit as round_audit with:
    input:
        train="<results>/rounds/{round}/{format}/train.jsonl",
        validation="<results>/formats/{format}/validation.jsonl",
        questions=per_table("<results>/questions/<source>/{table}.jsonl"),
        splits="<results>/splits.json",
    output:
        audit="<results>/rounds/{round}/{format}/audit.json",
    log:
        "<logs>/rounds/{round}/{format}_audit.log",
