"""Frozen linear layers with their weight laid out once the way oneDNN multiplies it, for decoding on a CPU.

torch brings a bfloat16 weight into that layout at every call, which for a few rows takes as long as the product. The
products are the same; only the layout is kept.
"""

from typing import Any, cast

import torch
from torch import Tensor

from tabletutor.models.load import Model


def use_packed_linears(model: Model) -> None:
    """Let the linear layers of a frozen bfloat16 `model`, the output matrix too, multiply packed weights; nothing where
    this build of torch or this processor has no such layout.
    """
    if not (torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()):  # pyright: ignore
        return
    linear: list[Any] = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)]
    for layer in linear:
        if layer.weight.dtype == torch.bfloat16:
            layer.forward = _Forward(layer)


class _Forward:
    """The forward pass of one linear layer."""

    def __init__(self, layer: Any) -> None:
        self.weight: Any = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), None)  # pyright: ignore
        self.bias = layer.bias

    def __call__(self, x: Tensor) -> Tensor:
        return cast(Tensor, torch.ops.mkldnn._linear_pointwise(x, self.weight, self.bias, "none", [], ""))  # pyright: ignore
