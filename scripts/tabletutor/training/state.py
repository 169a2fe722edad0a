"""Saves and restores the full state of an `sft` run, so that a killed run can be resumed bit for bit.

Batches and learning rates depend on the step number alone (`schedule.py`), so the number of finished steps is all the
state that they have.
"""

import io
import random
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from loguru import logger

from tabletutor.records.files import read_checked, write_checked
from tabletutor.training.weights import Weights


class TrainingState(NamedTuple):
    """Finished steps, the lines of metrics and samples so far, and the seconds spent by all processes of the run."""

    step: int
    lines: list[str]
    samples: list[str]
    seconds: float


def save_state(
    path: Path, identity: str, state: TrainingState, weights: Weights, optimizer: torch.optim.Optimizer
) -> None:
    """Write the state and its checksum atomically. `identity` is the digest of model, rows, configuration and seed."""
    kind, keys, *rest = np.random.get_state(legacy=True)
    content: dict[str, Any] = {
        "identity": identity,
        "step": state.step,
        "lines": state.lines,
        "seconds": state.seconds,
        "samples": state.samples,
        "weights": weights.state(),
        "optimizer": optimizer.state_dict(),
        "random": {
            "python": random.getstate(),
            "numpy": (kind, torch.from_numpy(np.asarray(keys, dtype=np.int64)), *rest),
            "torch": torch.get_rng_state(),
        },
    }
    stream = io.BytesIO()
    torch.save(content, stream)
    write_checked(path, stream.getvalue())


def load_state(path: Path, identity: str, weights: Weights, optimizer: torch.optim.Optimizer) -> TrainingState | None:
    """Restore the saved state of weights, optimiser and random sources in place, and return the rest of it.

    Returns None and changes nothing if there is no state, if it is damaged, or if it has another identity.
    """
    if not path.exists():
        return None
    stored = read_checked(path)
    if stored is None:
        logger.warning("{}: the saved training state is damaged; training starts from the beginning", path)
        return None
    content: dict[str, Any] = torch.load(io.BytesIO(stored), weights_only=True)
    if content["identity"] != identity:
        return None
    weights.restore(content["weights"])
    optimizer.load_state_dict(content["optimizer"])
    saved = content["random"]
    version, internal, gauss = saved["python"]
    random.setstate((version, tuple(internal), gauss))
    kind, keys, *rest = saved["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), *rest))
    torch.set_rng_state(saved["torch"])
    return TrainingState(content["step"], list(content["lines"]), list(content["samples"]), content["seconds"])
