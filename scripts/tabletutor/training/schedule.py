"""The learning rate of a step: warm-up, then cosine, linear or constant. A function of the step alone, so nothing to
save.
"""

import math

from tabletutor.config.schema import TrainingConfig


def total_steps(config: TrainingConfig, batches_per_epoch: int) -> int:
    """Optimiser steps of a run: epochs (a part of one counts) or `max_steps`, whichever ends first; at least one."""
    steps = max(1, round(config.epochs * batches_per_epoch))
    return steps if config.max_steps is None else min(steps, config.max_steps)


def learning_rate(config: TrainingConfig, step: int, steps: int) -> float:
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
