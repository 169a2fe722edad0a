"""Shared code of the methods that use TRL's trainers: token ids as in `models/chat.py`, and bit-for-bit resuming.

TRL writes its checkpoints to the run's cache folder. A checkpoint is valid only with the digests of all of its files.
All threads share each matrix product, so the number of threads can change the result.
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
from tabletutor.training.callbacks import RunCallback, evaluate_averaged
from tabletutor.training.checkpoint import write_checkpoint, write_timing
from tabletutor.training.generations import read_prompts
from tabletutor.training.rows import check_validation_rows, sample_rows, too_long_error
from tabletutor.training.run import TrainingRun
from tabletutor.training.trl_checkpoints import exclusive_folder, latest_complete
from tabletutor.training.weights import Weights

SCHEDULERS = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}
Rows = list[dict[str, Any]]


class TrainerSpec(NamedTuple):
    """The arguments that a method passes to `run_trainer`.

    `trainer` is the trainer's class and `arguments` the class of its arguments, called with `options` beside the common
    ones. The trainer itself gets `trainer_kwargs`. `metric` is the evaluation metric to minimise; a leading `-`
    maximises it.
    """

    trainer: type[Any]
    arguments: Callable[..., Any]
    options: Mapping[str, Any]
    model: Model
    train: Rows
    validation: Rows
    trainer_kwargs: Mapping[str, Any] = {}
    metric: str = "loss"
    prompts: type[Row] | None = None  # rows whose prompts are sampled; None if the model answers no questions
    step_rows: int | None = None  # rows of a step, if not `batch_size`
    drops_last: bool = False  # whether an epoch drops the rows of an incomplete last step


def setup_trainer(run: TrainingRun, config: TrlConfig) -> Tokenizer:
    """Set the number of threads and the global seeds; return the tokenizer of the run's model."""
    from transformers import set_seed
    from transformers.utils import logging

    logging.set_verbosity_error()
    make_repeatable(config.threads)
    set_seed(run.seed)
    return exact_tokenizer(load_tokenizer(run.files.model))


def read_trl_rows(
    run: TrainingRun, config: TrlConfig, kind: type[Row], columns: Sequence[str], tokenizer: Tokenizer
) -> tuple[Rows, Rows]:
    """Read the run's training and validation rows as dictionaries with `columns`. Rows with a conversation of more than
    `max_length` tokens are left out.

    Raises ValueError for a row of another kind, or if all rows of a file are too long.
    """

    def read(path: Path) -> Rows:
        rows = [row for row in read_records(path, kind) if _longest(row, tokenizer) <= config.max_length]
        if not rows and (path != run.files.validation or path.stat().st_size):
            raise too_long_error(path, config.max_length)
        return [{name: getattr(row, name) for name in columns} for row in rows]

    return read(run.files.train), read(run.files.validation)


def run_trainer(run: TrainingRun, config: TrlConfig, tokenizer: Tokenizer, spec: TrainerSpec) -> None:
    """Train with TRL and write the checkpoint folder. Resumes from the run's latest complete checkpoint in the cache.

    Raises RuntimeError if the loss is no longer a finite number.
    """
    from datasets import Dataset

    check_validation_rows(run.files.validation, config, len(spec.validation))
    started = time.monotonic()
    work = run.work(config)
    use_fast_adapters(spec.model)
    weights = Weights(trained_parameters(spec.model), config.ema, config.keep)
    run.tracker.start(run.name, work.identity, run.parameters(config))
    with progress_of(f"training {run.name}", 0) as progress, exclusive_folder(work.folder(run.files.cache)) as folder:
        options = {
            **_common_arguments(config, run.seed, folder),
            "max_steps": _total_steps(config, spec),
            **spec.options,
        }
        if not spec.validation:
            options["eval_strategy"] = "no"
        prompts = read_prompts(run.files.validation, spec.prompts, tokenizer, config.samples) if spec.prompts else []
        callback = RunCallback(
            tracker=run.tracker,
            weights=weights,
            config=config,
            prompts=prompts,
            tokenizer=tokenizer,
            metric=spec.metric,
            progress=progress,
        )
        trainer: Any = evaluate_averaged(spec.trainer, weights)(
            model=spec.model,
            args=spec.arguments(**options),
            train_dataset=Dataset.from_list(spec.train),
            eval_dataset=Dataset.from_list(sample_rows(spec.validation, config.eval_rows)) if spec.validation else None,
            processing_class=tokenizer,
            callbacks=[callback],
            **spec.trainer_kwargs,
        )
        _remove_printer(trainer)
        resumed = latest_complete(folder)
        if resumed is not None:
            callback.restore(resumed)
            logger.info("training {}: resumed from {}", run.name, resumed.name)
        trainer.train(resume_from_checkpoint=str(resumed) if resumed is not None else None)
        weights.finish()
        write_checkpoint(run.files.checkpoint, spec.model, run.files.model, callback.lines, callback.samples)
        run.tracker.end(run.digests())
        seconds = callback.seconds + time.monotonic() - started
        write_timing(run.files.checkpoint, seconds, int(trainer.state.num_input_tokens_seen))


def _common_arguments(config: TrlConfig, seed: int, folder: Path) -> dict[str, Any]:
    return {
        "output_dir": str(folder), "seed": seed, "data_seed": seed, "learning_rate": config.learning_rate,
        "per_device_train_batch_size": config.batch_size // config.accumulation,
        "per_device_eval_batch_size": config.batch_size // config.accumulation,
        "gradient_accumulation_steps": config.accumulation, "lr_scheduler_type": SCHEDULERS[config.scheduler],
        "warmup_steps": config.warmup_ratio, "weight_decay": config.weight_decay,
        "max_grad_norm": config.max_grad_norm, "activation_checkpointing": config.gradient_checkpointing,
        "eval_strategy": "steps", "eval_steps": config.eval_steps, "logging_steps": 1, "save_strategy": "steps",
        "save_steps": config.save_steps, "save_total_limit": 2, "report_to": [], "disable_tqdm": True,
        "logging_nan_inf_filter": False, "bf16": False, "use_cpu": not torch.cuda.is_available(),
        "include_num_input_tokens_seen": "all",
        "dataloader_pin_memory": False,
    }  # fmt: skip


def _total_steps(config: TrlConfig, spec: TrainerSpec) -> int:
    """Return the steps of `config.epochs` epochs, at most `config.max_steps`. transformers would ignore one of them."""
    rows = spec.step_rows or config.batch_size
    epoch = max(1, len(spec.train) // rows if spec.drops_last else math.ceil(len(spec.train) / rows))
    return min(math.ceil(config.epochs * epoch), config.max_steps or sys.maxsize)


def _longest(row: Row, tokenizer: Tokenizer) -> int:
    return max(len(encode(tokenizer, each)[0]) for each in row.conversations())


def _remove_printer(trainer: Any) -> None:
    """Remove the callback that prints metrics as Python dictionaries."""
    from transformers.trainer_callback import PrinterCallback

    trainer.remove_callback(PrinterCallback)
