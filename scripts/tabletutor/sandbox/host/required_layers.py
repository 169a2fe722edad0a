"""The layers of protection that must stand before any cell runs, and the warnings about those that do not."""

import threading
from collections.abc import Mapping
from typing import get_args

from loguru import logger

from tabletutor.config.sandbox import Layer, SandboxConfig
from tabletutor.sandbox.host.session import SandboxError

LAYERS: tuple[Layer, ...] = get_args(Layer)
_CONTAINER_LACKS: tuple[Layer, ...] = ("user-namespace",)  # engines rarely give a container its own
_warned: set[tuple[str, str]] = set()
_warned_lock = threading.Lock()


def required_layers(config: SandboxConfig) -> tuple[Layer, ...]:
    """Return the layers without which no cell may run."""
    if config.required_layers is not None:
        return config.required_layers
    return LAYERS if config.backend == "process" else tuple(name for name in LAYERS if name not in _CONTAINER_LACKS)


def require_layers(config: SandboxConfig, missing: Mapping[str, str], refused: Mapping[str, str]) -> None:
    """Raise SandboxError if a required layer is missing; log a warning for each other missing layer.

    `missing` maps the layers that do not stand to what their test saw; `refused` maps the set-up steps that the kernel
    refused to its reason.
    """
    lacking = [layer for layer in required_layers(config) if layer in missing]
    reasons = "; ".join(f"{step}: {reason}" for step, reason in refused.items())
    if lacking:
        seen = "\n".join(f"  {layer}: {missing[layer]}" for layer in lacking)
        raise SandboxError(
            f"layers that sandbox.required_layers asks for do not stand here:\n{seen}\n"
            f"The kernel refused: {reasons or 'nothing'}.\n"
            "Change the kernel's settings (see docs/sandbox.md), or list only the layers you need in "
            "sandbox.required_layers."
        )
    for layer, seen in missing.items():
        _warn_once(layer, f"{seen} (the kernel refused: {reasons or 'nothing'})")


def _warn_once(layer: str, seen: str) -> None:
    """Log a missing layer, once in this process."""
    with _warned_lock:
        if (layer, seen) in _warned:
            return
        _warned.add((layer, seen))
    logger.warning("sandbox: the layer {!r} is NOT in place: {}", layer, seen)
