"""The registry of training methods: a file without what the registry needs gives an error that says what to do."""

from types import ModuleType

import pytest

from tabletutor.config.training import MethodConfig, SftConfig
from tabletutor.training.registry import declared_method


class HalfConfig(MethodConfig):
    """The settings of a method that `TrainingConfig` lacks."""


def train() -> None:
    """Train nothing."""


def module_with(**names: object) -> ModuleType:
    module = ModuleType("mine")
    vars(module).update(names, __file__="methods/mine.py")
    return module


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (module_with(train=train), r"methods/mine\.py: CONFIG is missing; set it to the method's configuration class"),
        (module_with(CONFIG=train, train=train), r"methods/mine\.py: CONFIG is missing"),
        (module_with(CONFIG=HalfConfig), r"methods/mine\.py: train is missing; define train\(run, config\)"),
        (
            module_with(CONFIG=HalfConfig, train=train),
            r"methods/mine\.py: CONFIG is HalfConfig, which is not the class of the method \"mine\"; .* add it to "
            r"TrainingConfig",
        ),
        (module_with(CONFIG=SftConfig, train=train), r"methods/mine\.py: CONFIG is SftConfig, which is not"),
    ],
)
def test_a_method_without_what_the_registry_needs_is_named(module: ModuleType, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        declared_method("mine", module)
