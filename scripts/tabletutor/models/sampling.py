"""Choose tokens at random, with a temperature and a nucleus (top p) for each row."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor


def sample_tokens(
    logits: Tensor, temperatures: Sequence[float], top_ps: Sequence[float], points: Sequence[float]
) -> list[int]:
    """Return a token for each row of `logits` (rows, vocabulary).

    `points` are numbers in [0, 1) that decide where in the cumulated probabilities a row's token lies. Tokens are
    cumulated in the order of their ids. A row whose `top_ps` is below 1 only takes tokens of its nucleus: the
    likeliest tokens, as few as have that probability together.
    """
    chances = torch.softmax(logits.float() / torch.tensor(temperatures).unsqueeze(1), -1)
    if min(top_ps) < 1:
        chances = _nucleus(chances, torch.tensor(top_ps).unsqueeze(1))
    sums = chances.cumsum(-1)
    # Above 0, so that a row's first tokens are not taken if they have no chance.
    places = (torch.tensor(points).unsqueeze(1) * sums[:, -1:]).clamp_(min=torch.finfo(sums.dtype).tiny)
    chosen = torch.searchsorted(sums, places).squeeze(1)
    return cast("list[int]", chosen.clamp_(max=logits.shape[-1] - 1).tolist())


def _nucleus(chances: Tensor, top_ps: Tensor) -> Tensor:
    """Return `chances` with 0 for all tokens outside the nucleus; of equally likely tokens the smallest id is first."""
    ranked, ids = torch.sort(chances, dim=-1, descending=True, stable=True)
    before = ranked.cumsum(-1) - ranked
    outside = (before >= top_ps) & (top_ps < 1)
    outside[:, 0] = False
    return torch.where(torch.zeros_like(outside).scatter_(1, ids, outside), 0.0, chances)
