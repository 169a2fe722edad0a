"""A training run: LoRA on a frozen base, from rows of messages to a checkpoint folder, resumable bit for bit."""

import functools
import json
import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import torch
from loguru import logger
from torch import Tensor

from tabletutor.config.load import counted
from tabletutor.config.schema import TrainingConfig
from tabletutor.models.load import Model, load_model, load_tokenizer
from tabletutor.records.files import sha256_file, write_atomic
from tabletutor.records.identity import digest
from tabletutor.records.journal import Work
from tabletutor.telemetry.progress import progress_of
from tabletutor.training.adapter import add_adapter, save_adapter, trained_parameters
from tabletutor.training.attention import use_spans
from tabletutor.training.loss import pack_loss
from tabletutor.training.norm import use_frozen_norms
from tabletutor.training.packing import Pack, alike, epoch_batches, ordered_packs, pack, packed_tokens
from tabletutor.training.rows import EncodedRow, read_rows, row_lengths, short_rows
from tabletutor.training.schedule import learning_rate, total_steps
from tabletutor.training.state import TrainingState, load_state, save_state
from tabletutor.training.tracking import MlflowTracker, NoTracker, Tracker


class TrainingFiles(NamedTuple):
    """What a run reads and writes: the model's folder, the rows, the checkpoint folder and the cache for its state."""

    model: Path
    train: Path
    validation: Path
    checkpoint: Path
    cache: Path


class _Run(NamedTuple):
    """What a step works with."""

    wrapped: Model
    parameters: dict[str, Tensor]
    optimizer: torch.optim.Optimizer
    rows: list[EncodedRow]
    validation: list[Pack]
    workers: ThreadPoolExecutor


def train(
    files: TrainingFiles, config: TrainingConfig, seed: int, run: str, code: str, mlflow_store: Path | None
) -> None:
    """Train the adapter of `run` and write its checkpoint folder.

    The state that an interrupted run of the same code (its digest is `code`), rows, model, settings and seed left in
    `files.cache` is taken up, and removed at the end. Each pack of rows is computed by one thread and the gradients of
    the packs are added in order, so the number of threads is no part of the result. Raises ValueError for rows that
    cannot be trained, RuntimeError where the loss is no longer a number.
    """
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)
    started = time.monotonic()
    state = _prepare(files, config, seed)
    tracker: Tracker = NoTracker() if mlflow_store is None else MlflowTracker(mlflow_store)
    tracker.start(run, {**config.model_dump(mode="json"), "seed": seed, "base": files.model.name})
    order = _Order(state.rows, config, seed)
    steps = total_steps(config, order.batches_per_epoch, order.row_tokens)
    identity = digest(code, _content(files), counted(config), seed)
    kept = Work("training", run, identity).folder(files.cache) / "resume.state"
    resumed = load_state(kept, identity, state.parameters, state.optimizer)
    position = resumed or TrainingState(0, [], 0.0)
    lines = position.lines
    saved = started
    with progress_of(f"training {run}", steps) as shown:
        if resumed:
            logger.info("training {}: taken up after step {} of {}", run, resumed.step, steps)
            shown.skip(resumed.step)
        for step in range(position.step + 1, steps + 1):
            metrics = _step(state, order.batch(step), learning_rate(config, step, steps), config.max_grad_norm)
            _note(lines, tracker, step, "train", metrics)
            if step % config.eval_every == 0 or step == steps:
                _note(lines, tracker, step, "validation", _validate(state))
            now = time.monotonic()
            if step < steps and (step % config.checkpoint_every == 0 or now - saved >= config.checkpoint_seconds):
                seconds = position.seconds + now - started
                save_state(kept, identity, TrainingState(step, lines, seconds), state.parameters, state.optimizer)
                saved = now
            shown.advance(note=f"loss {metrics['loss']:.3f}")
    tracker.end()
    state.workers.shutdown()
    _write(files.checkpoint, state, lines)
    seconds = position.seconds + time.monotonic() - started
    tokens = sum(order.tokens(step) for step in range(1, steps + 1))
    timing = {"seconds": round(seconds, 1), "tokens": tokens, "tokens_per_second": round(tokens / seconds, 1)}
    write_atomic(files.checkpoint / "timing.json", (json.dumps(timing) + "\n").encode())
    kept.unlink(missing_ok=True)  # its folder stays: another checkout may be about to write there


class _Order:
    """Which rows a step sees; a function of the step, so a resumed run sees the same."""

    def __init__(self, rows: list[EncodedRow], config: TrainingConfig, seed: int) -> None:
        self._rows = rows
        groups = alike(rows)
        self._draw = functools.cache(
            lambda epoch: epoch_batches(rows, groups, config.pack_rows, config.batch_size, seed, epoch)
        )
        self.batches_per_epoch = len(self._draw(0))

    def batch(self, step: int) -> list[Pack]:
        """The packs of `step` (from 1)."""
        return [pack(rows) for rows in self._drawn(step)]

    def tokens(self, step: int) -> int:
        """The tokens that `step` computes."""
        return sum(packed_tokens(rows) for rows in self._drawn(step))

    def row_tokens(self, step: int) -> int:
        """The tokens of the rows that `step` sees, each row counted whole."""
        return sum(len(row.ids) for rows in self._drawn(step) for row in rows)

    def _drawn(self, step: int) -> list[list[EncodedRow]]:
        epoch, at = divmod(step - 1, self.batches_per_epoch)
        return [[self._rows[index] for index in chosen] for chosen in self._draw(epoch)[at]]


