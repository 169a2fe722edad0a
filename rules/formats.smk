"""Formats: training rows made from episodes and verdicts, and the checks they must pass.

Needs   episodes/{source}/, verdicts/{source}/, questions/{source}/, tables/, splits.json, models/{model}/; files of own rows
Makes   formats/{format}/{train,validation}.jsonl, beside them notes/, stats.json and audit.json; masks/{run}.json
Steps   format → audit → mask
"""


rule format:
    """Write the rows of one training format from verified episodes."""
    input:
        profiles=per_table("<results>/tables/{table}/profile.json"),
        questions=per_table("<results>/questions/<source>/{table}.jsonl"),
        episodes=per_table("<results>/episodes/<source>/{table}.jsonl"),
        verdicts=per_table("<results>/verdicts/<source>/{table}.jsonl"),
        splits="<results>/splits.json",
        gate="<results>/leaks.json",
    output:
        train="<results>/formats/{format}/train.jsonl",
        validation="<results>/formats/{format}/validation.jsonl",
        train_notes="<results>/formats/{format}/notes/train.jsonl",
        validation_notes="<results>/formats/{format}/notes/validation.jsonl",
        stats="<results>/formats/{format}/stats.json",
    log:
        "<logs>/formats/{format}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        tables=list(tables),
        splits=["train", "validation"],
        config=setting("formats/{format}"),
        # A user's own rows are no inputs: only their content counts, not the modification time of their files.
        own=own_rows,
        seed=setting("seed"),
        code=code("format.py"),
        converter=lookup(dpath="{format}", within=formats),
    script:
        "../scripts/format.py"


rule audit:
    """Read the rows of one training format back and check each of them."""
    input:
        train="<results>/formats/{format}/train.jsonl",
        validation="<results>/formats/{format}/validation.jsonl",
        questions=per_table("<results>/questions/<source>/{table}.jsonl"),
        splits="<results>/splits.json",
    output:
        audit="<results>/formats/{format}/audit.json",
    log:
        "<logs>/audits/{format}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        tables=list(tables),
        splits=["train", "validation"],
        code=code("audit.py"),
        converter=lookup(dpath="{format}", within=formats),
    script:
        "../scripts/audit.py"


rule mask:
    """Check a run's loss mask: the trained tokens of its rows must be the turns to learn."""
    input:
        model=expand(
            "<results>/models/{model}/{file}",
            model=option("runs/{run}/model"),
            file=["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"],
        ),
        rows=runs.rows,
        gate=runs.audit,
    output:
        mask="<results>/masks/{run}.json",
    log:
        "<logs>/masks/{run}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        format=setting("runs/{run}/training/format"),
        max_length=setting("runs/{run}/training/max_length"),
        code=code("mask.py"),
        converter=runs.converter(formats),
    script:
        "../scripts/mask.py"
