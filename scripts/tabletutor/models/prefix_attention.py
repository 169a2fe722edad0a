"""Attention over tokens that all conversations of a batch begin with: their keys and values are read once for all rows.

Example: 60 questions about one table share three worked examples and the table card, 1,200 tokens. In a step of
decoding each row would read its own copy of them, which takes most of the step, because memory is slower than
arithmetic. The queries of all rows together are one matrix product with the single copy. The result is joined with the
attention over each row's own tokens by the softmax's normalisers, as flash attention joins its blocks.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

NAME = "tabletutor_prefix"

_flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu  # unlike the public function, returns normalisers


class Prefix(NamedTuple):
    """Keys and values of the common tokens: both (layers, 1, groups, tokens, size)."""

    keys: Tensor
    values: Tensor


def register_prefix_attention() -> str:
    """Make the attention known to transformers. Return its name, for `attn_implementation`.

    Without the argument `prefix`, a model with it computes what "sdpa" computes.
    """
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register(NAME, _attend)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    return NAME


def _attend(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    *,
    prefix: Prefix | None = None,
    **more: Any,
) -> tuple[Tensor, None]:
    """Return the attention of `query` (rows, heads, new, size) over the prefix and over the rows' own `key` and `value`
    (rows, groups, seen, size), as (rows, new, heads, size). `mask` is (rows, 1, new, seen); without one, attention
    over a row's own tokens is causal.
    """
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    if prefix is None:
        return sdpa_attention_forward(module, query, key, value, mask, dropout=dropout, scaling=scaling, **more)
    rows, heads, new, size = query.shape
    groups = key.shape[1]
    folded = query.reshape(rows, groups, -1, size)  # query heads of a group become further queries of its one head
    if mask is None:
        mask = torch.ones(new, new, dtype=torch.bool).tril().expand(1, 1, new, new)
    added = torch.zeros(mask.shape, dtype=query.dtype).masked_fill_(~mask, float("-inf"))
    own, own_norm = _flash(folded, key, value, attn_mask=added.repeat(1, 1, heads // groups, 1), scale=scaling)
    together = folded.transpose(0, 1).reshape(1, groups, -1, size)
    layer = module.layer_idx
    common, common_norm = _flash(together, prefix.keys[layer], prefix.values[layer], scale=scaling)
    common = common.view(groups, rows, -1, size).transpose(0, 1)
    common_norm = common_norm.view(groups, rows, -1).transpose(0, 1)
    share = torch.sigmoid(common_norm - own_norm).unsqueeze(-1)
    output = torch.lerp(own.float(), common.float(), share).to(query.dtype)
    return output.view(rows, heads, new, size).transpose(1, 2).contiguous(), None
