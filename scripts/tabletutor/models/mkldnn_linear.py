"""Linear layers whose weight is converted once to oneDNN's layout, for faster decoding on a CPU.

torch converts a bfloat16 weight to that layout at every call, which takes as long as the product itself for a few rows.
The results are the same; only the conversion is saved.
"""

from typing import Any, cast

import torch
from torch import Tensor

from tabletutor.models.load import Model


def use_packed_linears(model: Model) -> None:
    """Make the linear layers of a frozen bfloat16 `model`, including its output matrix, use packed weights.

    Does nothing if this build of torch or this processor does not support the layout.
    """
    if not (torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()):  # pyright: ignore
        return
    linear: list[Any] = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)]
    for layer in linear:
        if layer.weight.dtype == torch.bfloat16:
            layer.forward = _Forward(layer)


class _Forward:
    """Replaces the forward method of one linear layer."""

    def __init__(self, layer: Any) -> None:
        self.weight: Any = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), None)  # pyright: ignore
        self.bias = layer.bias

    def __call__(self, x: Tensor) -> Tensor:
        return cast(Tensor, torch.ops.mkldnn._linear_pointwise(x, self.weight, self.bias, "none", [], ""))  # pyright: ignore
