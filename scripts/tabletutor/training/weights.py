"""The trained weights of a run: as they are, their moving average, and the best of them so far."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor

Tensors = dict[str, Tensor]


class Weights:
    """Trained parameters by name, changed in place.

    With `ema`, a moving average of that decay is what is evaluated and kept (Polyak and Juditsky, 1992). With `keep`
    "best", the weights of the lowest validation loss are kept, else the last ones.
    """

    def __init__(self, parameters: Tensors, ema: float | None = None, keep: Literal["last", "best"] = "last") -> None:
        self.parameters = parameters
        self._ema = ema
        self._keep = keep
        self._average: Tensors = _copied(parameters) if ema is not None else {}
        self._best: Tensors = {}
        self._lowest = float("inf")
        self.waited = 0  # evaluations since the validation loss was lowest

    def stepped(self) -> None:
        """Take a step of the optimiser into the average."""
        if self._ema is not None:
            with torch.no_grad():
                for name, parameter in self.parameters.items():
                    self._average[name].lerp_(parameter, 1 - self._ema)

    @contextmanager
    def shown(self) -> Generator[None]:
        """Put the averaged weights in place for an evaluation, if averaging is on; the trained ones return after it."""
        kept = _copied(self.parameters) if self._average else {}
        self._put(self._average)
        try:
            yield
        finally:
            self._put(kept)

    def evaluated(self, loss: float) -> None:
        """Take note of the validation loss of what is shown."""
        self.waited = 0 if loss < self._lowest else self.waited + 1
        if loss < self._lowest:
            self._lowest = loss
            if self._keep == "best":
                self._best = _copied(self._average or self.parameters)

    def finish(self) -> None:
        """Make the parameters those that are kept."""
        self._put(self._best or self._average)

    def state(self) -> dict[str, Any]:
        """All of it, to go on from."""
        return {
            "parameters": {name: parameter.detach() for name, parameter in self.parameters.items()},
            "average": self._average,
            "best": self._best,
            "lowest": self._lowest,
            "waited": self.waited,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Put a state back, in place."""
        self._put(state["parameters"])
        self._average, self._best = dict(state["average"]), dict(state["best"])
        self._lowest, self.waited = float(state["lowest"]), int(state["waited"])

    def _put(self, values: Tensors) -> None:
        with torch.no_grad():
            for name, value in values.items():
                self.parameters[name].copy_(value)


def _copied(tensors: Tensors) -> Tensors:
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}
