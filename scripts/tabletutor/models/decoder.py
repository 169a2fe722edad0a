"""Batched decoding: many conversations at once, turn by turn, with a key-value cache that lasts across turns.

A conversation is fed tokens (its prompt, later an observation). It is then decoded one token per step, together with
all other conversations that are in a turn. Others can join between two steps. Batches depend on tokens only, never on
the clock, so the same set of conversations always gives the same bytes. A different set may round differently.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from random import Random
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor

from tabletutor.models.chat import Tokenizer
from tabletutor.models.kv_cache import ConversationCache
from tabletutor.models.load import Model
from tabletutor.models.parse import closes_block
from tabletutor.models.sampling import sample_tokens

LOOP_SPAN = 48  # tokens at the end of a turn that are tested for a loop
LOOP_PERIOD = 12  # tokens of the repeated phrase, at most
LOOP_STRIDE = 8  # tokens between two tests
PREFILL_TOKENS = 8192  # tokens of one forward pass over prompts, with padding


def is_looping(turn: Sequence[int]) -> bool:
    """Return whether the last `LOOP_SPAN` tokens of a turn repeat one phrase of at most `LOOP_PERIOD` tokens.

    Greedy decoding never leaves such a loop, so the turn can end there.
    """
    if len(turn) < LOOP_SPAN or len(turn) % LOOP_STRIDE:
        return False
    last = turn[-LOOP_SPAN:]
    return any(last[period:] == last[:-period] for period in range(1, LOOP_PERIOD + 1))


class DecodeLimits(NamedTuple):
    """Limits in tokens for a turn and for a whole conversation, and how tokens are chosen.

    Temperature 0 is greedy decoding. With `top_p` below 1, only the likeliest tokens with that probability together
    are sampled. A turn ends when its code block is closed, because text after it is not run. With `whole_turns` it
    continues to its stop token.
    """

    max_new_tokens: int
    max_context: int
    temperature: float = 0.0
    whole_turns: bool = False
    top_p: float = 1.0


class DecodedTurn(NamedTuple):
    """A finished assistant turn.

    `key` is its conversation, `text` excludes the stop token, and `tokens` is the number of tokens of the text.
    `chosen` are all ids that were decoded: those of the text, and the stop token if one ended the turn.
    """

    key: int
    text: str
    tokens: int
    chosen: tuple[int, ...] = ()


@dataclass
class _Conversation:
    """An open conversation: its row in the cache, its tokens that are not in the cache yet, and its current turn."""

    key: int
    row: int
    source: Random | None
    limits: DecodeLimits
    running: bool = False
    unfed: list[int] = field(default_factory=list[int])
    turn: list[int] = field(default_factory=list[int])


class Decoder:
    """Decodes up to `rows` conversations together.

    Conversations that are in a turn occupy the first rows of the cache; the rows after them are waiting.
    """

    def __init__(self, model: Model, tokenizer: Tokenizer, rows: int, limits: DecodeLimits) -> None:
        self._base = model.get_decoder()
        self._head = model.get_output_embeddings()
        self._tokenizer = tokenizer
        self._limits = limits
        self._cache = ConversationCache(model, rows)
        self._rows: list[_Conversation] = []
        self._running = 0
        self._finished: list[DecodedTurn] = []
        self._stops = {int(token) for token in tokenizer.all_special_ids}
        pieces: Any = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
        self._fences = {index for index, piece in enumerate(pieces) if piece and ("`" in piece or "~" in piece)}

    def room(self, key: int) -> int:
        """Return how many more tokens the context of a conversation can take."""
        live = self._find(key)
        return self._free(live) - len(live.unfed)

    @torch.no_grad()
    def begin(
        self, key: int, ids: Sequence[int], source: Random | None = None, limits: DecodeLimits | None = None
    ) -> None:
        """Add a conversation whose prompt is `ids`; `feed` starts its first turn. Sampling draws from `source`.
        Without `limits` of its own, the conversation has those of the decoder.
        """
        self._rows.append(_Conversation(key, len(self._rows), source, limits or self._limits, unfed=list(ids)))
        self._cache.lengths[len(self._rows) - 1] = 0

    @torch.no_grad()
    def share_all(self) -> None:
        """Compute the common beginning of all prompts once and hold it once. All conversations must be new, and none
        can be added later.
        """
        if self._compute_common(self._rows):
            self._cache.hold(self._rows[0].row)

    @torch.no_grad()
    def share(self, keys: Sequence[int]) -> None:
        """Compute the common beginning of these new conversations' prompts once, and copy it to all of them."""
        chosen = [self._find(key) for key in keys]
        if self._compute_common(chosen):
            for live in chosen[1:]:
                self._cache.move(chosen[0].row, live.row)

    def observe(self, key: int, ids: Sequence[int]) -> None:
        """Append the tokens that follow a finished turn, from its stop token on."""
        self._find(key).unfed += ids

    @torch.no_grad()
    def feed(self, keys: Sequence[int]) -> None:
        """Start the next turn of these waiting conversations: prefill their new tokens and decode a first token."""
        waiting = sorted((self._find(key) for key in keys), key=lambda live: (-len(live.unfed), live.key))
        while waiting:
            count = max(1, PREFILL_TOKENS // len(waiting[0].unfed))
            batch, waiting = waiting[:count], waiting[count:]
            for live in batch:
                self._place(live, self._running)
                self._running += 1
                live.running = True
                live.turn = []
            batch.sort(key=lambda live: live.row)
            self._advance(batch)

    @torch.no_grad()
    def decode(self, wanted: int) -> list[DecodedTurn]:
        """Decode until at least `wanted` turns have finished or none is running; return all turns that have finished
        since the last call.
        """
        while self._running and len(self._finished) < wanted:
            self._advance(self._rows[: self._running])
        done, self._finished = self._finished, []
        return sorted(done)

    @torch.no_grad()
    def step(self) -> list[DecodedTurn]:
        """Decode one token of each running turn; return all turns that have finished since the last call."""
        if self._running:
            self._advance(self._rows[: self._running])
        return self.decode(0)

    def turn(self, key: int) -> Sequence[int]:
        """Return the tokens of a conversation's current or last turn so far, without a stop token."""
        return self._find(key).turn

    def end(self, key: int) -> None:
        """Remove a conversation and free its row, even in the middle of a turn."""
        live = self._find(key)
        if live.running:
            self._pause(live)
        last = self._rows[-1]
        if live is not last:
            self._cache.move(last.row, live.row)
            last.row = live.row
            self._rows[live.row] = last
        self._rows.pop()

    def _compute_common(self, chosen: list[_Conversation]) -> bool:
        """Move the tokens with which all of `chosen` begin into the cache, in the row of the first; return whether
        there are any. The last token of a prompt stays, because the first token of its turn is decoded from it.
        """
        columns = zip(*(live.unfed[:-1] for live in chosen), strict=False)
        shared = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))
        if len(chosen) < 2 or not shared:
            return False
        first = chosen[0]
        positions, mask = self._cache.open([first.row], shared)
        self._read(torch.tensor([first.unfed[:shared]]), positions, mask)
        self._cache.close([shared])
        for live in chosen:
            del live.unfed[:shared]
        return True

    def _free(self, live: _Conversation) -> int:
        """Return how many tokens the context of a conversation can take beside those in the cache."""
        return live.limits.max_context - self._cache.prefix_length - int(self._cache.lengths[live.row])

    def _find(self, key: int) -> _Conversation:
        return next(live for live in self._rows if live.key == key)

    def _place(self, live: _Conversation, row: int) -> None:
        """Move a conversation to `row`, exchanging it with the conversation in that row."""
        other = self._rows[row]
        if other is not live:
            self._cache.swap(live.row, row)
            self._rows[live.row], self._rows[row] = other, live
            live.row, other.row = row, live.row

    def _advance(self, batch: list[_Conversation]) -> None:
        """Run one forward pass over the unfed tokens of `batch` and choose the next token of each conversation."""
        counts = [len(live.unfed) for live in batch]
        longest = max(counts)
        ids = torch.zeros((len(batch), longest), dtype=torch.long)
        for index, live in enumerate(batch):
            ids[index, : counts[index]] = torch.tensor(live.unfed)
        positions, mask = self._cache.open([live.row for live in batch], longest)
        hidden = self._read(ids, positions, mask)
        self._cache.close(counts)
        last = hidden[torch.arange(len(batch)), torch.tensor(counts) - 1]
        logits = cast(Tensor, self._head(last))
        tokens = self._choose(logits, batch)
        for live in [live for live, token in zip(batch, tokens, strict=True) if self._accept(live, token)]:
            self._pause(live)

    def _pause(self, live: _Conversation) -> None:
        """Move a conversation from the rows of running turns to those of waiting ones."""
        live.running = False
        self._running -= 1
        self._place(live, self._running)

    def _read(self, ids: Tensor, positions: Tensor, mask: Tensor | None) -> Tensor:
        """Return the hidden states (rows, new, width) of the tokens for which the cache was opened."""
        prefix = {"prefix": self._cache.prefix} if self._cache.prefix else {}
        output = self._base(
            input_ids=ids,
            position_ids=positions,
            attention_mask=mask,
            past_key_values=self._cache,
            use_cache=True,
            **prefix,
        )
        return cast(Tensor, output.last_hidden_state)

    def _accept(self, live: _Conversation, token: int) -> bool:
        """Add a token to the turn; return whether the turn has ended, by a stop token, a closed code block, a loop or
        a limit.
        """
        live.unfed = []
        stops = token in self._stops
        if not stops:
            live.turn.append(token)
            live.unfed = [token]
            text = self._text(live) if token in self._fences and not live.limits.whole_turns else ""
            full = len(live.turn) >= live.limits.max_new_tokens or self._free(live) <= 1
            if not (full or closes_block(text) or is_looping(live.turn)):
                return False
        chosen = (*live.turn, *([token] if stops else []))
        self._finished.append(DecodedTurn(live.key, self._text(live), len(live.turn), chosen))
        return True

    def _text(self, live: _Conversation) -> str:
        return str(self._tokenizer.decode(live.turn, skip_special_tokens=False, clean_up_tokenization_spaces=False))

    def _choose(self, logits: Tensor, batch: list[_Conversation]) -> list[int]:
        """Return the next token for each row of `logits` (rows, vocabulary); ties go to the smallest id."""
        tokens = cast("list[int]", logits.max(-1).indices.tolist())
        if sampled := [index for index, live in enumerate(batch) if live.limits.temperature > 0]:
            chosen = [batch[index] for index in sampled]
            drawn = sample_tokens(
                logits[sampled],
                [live.limits.temperature for live in chosen],
                [live.limits.top_p for live in chosen],
                [live.source.random() if live.source else 0.5 for live in chosen],
            )
            for index, token in zip(sampled, drawn, strict=True):
                tokens[index] = token
        return tokens
