"""The learning rate of a step: warm-up, then cosine, linear or constant. A function of the step alone, so nothing to
save.
"""

import math
from collections.abc import Callable

from tabletutor.config.training import MethodConfig, SftConfig


def total_steps(config: SftConfig, batches_per_epoch: int, row_tokens: Callable[[int], int]) -> int:
    """Optimiser steps of a run: epochs (a part of one counts), `max_steps` or `max_row_tokens`, whichever ends first;
    at least one. `row_tokens` gives the tokens of the rows that a step sees.
    """
    steps = max(1, round(config.epochs * batches_per_epoch))
    if config.max_steps is not None:
        steps = min(steps, config.max_steps)
    if config.max_row_tokens is not None:
        seen = 0
        for step in range(1, steps + 1):
            seen += row_tokens(step)
            if seen >= config.max_row_tokens:
                return step
    return steps


def learning_rate(config: MethodConfig, step: int, steps: int) -> float:
    """The rate of `step` (from 1) of `steps`. Warm-up rises linearly to the full rate; cosine and linear fall towards
    0.
    """
    warmup = math.ceil(config.warmup_share * steps)
    if step <= warmup:
        return config.learning_rate * step / warmup
    share = (step - 1 - warmup) / max(1, steps - warmup)
    if config.scheduler == "cosine":
        return config.learning_rate * 0.5 * (1 + math.cos(math.pi * share))
    if config.scheduler == "linear":
        return config.learning_rate * (1 - share)
    return config.learning_rate
