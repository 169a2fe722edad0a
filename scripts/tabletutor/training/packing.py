"""Packing of rows with a common prefix: the prefix is computed once for all rows of a pack.

All rows of a table begin with the same instructions and table card, which is two fifths of their tokens. A pack is this
prefix, followed by the rest of each row as a branch. A branch attends to the prefix and to itself, at the positions
that it has in its row. Loss and gradients equal those of the separate rows, with fewer tokens and without padding.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from tabletutor.records.identity import rng
from tabletutor.training.rows import EncodedRow

WINDOW = 16  # packs that are sorted by length together: lengths in a batch differ by few per cent, order stays random


class Span(NamedTuple):
    """Tokens start … stop-1 of a pack; they attend to context_start … context_stop-1, and causally to each other."""

    context_start: int
    context_stop: int
    start: int
    stop: int


class Pack(NamedTuple):
    """A pack as one sequence: token ids and positions, both (1, tokens), and its spans.

    `predicting` (n,) are the indices of tokens whose next token is trained, and `targets` (n,) are these next tokens.
    """

    ids: Tensor
    positions: Tensor
    spans: tuple[Span, ...]
    predicting: Tensor
    targets: Tensor


def opening_length(row: EncodedRow) -> int:
    """Return the number of tokens before the first trained token of a row."""
    return row.trained.index(True)


def group_by_prefix(rows: Sequence[EncodedRow]) -> list[list[int]]:
    """Group row indices by common prefix: openings in a group share more than half of their tokens. Each index is in
    one group.
    """
    order = sorted(range(len(rows)), key=lambda index: (rows[index].ids, index))
    groups: list[list[int]] = []
    for index in order:
        shorter = min(opening_length(rows[index]), opening_length(rows[groups[-1][-1]])) if groups else 0
        if groups and 2 * _common_prefix([rows[groups[-1][-1]], rows[index]]) > shorter:
            groups[-1].append(index)
        else:
            groups.append([index])
    return [sorted(group) for group in groups]


def epoch_batches(
    rows: Sequence[EncodedRow], groups: Sequence[Sequence[int]], pack_rows: int, batch_size: int, seed: int, epoch: int
) -> list[list[list[int]]]:
    """Return the batches of one epoch; a batch is a list of packs, and a pack a list of row indices.

    Every row occurs once. A pack has at most `pack_rows` rows of one group, a batch at most `batch_size` rows. Packs in
    a batch have similar lengths, so that threads which compute one pack each finish together. The order is random, but
    depends on the arguments alone, so a resumed run gets the same batches.
    """
    source = rng(seed, "order", epoch)
    packs: list[list[int]] = []
    for group in groups:
        shuffled = list(group)
        source.shuffle(shuffled)
        packs += _chunks(shuffled, min(pack_rows, batch_size))
    source.shuffle(packs)
    tokens = [packed_tokens([rows[index] for index in chosen]) for chosen in packs]
    # packs with fewer rows, which are rare, come last, so that batches fill evenly
    order = sorted(range(len(packs)), key=lambda at: (-len(packs[at]), at // WINDOW, tokens[at]))
    batches = _fill([packs[at] for at in order], batch_size)
    source.shuffle(batches)
    return batches


def packed_tokens(rows: Sequence[EncodedRow]) -> int:
    """Return the number of tokens of these rows in one pack."""
    return sum(len(row.ids) for row in rows) - (len(rows) - 1) * _common_prefix(rows)


def ordered_packs(groups: Sequence[Sequence[int]], pack_rows: int) -> list[list[int]]:
    """Return packs of at most `pack_rows` rows in the order of the groups, for evaluation."""
    return [chunk for group in groups for chunk in _chunks(group, pack_rows)]


def pack(rows: Sequence[EncodedRow]) -> Pack:
    """Lay out rows as one sequence.

    The shared prefix ends one token before the first trained token of any row, so that each branch contains all tokens
    from which its row predicts.
    """
    shared = _common_prefix(rows) if len(rows) > 1 else 0
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


def _common_prefix(rows: Sequence[EncodedRow]) -> int:
    """Return the length of the rows' common prefix, which ends before the first token that predicts a trained one."""
    limit = max(0, min(opening_length(row) for row in rows) - 1)
    first = rows[0].ids
    for at in range(limit):
        if any(row.ids[at] != first[at] for row in rows[1:]):
            return at
    return limit


def _chunks(group: Sequence[int], size: int) -> list[list[int]]:
    return [list(group[at : at + size]) for at in range(0, len(group), size)]


def _fill(packs: Sequence[list[int]], batch_size: int) -> list[list[list[int]]]:
    batches: list[list[list[int]]] = []
    for chosen in packs:
        if batches and sum(map(len, batches[-1])) + len(chosen) <= batch_size:
            batches[-1].append(chosen)
        else:
            batches.append([chosen])
    return batches
