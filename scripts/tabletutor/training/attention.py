"""Attention for packed rows on a CPU: plain matrix products over spans, forward and backward.

A span attends fully to its context and causally to itself (`packing.py`). PyTorch's fused attention would need a mask
over all pairs of tokens, and on the measured CPU its backward pass takes seven times as long as its forward pass
(`docs/training.md`).
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor

from tabletutor.models import prefix_attention
from tabletutor.models.load import Model
from tabletutor.training.packing import Span

NAME = "tabletutor_spans"


class _SpanView(NamedTuple):
    """One span's queries (groups, heads per group x tokens, size), and the keys and values of its context and its own
    tokens (groups, tokens, size).
    """

    query: Tensor
    key: Tensor
    value: Tensor


class SpanAttention(torch.autograd.Function):
    """Attention of query (1, heads, tokens, size) to key and value (1, groups, tokens, size) within spans.

    The spans must cover every token once. Gradients of keys and values are summed in float32 and rounded once.
    """

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, scale: float, spans: tuple[Span, ...]) -> Tensor:  # type: ignore[override]
        output = torch.empty_like(query)
        saved: list[Tensor] = []
        for span, view in _span_views(query, key, value, spans):
            probabilities = _probabilities(view, scale, span)
            _put(output, span, probabilities @ view.value)
            saved.append(probabilities)
        ctx.save_for_backward(query, key, value, *saved)
        ctx.scale, ctx.spans = scale, spans
        return output

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:  # type: ignore[override]
        query, key, value, *saved = cast("tuple[Tensor, ...]", ctx.saved_tensors)
        grad_query = torch.empty_like(query)
        grad_key, grad_value = (torch.zeros(key.shape[1:], dtype=torch.float32) for _ in range(2))
        spans = cast("tuple[Span, ...]", ctx.spans)
        for (span, view), probabilities in zip(_span_views(query, key, value, spans), saved, strict=True):
            inward = _queries(outputs[0], key.shape[1], span)
            _add(grad_value, span, probabilities.transpose(1, 2) @ inward)
            slope = inward @ view.value.transpose(1, 2)
            scores = torch._softmax_backward_data(slope, probabilities, -1, slope.dtype)  # pyright: ignore
            scores.mul_(ctx.scale)
            _add(grad_key, span, scores.transpose(1, 2) @ view.query)
            _put(grad_query, span, scores @ view.key)
        return grad_query, grad_key[None].to(key.dtype), grad_value[None].to(value.dtype), None, None


def use_spans(model: Model) -> None:
    """Make `model` use `SpanAttention`. Its decoder then requires the argument `spans` with each batch."""
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, _attend)
    model.set_attn_implementation(NAME)


@contextmanager
def without_spans(model: Model) -> Generator[None]:
    """Context manager: switch `model` back to the attention it was loaded with, for decoding with a cache."""
    model.set_attn_implementation(prefix_attention.NAME)
    try:
        yield
    finally:
        model.set_attn_implementation(NAME)


def _span_views(query: Tensor, key: Tensor, value: Tensor, spans: Sequence[Span]) -> Iterator[tuple[Span, _SpanView]]:
    for span in spans:
        yield span, _SpanView(_queries(query, key.shape[1], span), _context(key, span), _context(value, span))


def _queries(tensor: Tensor, groups: int, span: Span) -> Tensor:
    return tensor[0, :, span.start : span.stop].reshape(groups, -1, tensor.shape[-1])


def _context(tensor: Tensor, span: Span) -> Tensor:
    own = tensor[0, :, span.start : span.stop]
    before = tensor[0, :, span.context_start : span.context_stop]
    return torch.cat([before, own], 1) if before.shape[1] else own


def _probabilities(view: _SpanView, scale: float, span: Span) -> Tensor:
    """Return softmax(scale q k'), causal over the span's own tokens, which are the last ones of the keys."""
    tokens = span.stop - span.start
    scores = (view.query @ view.key.transpose(1, 2)).mul_(scale)
    future = torch.full((tokens, tokens), float("-inf"), dtype=scores.dtype).triu_(1)
    scores.view(scores.shape[0], -1, tokens, scores.shape[-1])[..., -tokens:] += future
    return torch.softmax(scores, -1)


def _put(tensor: Tensor, span: Span, part: Tensor) -> None:
    """Write `part` to the span's own tokens of `tensor`."""
    tensor[0, :, span.start : span.stop] = part.view(tensor.shape[1], -1, tensor.shape[-1])


def _add(total: Tensor, span: Span, part: Tensor) -> None:
    """Add `part` to the span's context and own tokens of `total` (groups, tokens, size)."""
    length = span.context_stop - span.context_start
    if length:
        total[:, span.context_start : span.context_stop] += part[:, :length]
    total[:, span.start : span.stop] += part[:, length:]


_UNSUPPORTED = ("sliding_window", "softcap", "s_aux")  # transformers' options for other kinds of attention


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
    if unknown := [name for name in _UNSUPPORTED if more.get(name) is not None]:
        raise ValueError(f"sft does not support a model with {', '.join(unknown)}; use another training method")
    if mask is not None or dropout:
        raise ValueError("sft does not support batches with an attention mask or models with attention dropout")
    return cast(Tensor, SpanAttention.apply(query, key, value, scaling, spans)).transpose(1, 2).contiguous(), None
