"""Formats: training rows made from episodes and verdicts, and the checks they must pass.

Needs   episodes/program/, verdicts/program/, questions/program/, tables/, splits.json, models/{model}/
Makes   formats/{format}/{train,validation}.jsonl, beside them notes/, stats.json and audit.json; masks/{run}.json
Steps   format → audit → mask
"""


rule format:
    """Write the rows of one training format from verified episodes."""
    input:
        profiles=expand("<results>/tables/{table}/profile.json", table=tables),
        questions=expand("<results>/questions/program/{table}.jsonl", table=tables),
        episodes=expand("<results>/episodes/program/{table}.jsonl", table=tables),
        verdicts=expand("<results>/verdicts/program/{table}.jsonl", table=tables),
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
        config=lookup(dpath="formats/{format}", within=settings),
        seed=lookup(dpath="seed", within=settings),
        code=code("format.py"),
        converter=lookup(dpath="{format}", within=formats),
    script:
        "../scripts/format.py"


rule audit:
    """Read the rows of one training format back and check each of them."""
    input:
        train="<results>/formats/{format}/train.jsonl",
        validation="<results>/formats/{format}/validation.jsonl",
        questions=expand("<results>/questions/program/{table}.jsonl", table=tables),
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
            model=lookup(dpath="runs/{run}/model", within=config),
            file=["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"],
        ),
        rows=expand(
            "<results>/formats/{format}/{split}.jsonl",
            format=lookup(dpath="runs/{run}/training/format", within=config),
            split=["train", "validation"],
        ),
        gate=expand(
            "<results>/formats/{format}/audit.json",
            format=lookup(dpath="runs/{run}/training/format", within=config),
        ),
    output:
        mask="<results>/masks/{run}.json",
    log:
        "<logs>/masks/{run}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        format=lookup(dpath="runs/{run}/training/format", within=settings),
        max_tokens=lookup(dpath="runs/{run}/training/max_tokens", within=settings),
        code=code("mask.py"),
        converter=runs.converter(formats),
    script:
        "../scripts/mask.py"
