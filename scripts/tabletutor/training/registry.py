"""The training methods, by name.

One is found when it is asked for, so that a run's code holds the method it uses and no other. Its digest is a parameter
of the rule beside the one of the script (`rules/training.smk`), and what is here is not followed.
"""

from importlib import import_module
from typing import Any, Protocol, cast

from tabletutor.config.training import MethodConfig
from tabletutor.training.run import TrainingRun


class Method(Protocol):
    """A module of `training/methods/`."""

    CONFIG: type[MethodConfig]

    def train(self, run: TrainingRun, config: Any) -> None:
        """Train a run and write its checkpoint folder."""
        ...


def find(name: str) -> Method:
    """The method of that name: the module `training/methods/{name}.py`."""
    return cast(Method, import_module(f"tabletutor.training.methods.{name}"))
