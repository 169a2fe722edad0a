"""Turns that a local model generates, with the batched decoder of `models/decoder.py`."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from tabletutor.models.chat import Tokenizer, continuation_ids, opening_ids
from tabletutor.models.decoder import Decoder
from tabletutor.models.prompt import Message
from tabletutor.students.rollout import FinishedTurn, Opening


class DecoderTurns:
    """The `TurnGenerator` of a local model. Tokens that prompts begin with in common are computed once."""

    def __init__(self, decoder: Decoder, tokenizer: Tokenizer) -> None:
        self._decoder = decoder
        self._tokenizer = tokenizer
        self._openings: Mapping[int, Opening] = {}

    def begin(self, openings: Mapping[int, Opening]) -> None:
        """Add these conversations, and compute what all prompts, and the prompts about one table, have in common."""
        self._openings = openings
        for key, opening in openings.items():
            self._decoder.begin(key, opening_ids(self._tokenizer, opening.messages), opening.source)
        self._decoder.share_all()

        def table(key: int) -> str:
            return openings[key].table

        for _, keys in groupby(sorted(openings, key=lambda key: (table(key), key)), key=table):
            self._decoder.share(list(keys))

    def feed(self, keys: Sequence[int]) -> None:
        """Start the next turn of waiting conversations."""
        self._decoder.feed(keys)

    def finished(self, wanted: int) -> list[FinishedTurn]:
        """Decode until at least `wanted` turns have finished, or none is running; return them."""
        return [FinishedTurn(turn.key, turn.text, turn.tokens) for turn in self._decoder.decode(wanted)]

    def observe(self, key: int, reply: Message) -> None:
        """Append the tokens of a reply, and those that open the next turn."""
        self._decoder.observe(key, continuation_ids(self._tokenizer, self._openings[key].messages, reply))

    def room(self, key: int) -> int:
        """Return how many tokens the context of a conversation can still take."""
        return self._decoder.room(key)

    def end(self, key: int) -> None:
        """Remove a waiting conversation."""
        self._decoder.end(key)