def _prepare(files: TrainingFiles, config: TrainingConfig, seed: int) -> _Run:
    """Read the rows, load the base, put the adapter on it and make its hot layers fast."""
    tokenizer = load_tokenizer(files.model)
    rows = short_rows(read_rows(files.train, tokenizer), config.max_tokens)
    validation = short_rows(read_rows(files.validation, tokenizer, config.eval_rows), config.max_tokens)
    if not rows:
        raise ValueError(f"{files.train}: no row of at most training.max_tokens = {config.max_tokens} tokens; raise it")
    model = load_model(files.model, config.dtype)
    longest = max(row_lengths([*rows, *validation]))
    if longest > model.config.max_position_embeddings:
        limit = model.config.max_position_embeddings
        raise ValueError(
            f"{files.train}: a row has {longest} tokens, the model takes {limit}; lower training.max_tokens"
        )
    wrapped = add_adapter(model, config.lora, seed, files.model.name)
    wrapped.train()
    use_spans(model)
    use_frozen_norms(model)
    parameters = trained_parameters(wrapped)
    optimizer = torch.optim.AdamW(
        list(parameters.values()), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    packs = [
        pack([validation[index] for index in chosen])
        for chosen in ordered_packs(alike(validation), min(config.pack_rows, config.batch_size))
    ]
    # dropout draws from one random state, whose order only one thread keeps
    threads = config.threads if config.lora.dropout == 0 else 1
    workers = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
    return _Run(wrapped, parameters, optimizer, rows, packs, workers)


def _step(state: _Run, batch: Sequence[Pack], rate: float, max_norm: float) -> dict[str, float]:
    """One optimiser step; returns what is known of it. Raises RuntimeError where the loss is no longer a number."""
    for group in state.optimizer.param_groups:
        group["lr"] = rate
    parameters = list(state.parameters.values())

    def work(chosen: Pack) -> tuple[float, Sequence[Tensor]]:
        loss = _loss(state, chosen)
        return loss.item(), torch.autograd.grad(loss, parameters)

    done = list(state.workers.map(work, batch))
    tokens = sum(len(chosen.targets) for chosen in batch)
    loss = sum(loss for loss, _ in done) / tokens
    if not math.isfinite(loss):
        raise RuntimeError("the training loss is no longer a number; lower the run's training.learning_rate")
    for parameter, *gradients in zip(parameters, *(gradients for _, gradients in done), strict=True):
        parameter.grad = torch.stack(gradients).sum(0).div_(tokens)
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm)
    state.optimizer.step()
    state.optimizer.zero_grad(set_to_none=True)
    return {"loss": loss, "learning_rate": rate, "grad_norm": norm.item(), "tokens": tokens}


def _loss(state: _Run, chosen: Pack) -> Tensor:
    base = state.wrapped.get_base_model()
    return pack_loss(base.get_decoder(), base.get_output_embeddings().weight, chosen)


def _validate(state: _Run) -> dict[str, float]:
    """Mean loss per trained token over the validation rows."""
    if not state.validation:
        return {}
    state.wrapped.eval()
    with torch.no_grad():  # of this thread alone, so the packs are computed here
        total = sum(_loss(state, chosen).item() for chosen in state.validation)
    state.wrapped.train()
    tokens = sum(len(chosen.targets) for chosen in state.validation)
    return {"loss": total / tokens, "tokens": tokens}


def _note(lines: list[str], tracker: Tracker, step: int, split: str, metrics: dict[str, float]) -> None:
    if metrics:
        lines.append(json.dumps({"step": step, "split": split, **metrics}, sort_keys=True))
        tracker.log(step, {f"{split}/{name}": float(value) for name, value in metrics.items()})


def _content(files: TrainingFiles) -> list[str]:
    """The digests of what is trained and on what."""
    model = sorted(path for path in files.model.iterdir() if path.suffix in (".safetensors", ".json", ".jinja"))
    return [sha256_file(path) for path in (*model, files.train, files.validation)]


def _write(folder: Path, state: _Run, lines: list[str]) -> None:
    """The checkpoint's files; the digests are written last."""
    save_adapter(state.wrapped, folder)
    write_atomic(folder / "metrics.ndjson", "".join(line + "\n" for line in lines).encode())
    names = ("adapter_config.json", "adapter_model.safetensors", "metrics.ndjson")
    write_atomic(folder / "SHA256SUMS", "".join(f"{sha256_file(folder / name)}  {name}\n" for name in names).encode())
