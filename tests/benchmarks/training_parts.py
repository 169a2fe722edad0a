"""Profile our training loop by part with PyTorch's profiler; used by `training.py`."""

import functools
from collections.abc import Callable
from typing import Any

from torch.profiler import ProfilerActivity, profile, record_function

from tabletutor.models.load import make_repeatable
from tabletutor.training.attention import SpanAttention
from tabletutor.training.loss import FrozenHeadLoss
from tabletutor.training.methods import sft
from tabletutor.training.rmsnorm import FrozenRmsNorm
from tabletutor.training.schedule import BatchSchedule

PRODUCTS = {"aten::mm", "aten::addmm", "aten::addmm_", "aten::linear", "aten::matmul", "mkldnn::_linear_pointwise"}
LABELS = {SpanAttention: "attention", FrozenHeadLoss: "loss", FrozenRmsNorm: "normalisation"}
STEP, OPTIMISER = "step", "optimiser"
FROZEN, ADAPTERS, REST = "matrix products of the frozen weights", "products of the adapters", "rest, element by element"


class _Here:
    """Stands in for a thread pool; computes packs in the calling thread, which the profiler watches."""

    def map(self, work: Callable[[Any], Any], packs: Any) -> list[Any]:
        return [work(chosen) for chosen in packs]


def parts(prepared: sft._Loop, config: Any, seed: int) -> dict[str, float]:
    """Return the seconds of one epoch on one thread, by part."""
    for function, label in LABELS.items():
        for name in ("forward", "backward"):
            setattr(function, name, staticmethod(_labelled(getattr(function, name), label)))
    state = prepared._replace(workers=_Here())
    state.optimizer.step = _labelled(state.optimizer.step, OPTIMISER)  # type: ignore[method-assign]
    schedule = BatchSchedule(state.rows, config, seed)
    make_repeatable(threads=1)
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as profiled:
        for step in range(1, schedule.batches_per_epoch + 1):
            with record_function(STEP):
                sft._step(state, schedule.batch(step), config.learning_rate, config.max_grad_norm)
    return _seconds(profiled, config.lora.r)


def _labelled(function: Callable[..., Any], label: str) -> Callable[..., Any]:
    @functools.wraps(function)
    def labelled(*arguments: Any, **named: Any) -> Any:
        with record_function(label):
            return function(*arguments, **named)

    return labelled


def _seconds(profiled: Any, rank: int) -> dict[str, float]:
    """Sum the times of labelled events, and of matrix products outside of them. A product belongs to an adapter if one
    of its shapes contains the rank.
    """
    found = dict.fromkeys((FROZEN, ADAPTERS, *LABELS.values(), OPTIMISER), 0.0)
    whole = 0.0
    for event in profiled.events():
        if event.name == STEP:
            whole += event.cpu_time_total
        elif event.name in found and not _within(event, found):
            found[event.name] += event.cpu_time_total
        elif event.name in PRODUCTS and not _within(event, found):
            shapes = [size for shape in event.input_shapes or [] if isinstance(shape, list) for size in shape]
            found[ADAPTERS if rank in shapes else FROZEN] += event.self_cpu_time_total
    return {name: spent / 1e6 for name, spent in {**found, REST: whole - sum(found.values())}.items()}


def _within(event: Any, labels: Any) -> bool:
    parent = event.cpu_parent
    while parent is not None:
        if parent.name in labels:
            return True
        parent = parent.cpu_parent
    return False
