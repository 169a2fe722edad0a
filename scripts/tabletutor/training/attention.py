"""Causal attention for training on a CPU, by plain matrix products.

PyTorch's fused attention spends seven times its forward pass on the backward one on this kind of machine; products and
one softmax, all in the base's precision, take half the time (`docs/training.md`). Probabilities are made again in the
backward pass instead of kept, so memory stays that of one layer.
"""

from typing import Any, cast

import torch
from torch import Tensor

from tabletutor.models.load import Model

NAME = "tabletutor_products"


class CausalProducts(torch.autograd.Function):
    """Attention of query (batch, heads, tokens, size) on key and value (batch, groups, tokens, size), causal."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:  # type: ignore[override]
        q, k, v = _grouped(query, key, value)
        ctx.save_for_backward(q, k, v)
        ctx.scale, ctx.shapes = scale, (query.shape, key.shape)
        return (_probabilities(q, k, scale) @ v).view(query.shape)

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:  # type: ignore[override]
        q, k, v = cast("tuple[Tensor, Tensor, Tensor]", ctx.saved_tensors)
        query_shape, key_shape = ctx.shapes
        y = outputs[0].reshape(q.shape)
        probabilities = _probabilities(q, k, ctx.scale)
        grad_v = probabilities.transpose(1, 2) @ y
        scores = torch._softmax_backward_data(y @ v.transpose(1, 2), probabilities, -1, q.dtype)  # pyright: ignore
        grad_q = (scores @ k).mul_(ctx.scale)
        grad_k = (scores.transpose(1, 2) @ q).mul_(ctx.scale)
        return grad_q.view(query_shape), grad_k.view(key_shape), grad_v.view(key_shape), None


def _grouped(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """One matrix per batch row and key group; the heads that share a key are stacked as further queries."""
    batch, groups, tokens, size = key.shape
    q = query.reshape(batch * groups, -1, size)
    return q, key.reshape(batch * groups, tokens, size), value.reshape(batch * groups, tokens, size)


def _probabilities(q: Tensor, k: Tensor, scale: float) -> Tensor:
    """softmax(scale q k'), nothing from later tokens: (batch * groups, heads per group * tokens, tokens)."""
    tokens = k.shape[1]
    future = torch.full((tokens, tokens), float("-inf"), dtype=q.dtype).triu_(1)
    scores = torch.baddbmm(future.repeat(q.shape[1] // tokens, 1), q, k.transpose(1, 2), alpha=scale)
    return torch.softmax(scores, -1)


def use_products(model: Model) -> None:
    """Let `model` attend by `CausalProducts`: for batches without a mask, padded on the right."""
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, _attend)
    model.set_attn_implementation(NAME)


def _attend(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[Tensor, None]:
    if mask is not None or dropout:
        raise ValueError("this attention is for batches without a mask and models without attention dropout")
    return cast(Tensor, CausalProducts.apply(query, key, value, scaling)).transpose(1, 2).contiguous(), None
