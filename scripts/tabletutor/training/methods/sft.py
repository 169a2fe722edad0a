"""`sft`: supervised fine-tuning on conversations, with a training loop of our own that can be resumed bit for bit.

One thread computes each pack of rows, and gradients are added in the order of the packs, so the number of threads does
not change the result.
"""

import json
import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import torch
from loguru import logger
from torch import Tensor

from tabletutor.config.training import SftConfig
from tabletutor.models.chat import Tokenizer
from tabletutor.models.load import Model, load_tokenizer, make_repeatable
from tabletutor.rows.row import ConversationRow
from tabletutor.telemetry.progress import progress_of
from tabletutor.training.adapter import base_of, trained_parameters, use_fast_adapters
from tabletutor.training.attention import use_spans, without_spans
from tabletutor.training.checkpoint import write_checkpoint, write_timing
from tabletutor.training.generations import Prompt, generate_samples, read_prompts
from tabletutor.training.loss import check_head, pack_loss
from tabletutor.training.packing import Pack, group_by_prefix, ordered_packs, pack
from tabletutor.training.rmsnorm import use_frozen_norms
from tabletutor.training.rows import (
    EncodedRow,
    check_validation_rows,
    read_rows,
    row_lengths,
    sample_rows,
    short_rows,
    too_long_error,
)
from tabletutor.training.run import TrainingRun
from tabletutor.training.schedule import BatchSchedule, learning_rate, total_steps
from tabletutor.training.state import TrainingState, load_state, save_state
from tabletutor.training.trainable import load_trainable_student
from tabletutor.training.weights import Weights

CONFIG = SftConfig


class _Loop(NamedTuple):
    """The objects that all steps of a run share."""

    model: Model
    tokenizer: Tokenizer
    weights: Weights
    optimizer: torch.optim.Optimizer
    rows: list[EncodedRow]
    validation: list[Pack]
    prompts: list[Prompt]
    workers: ThreadPoolExecutor


def train(run: TrainingRun, config: SftConfig) -> None:
    """Train a run and write its checkpoint folder.

    If an interrupted run of the same identity left its state in the cache, training resumes from it. The state is
    removed at the end. Raises ValueError for rows or models that cannot be trained, and RuntimeError if the loss is no
    longer a finite number.
    """
    make_repeatable(threads=1)
    torch.manual_seed(run.seed)
    started = time.monotonic()
    loop = _prepare(run, config)
    schedule = BatchSchedule(loop.rows, config, run.seed)
    steps = total_steps(config, schedule.batches_per_epoch, schedule.row_tokens)
    work = run.work(config)
    state_file = work.folder(run.files.cache) / "resume.state"
    resumed = load_state(state_file, work.identity, loop.weights, loop.optimizer)
    step, lines, samples, before = resumed or TrainingState(0, [], [], 0.0)
    saved = started
    run.tracker.start(run.name, work.identity, run.parameters(config))
    with progress_of(f"training {run.name}", steps) as progress:
        if resumed:
            logger.info("training {}: resumed after step {} of {}", run.name, step, steps)
            progress.skip(step)
        while step < steps and not _is_out_of_patience(loop.weights, config):
            step += 1
            metrics = _step(loop, schedule.batch(step), learning_rate(config, step, steps), config.max_grad_norm)
            _record(run, lines, step, "train", metrics)
            if step % config.eval_steps == 0 or step == steps:
                with loop.weights.averaged():
                    _record(run, lines, step, "validation", _validate(loop))
                    with without_spans(base_of(loop.model)):
                        samples += generate_samples(base_of(loop.model), loop.tokenizer, loop.prompts, step)
            now = time.monotonic()
            if step < steps and (step % config.save_steps == 0 or now - saved >= config.save_seconds):
                state = TrainingState(step, lines, samples, before + now - started)
                save_state(state_file, work.identity, state, loop.weights, loop.optimizer)
                saved = now
            progress.advance(note=f"loss {metrics['loss']:.3f}")
    loop.workers.shutdown()
    loop.weights.finish()
    write_checkpoint(run.files.checkpoint, loop.model, run.files.model, lines, samples)
    run.tracker.end(run.digests())
    tokens = sum(schedule.tokens(each) for each in range(1, step + 1))
    write_timing(run.files.checkpoint, before + time.monotonic() - started, tokens)
    state_file.unlink(missing_ok=True)  # its folder stays: another checkout may be about to write there


