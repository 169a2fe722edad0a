"""Find a training method by name.

A method is imported on demand, so that a run depends on the code of its own method only. The rules have the digest of
the method as a separate parameter (`rules/training.smk`); the code identity does not follow imports from this module.
"""

from importlib import import_module
from types import ModuleType
from typing import Any, Protocol, cast

from tabletutor.config.training import MethodConfig, method_configs, method_fault
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

    Raises ValueError naming the file if it has no `CONFIG` or no function `train`, or if `CONFIG` is not the class that
    the configuration uses for this method.
    """
    config: object = getattr(module, "CONFIG", None)
    if not isinstance(config, type) or not issubclass(config, MethodConfig):
        raise ValueError(
            f"{module.__file__}: CONFIG is missing; set it to the method's configuration class from config/training.py"
        )
    if not callable(getattr(module, "train", None)):
        raise ValueError(f"{module.__file__}: train is missing; define train(run, config) (docs/extending.md)")
    if method_configs().get(name) is not config:
        raise ValueError(
            f'{module.__file__}: CONFIG is {config.__name__}, which is not the class of the method "{name}"; give it '
            f'method: Literal["{name}"] and add it to TrainingConfig in config/training.py'
        )
    return cast(Method, module)
