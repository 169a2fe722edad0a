"""The full state of a training run between two steps, kept so that a killed run goes on bit for bit.

Which rows a step sees and its learning rate follow from its number, so the position of sampler and scheduler is the
number of steps done.
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
    """Steps done, the lines of metrics and of samples so far, and how long (seconds) it took, over all attempts."""

    step: int
    lines: list[str]
    samples: list[str]
    seconds: float


def save_state(
    path: Path, identity: str, state: TrainingState, weights: Weights, optimizer: torch.optim.Optimizer
) -> None:
    """Write the state atomically, with its checksum. `identity` names the run: model, rows, configuration, seed."""
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
    """Put the saved state back, in place; None where there is none, or it is broken, or it belongs to another run
    (other data or settings).
    """
    if not path.exists():
        return None
    stored = read_checked(path)
    if stored is None:
        logger.warning("{}: the state of training is broken; it begins anew", path)
        return None
    content: dict[str, Any] = torch.load(io.BytesIO(stored), weights_only=True)
    if content["identity"] != identity:
        return None
    weights.restore(content["weights"])
    optimizer.load_state_dict(content["optimizer"])
    drawn = content["random"]
    version, internal, gauss = drawn["python"]
    random.setstate((version, tuple(internal), gauss))
    kind, keys, *rest = drawn["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), *rest))
    torch.set_rng_state(drawn["torch"])
    return TrainingState(content["step"], list(content["lines"]), list(content["samples"]), content["seconds"])
