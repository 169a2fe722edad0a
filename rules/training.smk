"""Training: base models, and the adapters of the runs that train one.

Needs   formats/{format}/{train,validation}.jsonl (rows), masks/{run}.json (the mask check must have passed)
Makes   models/{model}/, checkpoints/{run}/
Steps   model → checkpoint
"""


rule model:
    """Make a base model's folder: weights, tokenizer and chat template."""
    input:
        rows=branch(
            lookup(dpath="models/{model}/source", within=config),
            cases={
                "scratch": ["<results>/formats/sft-standard/train.jsonl"],
                "packaged": [],
                "local": [],
            },
        ),
    output:
        multiext(
            "<results>/models/{model}/",
            "model.safetensors",
            "config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "chat_template.jinja",
        ),
    log:
        "<logs>/models/{model}.log",
    conda:
        "../envs/workflow.yaml"
    threads: 2
    params:
        config=lookup(dpath="models/{model}", within=settings),
        seed=lookup(dpath="seed", within=settings),
        code=code("model.py"),
    script:
        "../scripts/model.py"


rule checkpoint:
    """Train the adapter of one run on its format; a run that was killed goes on where it stopped."""
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
        rows=expand(
            "<results>/formats/{format}/{split}.jsonl",
            format=lookup(dpath="runs/{run}/training/format", within=config),
            split=["train", "validation"],
        ),
        mask="<results>/masks/{run}.json",
    output:
        adapter="<results>/checkpoints/{run}/adapter_model.safetensors",
        config="<results>/checkpoints/{run}/adapter_config.json",
        metrics="<results>/checkpoints/{run}/metrics.ndjson",
        digests="<results>/checkpoints/{run}/SHA256SUMS",
    log:
        "<logs>/checkpoints/{run}.log",
    conda:
        "../envs/workflow.yaml"
    threads: lookup(dpath="runs/{run}/training/threads", within=config)
    # A resource, not a parameter: telemetry switched on or off must not train anything again.
    resources:
        mlflow=lookup(dpath="reporting/mlflow", within=config),
    params:
        config=lookup(dpath="runs/{run}/training", within=settings),
        seed=lookup(dpath="runs/{run}/seed", within=settings),
        code=code("checkpoint.py"),
    script:
        "../scripts/checkpoint.py"
