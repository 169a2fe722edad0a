"""A key-value cache for many conversations of different lengths, which lasts across turns.

Row i of the store is one conversation; its tokens occupy positions 0 … length-1 without padding. Running conversations
occupy the first rows, so that the common step (one token for each) works on a view and copies nothing. Tokens that all
conversations begin with are held once, outside the rows (`prefix_attention.py`).
"""

from typing import Any

import torch
from torch import Tensor

from tabletutor.models.load import Model
from tabletutor.models.prefix_attention import Prefix

ROOM = 128  # positions by which the store grows


class ConversationCache:
    """The `past_key_values` of a transformers decoder, for forward passes over chosen rows.

    `open` prepares a pass over some rows, the model calls `update` for each layer, and `close` records the new lengths.
    """

    is_compileable = False

    def __init__(self, model: Model, rows: int) -> None:
        config: Any = model.config
        heads = int(config.num_key_value_heads)
        size = int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)
        self._shape = (int(config.num_hidden_layers), 2, rows, heads, size)
        self._store = torch.zeros((*self._shape[:4], 0, size), dtype=model.dtype)
        self.lengths = torch.zeros(rows, dtype=torch.long)  # of each row's own tokens, without the prefix
        self.prefix: Prefix | None = None
        self.prefix_length = 0
        self._rows: Tensor | None = None
        self._count = 0
        self._start = torch.zeros(0, dtype=torch.long)
        self._new = 0
        self._seen = 0

    def open(self, rows: list[int], new: int) -> tuple[Tensor, Tensor | None]:
        """Prepare a forward pass that appends up to `new` tokens to each of `rows`.

        Returns position ids (rows, new) and the attention mask over the rows' own tokens (rows, 1, new, seen). The mask
        is None if all rows are empty, where a causal mask is right.
        """
        first = rows == list(range(len(rows)))
        self._rows = None if first else torch.tensor(rows)
        self._count, self._new = len(rows), new
        self._start = self.lengths[rows] if self._rows is None else self.lengths[self._rows]
        self._seen = int(self._start.max()) + new
        self._grow(self._seen)
        places = self._start.unsqueeze(1) + torch.arange(new)
        positions = places + self.prefix_length
        if not bool(self._start.any()):
            return positions, None
        mask = torch.arange(self._seen) <= places.unsqueeze(2)
        return positions, mask.unsqueeze(1)

    def close(self, added: list[int]) -> None:
        """Record how many tokens were added to each row of the pass. Padding after them is overwritten later."""
        self.lengths[torch.arange(self._count) if self._rows is None else self._rows] = self._start + torch.tensor(
            added
        )

    def hold(self, row: int) -> None:
        """Make the tokens of `row` the prefix of all rows, which must be empty otherwise, and empty the row."""
        length = int(self.lengths[row])
        kept = self._store[:, :, row : row + 1, :, :length].clone()
        self.prefix, self.prefix_length = Prefix(kept[:, 0], kept[:, 1]), length
        self.lengths[row] = 0

    def move(self, source: int, target: int) -> None:
        """Copy the conversation in row `source` over row `target`."""
        length = int(self.lengths[source])
        self._store[:, :, target, :, :length] = self._store[:, :, source, :, :length]
        self.lengths[target] = self.lengths[source]

    def swap(self, one: int, other: int) -> None:
        """Exchange two rows."""
        length = int(max(self.lengths[one], self.lengths[other]))
        copy = self._store[:, :, one, :, :length].clone()
        self._store[:, :, one, :, :length] = self._store[:, :, other, :, :length]
        self._store[:, :, other, :, :length] = copy
        self.lengths[[one, other]] = self.lengths[[other, one]]

    def _grow(self, positions: int) -> None:
        size = self._store.shape[4]
        if positions > size:
            larger = torch.zeros(
                (*self._shape[:4], -(-positions // ROOM) * ROOM, self._shape[4]), dtype=self._store.dtype
            )
            larger[:, :, :, :, :size] = self._store
            self._store = larger

    # The methods that transformers' models call.

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Return 0: the model gets positions and mask explicitly, so the value is not used."""
        return 0

    def get_query_offset(self, layer_idx: int = 0) -> int:
        """Return the position of the first new token in a pass without a mask, where every row starts empty."""
        return 0

    def get_mask_sizes(self, query_length: int, layer_idx: int = 0) -> tuple[int, int]:
        """Return the length and offset of the keys in a pass without a mask."""
        return query_length, 0

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *_: Any, **__: Any
    ) -> tuple[Tensor, Tensor]:
        """Store a layer's new keys and values (rows, heads, new, size); return all keys and values of the pass."""
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
