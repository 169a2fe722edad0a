"""Keys and values of many conversations, each at its own length, kept from turn to turn.

Row i of the store is one conversation; its tokens stand at positions 0 … length-1 without any padding. Live rows are
the first ones, so that the common step (one token for each) works on a view and copies nothing.
"""

from typing import Any

import torch
from torch import Tensor

from tabletutor.models.load import Model

ROOM = 128  # positions the store grows by


class ConversationCache:
    """What a transformers decoder needs as `past_key_values`, for a forward pass over chosen rows."""

    is_compileable = False

    def __init__(self, model: Model, rows: int) -> None:
        config: Any = model.config
        heads = int(config.num_key_value_heads)
        size = int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)
        self._shape = (int(config.num_hidden_layers), 2, rows, heads, size)
        self._store = torch.zeros((*self._shape[:4], 0, size), dtype=model.dtype)
        self.lengths = torch.zeros(rows, dtype=torch.long)
        self._rows: Tensor | None = None
        self._count = 0
        self._start = torch.zeros(0, dtype=torch.long)
        self._new = 0
        self._seen = 0

    def open(self, rows: list[int], new: int) -> tuple[Tensor, Tensor | None]:
        """Prepare a pass that appends up to `new` tokens to each of `rows`.

        Returns position ids (rows, new) and the attention mask (rows, 1, new, seen), None where plain causality holds.
        """
        first = rows == list(range(len(rows)))
        self._rows = None if first else torch.tensor(rows)
        self._count, self._new = len(rows), new
        self._start = self.lengths[rows] if self._rows is None else self.lengths[self._rows]
        self._seen = int(self._start.max()) + new
        self._grow(self._seen)
        positions = self._start.unsqueeze(1) + torch.arange(new)
        if not bool(self._start.any()):
            return positions, None
        mask = torch.arange(self._seen) <= positions.unsqueeze(2)
        return positions, mask.unsqueeze(1)

    def close(self, added: list[int]) -> None:
        """Count the tokens really added to each row of the pass; what was padding is written over later."""
        self.lengths[torch.arange(self._count) if self._rows is None else self._rows] = self._start + torch.tensor(
            added
        )

    def move(self, source: int, target: int) -> None:
        """Copy the conversation in row `source` over row `target`."""
        length = int(self.lengths[source])
        self._store[:, :, target, :, :length] = self._store[:, :, source, :, :length]
        self.lengths[target] = self.lengths[source]

    def swap(self, one: int, other: int) -> None:
        """Exchange two rows."""
        length = int(max(self.lengths[one], self.lengths[other]))
        kept = self._store[:, :, one, :, :length].clone()
        self._store[:, :, one, :, :length] = self._store[:, :, other, :, :length]
        self._store[:, :, other, :, :length] = kept
        self.lengths[[one, other]] = self.lengths[[other, one]]

    def _grow(self, positions: int) -> None:
        held = self._store.shape[4]
        if positions > held:
            larger = torch.zeros(
                (*self._shape[:4], -(-positions // ROOM) * ROOM, self._shape[4]), dtype=self._store.dtype
            )
            larger[:, :, :, :, :held] = self._store
            self._store = larger

    # What transformers' models call.

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Tokens seen before this pass; the model is told positions and mask, so it does not matter."""
        return 0

    def get_query_offset(self, layer_idx: int = 0) -> int:
        """Position of the first new token where no mask is given: such a pass starts every conversation."""
        return 0

    def get_mask_sizes(self, query_length: int, layer_idx: int = 0) -> tuple[int, int]:
        """Length and offset of what is looked at where no mask is given."""
        return query_length, 0

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *_: Any, **__: Any
    ) -> tuple[Tensor, Tensor]:
        """Store the new keys and values (rows, heads, new, size) of a layer; returns all the pass may look at."""
        keys, values = self._store[layer_idx, 0], self._store[layer_idx, 1]
        rows = torch.arange(self._count) if self._rows is None else self._rows
        if self._new == 1:
            keys[rows, :, self._start] = key_states[:, :, 0]
            values[rows, :, self._start] = value_states[:, :, 0]
        else:
            for index, row in enumerate(rows.tolist()):
                start = int(self._start[index])
                keys[row, :, start : start + self._new] = key_states[index]
                values[row, :, start : start + self._new] = value_states[index]
        if not bool(self._start.any()):
            return key_states, value_states
        if self._rows is None:
            return keys[: self._count, :, : self._seen], values[: self._count, :, : self._seen]
        return keys[self._rows, :, : self._seen], values[self._rows, :, : self._seen]
