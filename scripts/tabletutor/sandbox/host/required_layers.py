"""Which layers of protection must stand before any cell runs."""

from typing import get_args

from tabletutor.config.sandbox import Layer, SandboxConfig

LAYERS: tuple[Layer, ...] = get_args(Layer)
_CONTAINER_LACKS: tuple[Layer, ...] = ("user-namespace",)  # engines give containers that of their own, as a rule


def required(config: SandboxConfig) -> tuple[Layer, ...]:
    """The layers without which no cell may run."""
    if config.require is not None:
        return config.require
    return LAYERS if config.backend == "process" else tuple(name for name in LAYERS if name not in _CONTAINER_LACKS)
