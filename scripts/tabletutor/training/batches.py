"""Which rows a step sees: a function of the step alone, so that a run that is resumed sees the same."""

import functools

from tabletutor.config.training import SftConfig
from tabletutor.training.packing import Pack, alike, epoch_batches, pack, packed_tokens
from tabletutor.training.rows import EncodedRow


class Order:
    """The batches of a run, by step (from 1)."""

    def __init__(self, rows: list[EncodedRow], config: SftConfig, seed: int) -> None:
        self._rows = rows
        groups = alike(rows)
        self._draw = functools.cache(
            lambda epoch: epoch_batches(rows, groups, config.pack_rows, config.batch_size, seed, epoch)
        )
        self.batches_per_epoch = len(self._draw(0))

    def batch(self, step: int) -> list[Pack]:
        """The packs of `step`."""
        return [pack(rows) for rows in self._drawn(step)]

    def tokens(self, step: int) -> int:
        """The tokens that `step` computes."""
        return sum(packed_tokens(rows) for rows in self._drawn(step))

    def row_tokens(self, step: int) -> int:
        """The tokens of the rows that `step` sees, each row counted whole."""
        return sum(len(row.ids) for rows in self._drawn(step) for row in rows)

    def _drawn(self, step: int) -> list[list[EncodedRow]]:
        epoch, at = divmod(step - 1, self.batches_per_epoch)
        return [[self._rows[index] for index in chosen] for chosen in self._draw(epoch)[at]]
