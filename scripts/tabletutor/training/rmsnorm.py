"""RMS normalisation with a frozen weight, as one autograd operation with few passes over memory.

The arithmetic is that of transformers' LlamaRMSNorm (float32 inside, rounded before the weight is applied), whose
autograd graph has seven operations.
"""

from typing import Any, cast

import torch
from torch import Tensor

from tabletutor.models.load import Model


class FrozenRmsNorm(torch.autograd.Function):
    """Computes x / rms(x) * weight over the last dimension. The weight has no gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, epsilon: float) -> Tensor:  # type: ignore[override]
        wide = x.float()
        inverse = torch.rsqrt(wide.square().mean(-1, keepdim=True) + epsilon)
        normal = wide.mul_(inverse).to(x.dtype) if x.dtype != torch.float32 else wide * inverse
        ctx.save_for_backward(normal, weight, inverse)
        return normal * weight

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[override]
        normal, weight, inverse = cast("tuple[Tensor, Tensor, Tensor]", ctx.saved_tensors)
        inward = (outputs[0] * weight).float()
        share = (inward * normal).mean(-1, keepdim=True)
        return inward.addcmul_(normal.float(), share, value=-1).mul_(inverse).to(normal.dtype), None, None


def use_frozen_norms(model: Model) -> None:
    """Make every LlamaRMSNorm-like layer of `model` with a frozen weight run `FrozenRmsNorm`."""
    for layer in model.modules():
        if (
            type(layer).__name__ in ("LlamaRMSNorm", "Qwen2RMSNorm", "MistralRMSNorm")
            and not layer.weight.requires_grad
        ):
            layer.forward = _Forward(layer)


class _Forward:
    """Replaces the forward method of one normalisation layer."""

    def __init__(self, layer: Any) -> None:
        self.weight = layer.weight
        self.epsilon = float(layer.variance_epsilon)

    def __call__(self, x: Tensor) -> Tensor:
        return cast(Tensor, FrozenRmsNorm.apply(x, self.weight, self.epsilon))
