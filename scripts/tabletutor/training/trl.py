"""What the methods that TRL trains share: its trainers, resumable bit for bit and fed with the ids of `models/chat.py`.

TRL keeps its own checkpoints; they go to the run's folder of the cache, and one counts only under the digests of all of
its files. The number of threads is part of the result, since products are made by all of them together.
"""

import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from loguru import logger

from tabletutor.config.training import TrlConfig
from tabletutor.models.chat import Tokenizer, encode
from tabletutor.models.load import Model, load_tokenizer, make_repeatable
from tabletutor.models.trl_tokenizer import exact_tokenizer
from tabletutor.records.record import read_records
from tabletutor.rows.row import Row
from tabletutor.telemetry.progress import progress_of
from tabletutor.training.adapter import trained_parameters, use_fast_adapters
from tabletutor.training.callbacks import Watch, keeping
from tabletutor.training.checkpoint import write_checkpoint, write_timing
from tabletutor.training.generations import read_prompts
from tabletutor.training.rows import check_validated, drawn, none_fits
from tabletutor.training.run import TrainingRun
from tabletutor.training.trl_checkpoints import alone_in, latest
from tabletutor.training.weights import Weights

SCHEDULERS = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}
Rows = list[dict[str, Any]]


class TrainerSpec(NamedTuple):
    """What a method makes of TRL: the trainer's class, its arguments beyond the common ones, what else it takes, the
    weights it trains, its rows, and the metric of an evaluation that is to fall (`-` before one that is to rise).
    """

    trainer: type[Any]
    arguments: Callable[..., Any]
    options: Mapping[str, Any]
    model: Model
    train: Rows
    validation: Rows
    more: Mapping[str, Any] = {}
    metric: str = "loss"
    answers: bool = True  # whether what is trained answers questions, so that it can be sampled
    step_rows: int | None = None  # rows of a step, where they are not `batch_size`
    drops_last: bool = False  # whether rows that fill no step are left out of an epoch


def begin(run: TrainingRun, config: TrlConfig) -> Tokenizer:
    """Set up threads and seeds; returns the tokenizer of the run's model."""
    from transformers import set_seed
    from transformers.utils import logging

    logging.set_verbosity_error()
    make_repeatable(config.threads)
    set_seed(run.seed)
    return exact_tokenizer(load_tokenizer(run.files.model))


def read_rows(
    run: TrainingRun, config: TrlConfig, kind: type[Row], columns: Sequence[str], tokenizer: Tokenizer
) -> tuple[Rows, Rows]:
    """The `columns` of the run's rows whose conversations have at most `max_tokens` tokens: to train on, to validate.

    Raises ValueError where a row is of another kind, or none of a file is short enough.
    """

    def read(path: Path) -> Rows:
        rows = [row for row in read_records(path, kind) if _length(row, tokenizer) <= config.max_tokens]
        if not rows and (path != run.files.validation or path.stat().st_size):
            raise none_fits(path, config.max_tokens)
        return [{name: getattr(row, name) for name in columns} for row in rows]

    return read(run.files.train), read(run.files.validation)


def fit(run: TrainingRun, config: TrlConfig, tokenizer: Tokenizer, plan: TrainerSpec) -> None:
    """Train by TRL and write the checkpoint folder. Raises RuntimeError where the loss is no longer a number."""
    from datasets import Dataset

    check_validated(run.files.validation, config, len(plan.validation))
    started = time.monotonic()
    work = run.work(config)
    use_fast_adapters(plan.model)
    weights = Weights(trained_parameters(plan.model), config.ema, config.keep)
    run.tracker.start(run.name, work.identity, run.parameters(config))
    with progress_of(f"training {run.name}", 0) as shown, alone_in(work.folder(run.files.cache)) as folder:
        options = {**_common(config, run.seed, folder), "max_steps": _steps(config, plan), **plan.options}
        if not plan.validation:
            options["eval_strategy"] = "no"
        prompts = read_prompts(run.files.validation, tokenizer, config.samples) if plan.answers else []
        watch = Watch(
            tracker=run.tracker,
            weights=weights,
            config=config,
            prompts=prompts,
            tokenizer=tokenizer,
            metric=plan.metric,
            shown=shown,
        )
        trainer: Any = keeping(plan.trainer, weights)(
            model=plan.model,
            args=plan.arguments(**options),
            train_dataset=Dataset.from_list(plan.train),
            eval_dataset=Dataset.from_list(drawn(plan.validation, config.eval_rows)) if plan.validation else None,
            processing_class=tokenizer,
            callbacks=[watch],
            **plan.more,
        )
        _silence(trainer)
        resumed = latest(folder)
        if resumed is not None:
            watch.restore(resumed)
            logger.info("training {}: taken up at {}", run.name, resumed.name)
        trainer.train(resume_from_checkpoint=str(resumed) if resumed is not None else None)
        weights.finish()
        write_checkpoint(run.files.checkpoint, plan.model, run.files.model, watch.lines, watch.samples)
        run.tracker.end(run.digests())
        seconds = watch.seconds + time.monotonic() - started
        write_timing(run.files.checkpoint, seconds, int(trainer.state.num_input_tokens_seen))


def _common(config: TrlConfig, seed: int, folder: Path) -> dict[str, Any]:
    return {
        "output_dir": str(folder), "seed": seed, "data_seed": seed, "learning_rate": config.learning_rate,
        "per_device_train_batch_size": config.batch_size // config.accumulation,
        "per_device_eval_batch_size": config.batch_size // config.accumulation,
        "gradient_accumulation_steps": config.accumulation, "lr_scheduler_type": SCHEDULERS[config.scheduler],
        "warmup_steps": config.warmup_share, "weight_decay": config.weight_decay,
        "max_grad_norm": config.max_grad_norm, "activation_checkpointing": config.gradient_checkpointing,
        "eval_strategy": "steps", "eval_steps": config.eval_every, "logging_steps": 1, "save_strategy": "steps",
        "save_steps": config.checkpoint_every, "save_total_limit": 2, "report_to": [], "disable_tqdm": True,
        "logging_nan_inf_filter": False, "bf16": False, "use_cpu": not torch.cuda.is_available(),
        "include_num_input_tokens_seen": "all",
        "dataloader_pin_memory": False,
    }  # fmt: skip


def _steps(config: TrlConfig, plan: TrainerSpec) -> int:
    """Steps of `config.epochs` epochs, at most `config.max_steps`; in transformers one would overrule the other."""
    rows = plan.step_rows or config.batch_size
    epoch = max(1, len(plan.train) // rows if plan.drops_last else math.ceil(len(plan.train) / rows))
    return min(math.ceil(config.epochs * epoch), config.max_steps or sys.maxsize)


def _length(row: Row, tokenizer: Tokenizer) -> int:
    return max(len(encode(tokenizer, each)[0]) for each in row.conversations())


def _silence(trainer: Any) -> None:
    """Take off the callback that prints metrics as Python mappings."""
    from transformers.trainer_callback import PrinterCallback

    trainer.remove_callback(PrinterCallback)
