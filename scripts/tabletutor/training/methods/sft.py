"""`sft`: supervised fine-tuning on conversations, by a loop of our own; resumable bit for bit.

Each pack of rows is computed by one thread and the gradients of the packs are added in order, so the number of threads
is no part of the result.
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
from tabletutor.telemetry.progress import progress_of
from tabletutor.training.adapter import base_of, trained_parameters, use_fast_adapters
from tabletutor.training.attention import use_spans, without_spans
from tabletutor.training.batches import Order
from tabletutor.training.checkpoint import write_checkpoint, write_timing
from tabletutor.training.generations import Prompt, read_prompts, sample
from tabletutor.training.loss import check_head, pack_loss
from tabletutor.training.packing import Pack, alike, ordered_packs, pack
from tabletutor.training.rmsnorm import use_frozen_norms
from tabletutor.training.rows import EncodedRow, check_validated, drawn, none_fits, read_rows, row_lengths, short_rows
from tabletutor.training.run import TrainingRun
from tabletutor.training.schedule import learning_rate, total_steps
from tabletutor.training.state import TrainingState, load_state, save_state
from tabletutor.training.student import load_trained
from tabletutor.training.weights import Weights

CONFIG = SftConfig


class _Loop(NamedTuple):
    """What a step works with."""

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

    The state that an interrupted run of the same identity left in the cache is taken up, and removed at the end. Raises
    ValueError for rows that cannot be trained, RuntimeError where the loss is no longer a number.
    """
    make_repeatable(threads=1)
    torch.manual_seed(run.seed)
    started = time.monotonic()
    loop = _prepare(run, config)
    order = Order(loop.rows, config, run.seed)
    steps = total_steps(config, order.batches_per_epoch, order.row_tokens)
    work = run.work(config)
    kept = work.folder(run.files.cache) / "resume.state"
    resumed = load_state(kept, work.identity, loop.weights, loop.optimizer)
    step, lines, samples, before = resumed or TrainingState(0, [], [], 0.0)
    saved = started
    run.tracker.start(run.name, work.identity, run.parameters(config))
    with progress_of(f"training {run.name}", steps) as shown:
        if resumed:
            logger.info("training {}: taken up after step {} of {}", run.name, step, steps)
            shown.skip(step)
        while step < steps and not _has_waited(loop.weights, config):
            step += 1
            metrics = _step(loop, order.batch(step), learning_rate(config, step, steps), config.max_grad_norm)
            _note(run, lines, step, "train", metrics)
            if step % config.eval_every == 0 or step == steps:
                with loop.weights.shown():
                    _note(run, lines, step, "validation", _validate(loop))
                    with without_spans(base_of(loop.model)):
                        samples += sample(base_of(loop.model), loop.tokenizer, loop.prompts, step)
            now = time.monotonic()
            if step < steps and (step % config.checkpoint_every == 0 or now - saved >= config.checkpoint_seconds):
                state = TrainingState(step, lines, samples, before + now - started)
                save_state(kept, work.identity, state, loop.weights, loop.optimizer)
                saved = now
            shown.advance(note=f"loss {metrics['loss']:.3f}")
    loop.workers.shutdown()
    loop.weights.finish()
    write_checkpoint(run.files.checkpoint, loop.model, run.files.model, lines, samples)
    run.tracker.end(run.digests())
    tokens = sum(order.tokens(each) for each in range(1, step + 1))
    write_timing(run.files.checkpoint, before + time.monotonic() - started, tokens)
    kept.unlink(missing_ok=True)  # its folder stays: another checkout may be about to write there


def _has_waited(weights: Weights, config: SftConfig) -> bool:
    return config.patience is not None and weights.waited >= config.patience


def _prepare(run: TrainingRun, config: SftConfig) -> _Loop:
    """Read the rows, load the weights to be trained and make the hot layers fast."""
    files = run.files
    tokenizer = load_tokenizer(files.model)
    rows = short_rows(read_rows(files.train, tokenizer), config.max_tokens)
    told = read_rows(files.validation, tokenizer)
    validation = drawn(short_rows(told, config.max_tokens), config.eval_rows)
    for path, all_are_long in ((files.train, not rows), (files.validation, told and not validation)):
        if all_are_long:
            raise none_fits(path, config.max_tokens)
    check_validated(files.validation, config, len(validation))
    model = load_trained(run, config)
    longest = max(row_lengths([*rows, *validation]))
    if longest > model.config.max_position_embeddings:
        limit = model.config.max_position_embeddings
        raise ValueError(
            f"{files.train}: a row has {longest} tokens, the model takes {limit}; lower training.max_tokens"
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
        for chosen in ordered_packs(alike(validation), min(config.pack_rows, config.batch_size))
    ]
    # dropout draws from one random state, whose order only one thread keeps
    alone = config.lora is not None and config.lora.dropout > 0
    workers = ThreadPoolExecutor(1 if alone else config.threads, initializer=torch.set_num_threads, initargs=(1,))
    prompts = read_prompts(files.validation, tokenizer, config.samples)
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
    """One optimiser step; returns what is known of it. Raises RuntimeError where the loss is no longer a number."""
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
    loop.weights.stepped()
    return {"loss": loss, "learning_rate": rate, "grad_norm": norm.item(), "tokens": tokens}


def _loss(loop: _Loop, chosen: Pack) -> Tensor:
    base = base_of(loop.model)
    return pack_loss(base.get_decoder(), base.get_output_embeddings().weight, chosen)


def _validate(loop: _Loop) -> dict[str, float]:
    """Mean loss per trained token over the validation rows."""
    if not loop.validation:
        return {}
    loop.model.eval()
    with torch.no_grad():  # of this thread alone, so the packs are computed here
        total = sum(_loss(loop, chosen).item() for chosen in loop.validation)
    loop.model.train()
    tokens = sum(len(chosen.targets) for chosen in loop.validation)
    loop.weights.evaluated(total / tokens)
    return {"loss": total / tokens, "tokens": tokens}


def _note(run: TrainingRun, lines: list[str], step: int, split: str, metrics: dict[str, float]) -> None:
    if metrics:
        lines.append(json.dumps({"step": step, "split": split, **metrics}, sort_keys=True))
        run.tracker.log(step, {f"{split}/{name}": float(value) for name, value in metrics.items()})
