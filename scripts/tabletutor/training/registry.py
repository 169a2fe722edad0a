"""Find a training method by name.

A method is imported on demand, so that a run depends on the code of its own method only. The rules have the digest of
the method as a separate parameter (`rules/training.smk`); the code identity does not follow imports from this module.
"""

from importlib import import_module
from types import ModuleType
from typing import Any, Protocol, cast

from tabletutor.config.methods import method_configs, method_fault
from tabletutor.config.training import MethodConfig
from tabletutor.training.run import TrainingRun


class Method(Protocol):
    """A module of `training/methods/`."""

    CONFIG: type[MethodConfig]

    def train(self, run: TrainingRun, config: Any) -> None:
        """Train a run and write its checkpoint folder."""
        ...


def load_method(name: str) -> Method:
    """Return the method in `training/methods/{name}.py`.

    Raises ValueError if the method lacks its file or its configuration class, or if its module is faulty
    (`declared_method`).
    """
    if fault := method_fault(name):
        raise ValueError(fault)
    return declared_method(name, import_module(f"tabletutor.training.methods.{name}"))


def declared_method(name: str, module: ModuleType) -> Method:
    """Return a module of `training/methods/` as a method.

    Raises ValueError naming the file if `CONFIG` is not the class that the configuration uses for this method.
    """
    config: Any = vars(module).get("CONFIG")
    wanted = method_configs().get(name)
    if wanted is None or wanted is not config:
        raise ValueError(
            f'{module.__file__}: CONFIG is {getattr(config, "__name__", None)}, but the class of the method "{name}" '
            f"in config/training.py is {wanted.__name__ if wanted else None}; let both name the same class"
        )
    return cast(Method, module)
