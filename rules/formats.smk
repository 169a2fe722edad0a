"""Formats: training rows derived from episodes and verdicts, and the checks they must pass.

Needs   episodes/program/, verdicts/program/, questions/program/, tables/, splits.json, models/{model}/
Makes   formats/sft-standard/{train,validation}.jsonl, formats/sft-standard/stats.json, masks/{run}.json
Steps   sft_standard → mask
"""


rule sft_standard:
    """Turn verified episodes into conversations for supervised fine-tuning."""
    input:
        profiles=expand("<results>/tables/{table}/profile.json", table=tables),
        questions=expand("<results>/questions/program/{table}.jsonl", table=tables),
        episodes=expand("<results>/episodes/program/{table}.jsonl", table=tables),
        verdicts=expand("<results>/verdicts/program/{table}.jsonl", table=tables),
        splits="<results>/splits.json",
        leaks="<results>/leaks.json",
    output:
        train="<results>/formats/sft-standard/train.jsonl",
        validation="<results>/formats/sft-standard/validation.jsonl",
        stats="<results>/formats/sft-standard/stats.json",
    log:
        "<logs>/formats/sft-standard.log",
    conda:
        "../envs/workflow.yaml"
    params:
        tables=list(tables),
        config=lookup(dpath="formats/sft-standard", within=settings),
        seed=lookup(dpath="seed", within=settings),
        code=code("sft_standard.py"),
    script:
        "../scripts/sft_standard.py"


rule mask:
    """Check what a run's tokenizer and loss mask make of its training rows."""
    input:
        model=expand(
            "<results>/models/{model}/{file}",
            model=lookup(dpath="runs/{run}/model", within=config),
            file=["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"],
        ),
        train="<results>/formats/sft-standard/train.jsonl",
        validation="<results>/formats/sft-standard/validation.jsonl",
    output:
        mask="<results>/masks/{run}.json",
    log:
        "<logs>/masks/{run}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        max_tokens=lookup(dpath="runs/{run}/training/max_tokens", within=settings),
        code=code("mask.py"),
    script:
        "../scripts/mask.py"