def _is_out_of_patience(weights: Weights, config: SftConfig) -> bool:
    return config.patience is not None and weights.waited >= config.patience


def _prepare(run: TrainingRun, config: SftConfig) -> _Loop:
    """Read the rows, load the model to train and install the fast layers."""
    files = run.files
    tokenizer = load_tokenizer(files.model)
    rows = short_rows(read_rows(files.train, tokenizer), config.max_length)
    encoded = read_rows(files.validation, tokenizer)
    validation = sample_rows(short_rows(encoded, config.max_length), config.eval_rows)
    for path, all_too_long in ((files.train, not rows), (files.validation, encoded and not validation)):
        if all_too_long:
            raise too_long_error(path, config.max_length)
    check_validation_rows(files.validation, config, len(validation))
    model = load_trainable_student(run, config)
    longest = max(row_lengths([*rows, *validation]))
    if longest > model.config.max_position_embeddings:
        limit = model.config.max_position_embeddings
        raise ValueError(
            f"{files.train}: a row has {longest} tokens, but the model takes {limit}; lower training.max_length"
        )
    check_head(base_of(model))
    model.train()
    if config.gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    use_spans(base_of(model))
    use_frozen_norms(base_of(model))
    use_fast_adapters(model)
    parameters = trained_parameters(model)
    optimizer = torch.optim.AdamW(
        list(parameters.values()), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    packs = [
        pack([validation[index] for index in chosen])
        for chosen in ordered_packs(group_by_prefix(validation), min(config.pack_rows, config.batch_size))
    ]
    # dropout draws from one global random state, so its draws have a fixed order on one thread only
    has_dropout = config.lora is not None and config.lora.dropout > 0
    workers = ThreadPoolExecutor(1 if has_dropout else config.threads, initializer=torch.set_num_threads, initargs=(1,))
    prompts = read_prompts(files.validation, ConversationRow, tokenizer, config.samples)
    weights = Weights(parameters, config.ema, config.keep)
    return _Loop(
        model=model,
        tokenizer=tokenizer,
        weights=weights,
        optimizer=optimizer,
        rows=rows,
        validation=packs,
        prompts=prompts,
        workers=workers,
    )


def _step(loop: _Loop, batch: Sequence[Pack], rate: float, max_norm: float) -> dict[str, float]:
    """Run one optimiser step and return its metrics. Raises RuntimeError if the loss is no longer a finite number."""
    for group in loop.optimizer.param_groups:
        group["lr"] = rate
    parameters = list(loop.weights.parameters.values())

    def work(chosen: Pack) -> tuple[float, Sequence[Tensor]]:
        loss = _loss(loop, chosen)
        return loss.item(), torch.autograd.grad(loss, parameters)

    done = list(loop.workers.map(work, batch))
    tokens = sum(len(chosen.targets) for chosen in batch)
    loss = sum(loss for loss, _ in done) / tokens
    if not math.isfinite(loss):
        raise RuntimeError("the training loss is no longer a number; lower the run's training.learning_rate")
    for parameter, *gradients in zip(parameters, *(gradients for _, gradients in done), strict=True):
        parameter.grad = torch.stack(gradients).sum(0).div_(tokens)
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm)
    loop.optimizer.step()
    loop.optimizer.zero_grad(set_to_none=True)
    loop.weights.update_average()
    return {"loss": loss, "learning_rate": rate, "grad_norm": norm.item(), "tokens": tokens}


def _loss(loop: _Loop, chosen: Pack) -> Tensor:
    base = base_of(loop.model)
    return pack_loss(base.get_decoder(), base.get_output_embeddings().weight, chosen)


def _validate(loop: _Loop) -> dict[str, float]:
    """Return the mean loss per trained token over the validation rows; empty without validation rows."""
    if not loop.validation:
        return {}
    loop.model.eval()
    with torch.no_grad():  # applies to this thread only, so the packs are computed here
        total = sum(_loss(loop, chosen).item() for chosen in loop.validation)
    loop.model.train()
    tokens = sum(len(chosen.targets) for chosen in loop.validation)
    loop.weights.record_loss(total / tokens)
    return {"loss": total / tokens, "tokens": tokens}


def _record(run: TrainingRun, lines: list[str], step: int, split: str, metrics: dict[str, float]) -> None:
    if metrics:
        lines.append(json.dumps({"step": step, "split": split, **metrics}, sort_keys=True))
        run.tracker.log(step, {f"{split}/{name}": float(value) for name, value in metrics.items()})
