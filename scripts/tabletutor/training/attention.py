"""Causal attention for training on a CPU: PyTorch's forward pass, and a backward pass by plain matrix products.

PyTorch's fused attention spends seven times its forward pass on the backward one on this kind of machine. Products and
one softmax over blocks of queries, in the base's precision, take half of that (`docs/training.md`): a block is small
enough for the cache, and sees no key behind it. Probabilities are made again in the backward pass instead of kept, so
memory does not grow with the square of the length.
"""

from typing import Any, cast

import torch
from torch import Tensor

from tabletutor.models.load import Model

NAME = "tabletutor_products"
BLOCK = 128  # queries of one block


class CausalProducts(torch.autograd.Function):
    """Attention of query (batch, heads, tokens, size) on key and value (batch, groups, tokens, size), causal."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:  # type: ignore[override]
        ctx.save_for_backward(query, key, value)
        ctx.scale = scale
        grouped = key.shape[1] != query.shape[1]
        return torch.nn.functional.scaled_dot_product_attention(
            query, key, value, is_causal=True, scale=scale, enable_gqa=grouped
        )

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:  # type: ignore[override]
        query, key, value = cast("tuple[Tensor, Tensor, Tensor]", ctx.saved_tensors)
        query = query * ctx.scale
        k, v = key.flatten(0, 1), value.flatten(0, 1)
        grad_query = torch.empty_like(query)
        # sums over the blocks: in float32, rounded once
        grad_k, grad_v = torch.zeros_like(k, dtype=torch.float32), torch.zeros_like(v, dtype=torch.float32)
        for start in range(0, query.shape[2], BLOCK):
            stop = min(start + BLOCK, query.shape[2])
            q, y = _block(query, key, start, stop), _block(outputs[0], key, start, stop)
            probabilities = _probabilities(q, k[:, :stop], stop - start)
            grad_v[:, :stop] += probabilities.transpose(1, 2) @ y
            inward = y @ v[:, :stop].transpose(1, 2)
            scores = torch._softmax_backward_data(inward, probabilities, -1, q.dtype)  # pyright: ignore
            grad_k[:, :stop] += scores.transpose(1, 2) @ q
            grad_query[:, :, start:stop] = (scores @ k[:, :stop]).view(*query.shape[:2], stop - start, -1)
        grad_key = grad_k.to(key.dtype).view(key.shape)
        return grad_query.mul_(ctx.scale), grad_key, grad_v.to(value.dtype).view(value.shape), None


def _block(tensor: Tensor, key: Tensor, start: int, stop: int) -> Tensor:
    """Some tokens of (batch, heads, tokens, size) as (batch * groups, heads per group * tokens, size)."""
    return tensor[:, :, start:stop].reshape(key.shape[0] * key.shape[1], -1, tensor.shape[-1])


def _probabilities(q: Tensor, k: Tensor, tokens: int) -> Tensor:
    """softmax(q k') where the last `tokens` positions of k are those of q, and no query sees a later key."""
    scores = q @ k.transpose(1, 2)
    future = torch.full((tokens, tokens), float("-inf"), dtype=q.dtype).triu_(1)
    scores.view(q.shape[0], -1, tokens, k.shape[1])[..., -tokens:] += future
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
