"""The batch and the learning rate of each step of `sft`. Both depend on the step number and the configuration
alone, so a resumed run continues with the same batches and rates, and there is no state to save.
"""

import functools
import math
from collections.abc import Callable

from tabletutor.config.training import MethodConfig, SftConfig
from tabletutor.training.packing import Pack, epoch_batches, group_by_prefix, pack, packed_tokens
from tabletutor.training.rows import EncodedRow


class BatchSchedule:
    """The batches of a run by step, counted from 1."""

    def __init__(self, rows: list[EncodedRow], config: SftConfig, seed: int) -> None:
        self._rows = rows
        groups = group_by_prefix(rows)
        self._draw = functools.cache(
            lambda epoch: epoch_batches(rows, groups, config.pack_rows, config.batch_size, seed, epoch)
        )
        self.batches_per_epoch = len(self._draw(0))

    def batch(self, step: int) -> list[Pack]:
        """Return the packs of `step`."""
        return [pack(rows) for rows in self._packs(step)]

    def tokens(self, step: int) -> int:
        """Return the number of tokens that `step` computes; tokens that packed rows share count once."""
        return sum(packed_tokens(rows) for rows in self._packs(step))

    def row_tokens(self, step: int) -> int:
        """Return the number of tokens of the rows in `step`, with each row counted in full."""
        return sum(len(row.ids) for rows in self._packs(step) for row in rows)

    def _packs(self, step: int) -> list[list[EncodedRow]]:
        epoch, at = divmod(step - 1, self.batches_per_epoch)
        return [[self._rows[index] for index in chosen] for chosen in self._draw(epoch)[at]]


def total_steps(config: SftConfig, batches_per_epoch: int, row_tokens: Callable[[int], int]) -> int:
    """Return the number of optimiser steps of a run, at least 1.

    `epochs` (fractions allowed), `max_steps` and `max_train_tokens` are limits; the lowest applies. `row_tokens`
    returns the tokens of the rows in a step.
    """
    steps = max(1, round(config.epochs * batches_per_epoch))
    if config.max_steps is not None:
        steps = min(steps, config.max_steps)
    if config.max_train_tokens is not None:
        total = 0
        for step in range(1, steps + 1):
            total += row_tokens(step)
            if total >= config.max_train_tokens:
                return step
    return steps


def learning_rate(config: MethodConfig, step: int, steps: int) -> float:
    """Return the learning rate of `step` (1 … `steps`).

    It rises linearly to the full rate during warm-up. Then it stays constant, or falls towards 0 as a cosine or a line.
    """
    warmup = math.ceil(config.warmup_ratio * steps)
    if step <= warmup:
        return config.learning_rate * step / warmup
    share = (step - 1 - warmup) / max(1, steps - warmup)
    if config.scheduler == "cosine":
        return config.learning_rate * 0.5 * (1 + math.cos(math.pi * share))
    if config.scheduler == "linear":
        return config.learning_rate * (1 - share)
    return config.learning_rate
