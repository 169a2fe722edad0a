"""The trained weights of a run, their moving average, and the best weights so far."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor

Tensors = dict[str, Tensor]


class Weights:
    """Trained parameters by name, changed in place.

    With `ema`, a moving average with that decay is evaluated and kept instead of the parameters (Polyak and Juditsky,
    1992). With `keep="best"`, the weights with the lowest validation loss are kept, else the last ones.
    """

    def __init__(self, parameters: Tensors, ema: float | None = None, keep: Literal["last", "best"] = "last") -> None:
        self.parameters = parameters
        self._ema = ema
        self._keep = keep
        self._average: Tensors = _copy(parameters) if ema is not None else {}
        self._best: Tensors = {}
        self._lowest = float("inf")
        self.waited = 0  # evaluations since the lowest validation loss

    def update_average(self) -> None:
        """Update the moving average after a step of the optimiser."""
        if self._ema is not None:
            with torch.no_grad():
                for name, parameter in self.parameters.items():
                    self._average[name].lerp_(parameter, 1 - self._ema)

    @contextmanager
    def averaged(self) -> Generator[None]:
        """Context manager to evaluate: use the averaged weights, if averaging is on, then restore the trained ones."""
        trained = _copy(self.parameters) if self._average else {}
        self._put(self._average)
        try:
            yield
        finally:
            self._put(trained)

    def record_loss(self, loss: float) -> None:
        """Record the validation loss of the current (averaged) weights."""
        self.waited = 0 if loss < self._lowest else self.waited + 1
        if loss < self._lowest:
            self._lowest = loss
            if self._keep == "best":
                self._best = _copy(self._average or self.parameters)

    def finish(self) -> None:
        """Set the parameters to the weights to keep: the best, the average, or unchanged."""
        self._put(self._best or self._average)

    def state(self) -> dict[str, Any]:
        """Return the full state for resuming."""
        return {
            "parameters": {name: parameter.detach() for name, parameter in self.parameters.items()},
            "average": self._average,
            "best": self._best,
            "lowest": self._lowest,
            "waited": self.waited,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a state in place."""
        self._put(state["parameters"])
        self._average, self._best = dict(state["average"]), dict(state["best"])
        self._lowest, self.waited = float(state["lowest"]), int(state["waited"])

    def _put(self, values: Tensors) -> None:
        with torch.no_grad():
            for name, value in values.items():
                self.parameters[name].copy_(value)


def _copy(tensors: Tensors) -> Tensors:
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}
