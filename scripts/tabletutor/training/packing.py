"""Rows that begin alike, trained together: their common beginning is computed once and each row goes on from it.

The rows of one table all open with the same instructions and the same card, which is two fifths of their tokens. A
pack is that beginning followed by what is each row's own, a branch; a branch attends to the beginning and to itself,
at the positions it has when alone. Loss and gradients are those of the rows one by one, for fewer tokens and without
padding.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from tabletutor.records.identity import rng
from tabletutor.training.rows import EncodedRow

WINDOW = 16  # packs among which those of like length are found: enough for a few per cent, few enough to stay mixed


class Span(NamedTuple):
    """Tokens start … stop-1 of a pack, that attend to tokens context_start … context_stop-1 and, causally, to
    themselves.
    """

    context_start: int
    context_stop: int
    start: int
    stop: int


class Pack(NamedTuple):
    """A pack laid out in one line: token ids and positions, both (1, tokens), and the spans it consists of.

    `predicting` are the places (n,) whose next token is trained, `targets` (n,) these tokens.
    """

    ids: Tensor
    positions: Tensor
    spans: tuple[Span, ...]
    predicting: Tensor
    targets: Tensor


def opening(row: EncodedRow) -> int:
    """How many tokens of a row come before the first trained one."""
    return row.trained.index(True)


def alike(rows: Sequence[EncodedRow]) -> list[list[int]]:
    """Groups of row indices whose openings have more than half of their tokens in common, each index once."""
    order = sorted(range(len(rows)), key=lambda index: (rows[index].ids, index))
    groups: list[list[int]] = []
    for index in order:
        shorter = min(opening(rows[index]), opening(rows[groups[-1][-1]])) if groups else 0
        if groups and 2 * _common([rows[groups[-1][-1]], rows[index]]) > shorter:
            groups[-1].append(index)
        else:
            groups.append([index])
    return [sorted(group) for group in groups]


def epoch_batches(
    rows: Sequence[EncodedRow], groups: Sequence[Sequence[int]], pack_rows: int, batch_size: int, seed: int, epoch: int
) -> list[list[list[int]]]:
    """The batches of one epoch, each a list of packs, each a list of row indices.

    Every row once; a pack has at most `pack_rows` rows of one group, a batch at most `batch_size` rows, in an order
    drawn for the epoch. Packs of a batch are of like length, so that threads which compute one each end together. It
    follows from the arguments alone, so a resumed run sees the same batches.
    """
    source = rng(seed, "order", epoch)
    packs: list[list[int]] = []
    for group in groups:
        drawn = list(group)
        source.shuffle(drawn)
        packs += _cut(drawn, min(pack_rows, batch_size))
    source.shuffle(packs)
    tokens = [packed_tokens([rows[index] for index in chosen]) for chosen in packs]
    # the short packs, which are few, come last, so that batches fill up evenly
    order = sorted(range(len(packs)), key=lambda at: (-len(packs[at]), at // WINDOW, tokens[at]))
    batches = _filled([packs[at] for at in order], batch_size)
    source.shuffle(batches)
    return batches


def packed_tokens(rows: Sequence[EncodedRow]) -> int:
    """The tokens of these rows as one pack."""
    return sum(len(row.ids) for row in rows) - (len(rows) - 1) * _common(rows)


def ordered_packs(groups: Sequence[Sequence[int]], pack_rows: int) -> list[list[int]]:
    """All rows in packs in the order of the groups, for evaluation."""
    return [cut for group in groups for cut in _cut(group, pack_rows)]


def pack(rows: Sequence[EncodedRow]) -> Pack:
    """Lay out rows in one line.

    A beginning is shared up to the first trained token of any of them, less one, so that each row's own part holds
    all it predicts.
    """
    shared = _common(rows) if len(rows) > 1 else 0
    ids = rows[0].ids[:shared]
    positions = list(range(shared))
    spans = [Span(0, 0, 0, shared)] if shared else []
    predicting: list[int] = []
    for row in rows:
        begin = len(ids)
        spans.append(Span(0, shared, begin, begin + len(row.ids) - shared))
        ids += row.ids[shared:]
        positions += range(shared, len(row.ids))
        predicting += [begin + at - shared - 1 for at, trained in enumerate(row.trained) if trained and at > shared]
    line, places = torch.tensor(ids), torch.tensor(predicting)
    return Pack(line[None], torch.tensor(positions)[None], tuple(spans), places, line[places + 1])


def _common(rows: Sequence[EncodedRow]) -> int:
    """How many tokens all rows begin with alike, before the last one that precedes a trained token."""
    limit = max(0, min(opening(row) for row in rows) - 1)
    first = rows[0].ids
    for at in range(limit):
        if any(row.ids[at] != first[at] for row in rows[1:]):
            return at
    return limit


def _cut(group: Sequence[int], size: int) -> list[list[int]]:
    return [list(group[at : at + size]) for at in range(0, len(group), size)]


def _filled(packs: Sequence[list[int]], batch_size: int) -> list[list[list[int]]]:
    batches: list[list[list[int]]] = []
    for chosen in packs:
        if batches and sum(map(len, batches[-1])) + len(chosen) <= batch_size:
            batches[-1].append(chosen)
        else:
            batches.append([chosen])
    return batches
