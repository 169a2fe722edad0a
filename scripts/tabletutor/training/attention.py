"""Attention of packed rows, for training on a CPU: plain matrix products over spans, forward and backward.

A span attends to its context, without a mask, and causally to itself (`packing.py`). PyTorch's fused attention can say
that only by a mask over all pairs of tokens, and spends seven times its forward pass on the backward one on this kind
of machine (`docs/training.md`).
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor

from tabletutor.models.load import Model
from tabletutor.training.packing import Span

NAME = "tabletutor_spans"


class _Seen(NamedTuple):
    """What a span sees: its queries (groups, heads per group x tokens, size) and its keys and values (groups, seen,
    size).
    """

    query: Tensor
    key: Tensor
    value: Tensor


class SpanAttention(torch.autograd.Function):
    """Attention of query (1, heads, tokens, size) on key and value (1, groups, tokens, size) within spans.

    The spans must cover every token once. Sums over spans are made in float32 and rounded once.
    """

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, scale: float, spans: tuple[Span, ...]) -> Tensor:  # type: ignore[override]
        output = torch.empty_like(query)
        kept: list[Tensor] = []
        for span, seen in _seen(query, key, value, spans):
            probabilities = _probabilities(seen, scale, span)
            _put(output, span, probabilities @ seen.value)
            kept.append(probabilities)
        ctx.save_for_backward(query, key, value, *kept)
        ctx.scale, ctx.spans = scale, spans
        return output

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:  # type: ignore[override]
        query, key, value, *kept = cast("tuple[Tensor, ...]", ctx.saved_tensors)
        grad_query = torch.empty_like(query)
        grad_key, grad_value = (torch.zeros(key.shape[1:], dtype=torch.float32) for _ in range(2))
        spans = cast("tuple[Span, ...]", ctx.spans)
        for (span, seen), probabilities in zip(_seen(query, key, value, spans), kept, strict=True):
            inward = _queries(outputs[0], key.shape[1], span)
            _add(grad_value, span, probabilities.transpose(1, 2) @ inward)
            slope = inward @ seen.value.transpose(1, 2)
            scores = torch._softmax_backward_data(slope, probabilities, -1, slope.dtype)  # pyright: ignore
            scores.mul_(ctx.scale)
            _add(grad_key, span, scores.transpose(1, 2) @ seen.query)
            _put(grad_query, span, scores @ seen.key)
        return grad_query, grad_key[None].to(key.dtype), grad_value[None].to(value.dtype), None, None


def use_spans(model: Model) -> None:
    """Let `model` attend by `SpanAttention`; its decoder then takes `spans` with each batch."""
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, _attend)
    model.set_attn_implementation(NAME)


@contextmanager
def without_spans(model: Model) -> Generator[None]:
    """While it lasts, `model` attends as it did, to decode with a cache."""
    model.set_attn_implementation("sdpa")
    try:
        yield
    finally:
        model.set_attn_implementation(NAME)


def _seen(query: Tensor, key: Tensor, value: Tensor, spans: Sequence[Span]) -> Iterator[tuple[Span, _Seen]]:
    for span in spans:
        yield span, _Seen(_queries(query, key.shape[1], span), _context(key, span), _context(value, span))


def _queries(tensor: Tensor, groups: int, span: Span) -> Tensor:
    return tensor[0, :, span.start : span.stop].reshape(groups, -1, tensor.shape[-1])


def _context(tensor: Tensor, span: Span) -> Tensor:
    own = tensor[0, :, span.start : span.stop]
    before = tensor[0, :, span.context_start : span.context_stop]
    return torch.cat([before, own], 1) if before.shape[1] else own


def _probabilities(seen: _Seen, scale: float, span: Span) -> Tensor:
    """softmax(q k') where the last tokens of k are those of q, and no query sees a later key."""
    tokens = span.stop - span.start
    scores = (seen.query @ seen.key.transpose(1, 2)).mul_(scale)
    future = torch.full((tokens, tokens), float("-inf"), dtype=scores.dtype).triu_(1)
    scores.view(scores.shape[0], -1, tokens, scores.shape[-1])[..., -tokens:] += future
    return torch.softmax(scores, -1)


def _put(tensor: Tensor, span: Span, part: Tensor) -> None:
    """Write what belongs to a span's own tokens."""
    tensor[0, :, span.start : span.stop] = part.view(tensor.shape[1], -1, tensor.shape[-1])


def _add(total: Tensor, span: Span, part: Tensor) -> None:
    """Add what belongs to a span's context and own tokens; total: (groups, tokens, size)."""
    length = span.context_stop - span.context_start
    if length:
        total[:, span.context_start : span.context_stop] += part[:, :length]
    total[:, span.start : span.stop] += part[:, length:]


_OTHERWISE = ("sliding_window", "softcap", "s_aux")  # what makes a model attend otherwise, as transformers calls it


def _attend(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    *,
    spans: tuple[Span, ...],
    **more: Any,
) -> tuple[Tensor, None]:
    if unknown := [name for name in _OTHERWISE if more.get(name) is not None]:
        raise ValueError(f"this attention knows no {', '.join(unknown)}; train the model by another method than sft")
    if mask is not None or dropout:
        raise ValueError("this attention is for batches without a mask and models without attention dropout")
    return cast(Tensor, SpanAttention.apply(query, key, value, scaling, spans)).transpose(1, 2).contiguous(), None
