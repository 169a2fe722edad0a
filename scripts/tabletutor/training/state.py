"""The full state of a training run between two steps, kept so that a killed run goes on bit for bit."""

import io
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from tabletutor.records.files import write_atomic


class TrainingState(NamedTuple):
    """Steps done, the metric lines written so far, and how long (seconds) it took, over all attempts."""

    step: int
    lines: list[str]
    seconds: float


def save_state(
    path: Path, identity: str, state: TrainingState, parameters: dict[str, Tensor], optimizer: torch.optim.Optimizer
) -> None:
    """Write the state atomically. `identity` names the run: model, rows, configuration, seed."""
    content: dict[str, Any] = {
        "identity": identity,
        "step": state.step,
        "lines": state.lines,
        "seconds": state.seconds,
        "parameters": {name: parameter.detach() for name, parameter in parameters.items()},
        "optimizer": optimizer.state_dict(),
        "random": torch.get_rng_state(),
    }
    stream = io.BytesIO()
    torch.save(content, stream)
    write_atomic(path, stream.getvalue())


def load_state(
    path: Path, identity: str, parameters: dict[str, Tensor], optimizer: torch.optim.Optimizer
) -> TrainingState | None:
    """Put the saved state back, in place; None where there is none or it belongs to another run (other data or
    settings).
    """
    if not path.exists():
        return None
    content: dict[str, Any] = torch.load(path, weights_only=True)
    if content["identity"] != identity:
        return None
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(content["parameters"][name])
    optimizer.load_state_dict(content["optimizer"])
    torch.set_rng_state(content["random"])
    return TrainingState(content["step"], list(content["lines"]), content["seconds"])
