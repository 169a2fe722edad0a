"""Training: base models, and the checkpoints of runs: an adapter, or all weights.

Needs   formats/{format}/{train,validation}.jsonl (rows), masks/{run}.json (the mask check must have passed)
Makes   models/{model}/, checkpoints/{run}/
Steps   model → checkpoint (an adapter), whole_checkpoint (all weights)
"""


rule model:
    """Build a base model's folder: weights, tokenizer and chat template."""
    input:
        rows=branch(
            option("models/{model}/source"),
            cases={"scratch": ["<results>/formats/sft-standard/train.jsonl"]},
            otherwise=[],
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
        config=setting("models/{model}"),
        files=local_model,
        seed=setting("seed"),
        code=code("model.py"),
    script:
        "../scripts/model.py"


rule checkpoint:
    """Train the adapter of one run by its method, resuming a killed run where it stopped."""
    input:
        model=runs.model,
        start=runs.start,
        rows=runs.rows,
        gate="<results>/masks/{run}.json",
        # Tables on which answers are executed.
        parquets=branch(
            runs.runs_answers,
            then=per_table("<results>/tables/{table}/table.parquet"),
            otherwise=[],
        ),
        splits=branch(runs.runs_answers, then="<results>/splits.json", otherwise=[]),
    output:
        adapter="<results>/checkpoints/{run}/adapter_model.safetensors",
        config="<results>/checkpoints/{run}/adapter_config.json",
        metrics="<results>/checkpoints/{run}/metrics.ndjson",
        samples="<results>/checkpoints/{run}/samples.ndjson",
        digests="<results>/checkpoints/{run}/SHA256SUMS",
    log:
        "<logs>/checkpoints/{run}.log",
    wildcard_constraints:
        run=any_of(runs.lora),
    conda:
        "../envs/workflow.yaml"
    threads: option("runs/{run}/training/threads")
    # Resources, not parameters: switching telemetry on or off must not retrain anything.
    resources:
        mlflow=option("reporting/mlflow"),
        tensorboard=option("reporting/tensorboard"),
    params:
        config=setting("runs/{run}/training"),
        answering=runs.answering(settings),
        seed=setting("runs/{run}/seed"),
        tables=list(tables),
        splits=["train", "validation"],
        code=code("checkpoint.py"),
        method=method,
    script:
        "../scripts/checkpoint.py"


use rule checkpoint as whole_checkpoint with:
    output:
        multiext(
            "<results>/checkpoints/{run}/",
            "model.safetensors",
            "config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "chat_template.jinja",
        ),
        metrics="<results>/checkpoints/{run}/metrics.ndjson",
        samples="<results>/checkpoints/{run}/samples.ndjson",
        digests="<results>/checkpoints/{run}/SHA256SUMS",
    wildcard_constraints:
        run=any_of(runs.full),
