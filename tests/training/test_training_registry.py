"""The registry of training methods: a file without what the registry needs gives an error that says what to do."""

from types import ModuleType

import pytest

from tabletutor.config.training import MethodConfig
from tabletutor.training.registry import declared_method


class HalfConfig(MethodConfig):
    """The settings of a method that `TrainingConfig` lacks."""


def train() -> None:
    """Train nothing."""


def module_with(**names: object) -> ModuleType:
    module = ModuleType("sft")
    vars(module).update(names, __file__="methods/sft.py")
    return module


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (
            module_with(train=train),
            r"methods/sft\.py: CONFIG is None, but the class of the method \"sft\" .* is SftConfig",
        ),
        (
            module_with(CONFIG=HalfConfig, train=train),
            r"methods/sft\.py: CONFIG is HalfConfig, but the class .* SftConfig",
        ),
        (module_with(CONFIG=train, train=train), r"methods/sft\.py: CONFIG is train, but"),
    ],
)
def test_a_method_without_what_the_registry_needs_is_named(module: ModuleType, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        declared_method("sft", module)
