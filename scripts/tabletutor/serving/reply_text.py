"""The text of a reply that grows token by token, in pieces that are final, up to the first stop string."""

from collections.abc import Sequence

from tabletutor.models.chat import Tokenizer

UNFINISHED = "\ufffd"  # the end of a text whose last character lacks tokens


class ReplyText:
    """The text of a reply. Its pieces, joined, are the text of all tokens, cut before the first of `stops`.

    A character of several tokens is returned once it is complete. Text that could begin a stop string is returned once
    it does not. Only the last tokens are decoded again, so the work does not grow with the length of the reply.

    Attributes:
        stopped: Whether a stop string was found. Nothing is returned after it.
    """

    def __init__(self, tokenizer: Tokenizer, stops: Sequence[str]) -> None:
        self._tokenizer = tokenizer
        self._stops = stops
        self._tokens: list[int] = []
        # Tokens before `_start` are not decoded again. Those from there to `_decoded` are the context of the next ones,
        # because some tokenizers decode the first token of a text without its space.
        self._start = self._decoded = 0
        self._text = ""
        self._returned = 0
        self.stopped = False

    def extend(self, tokens: Sequence[int]) -> str:
        """Add tokens; return the text that is final now and was not returned before."""
        if self.stopped:
            return ""
        self._tokens += tokens
        added = self._undecoded()
        if added and not added.endswith(UNFINISHED):
            self._append(added)
        return self._piece(len(self._text) if self.stopped else len(self._text) - self._held())

    def finish(self) -> str:
        """Return the rest of the text, after the last token."""
        if not self.stopped and (added := self._undecoded()):
            self._append(added)
        return self._piece(len(self._text))

    def _undecoded(self) -> str:
        return self._decode(self._tokens[self._start :])[len(self._decode(self._tokens[self._start : self._decoded])) :]

    def _decode(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=False, clean_up_tokenization_spaces=False))

    def _append(self, added: str) -> None:
        self._start, self._decoded = self._decoded, len(self._tokens)
        first = len(self._text) - max((len(stop) - 1 for stop in self._stops), default=0)
        self._text += added
        found = [place for stop in self._stops if (place := self._text.find(stop, max(0, first))) >= 0]
        if found:
            self._text = self._text[: min(found)]
            self.stopped = True

    def _held(self) -> int:
        """Return the length of the longest end of the text that could begin a stop string."""
        parts = [stop[:length] for stop in self._stops for length in range(1, len(stop))]
        return max((len(part) for part in parts if self._text.endswith(part)), default=0)

    def _piece(self, end: int) -> str:
        piece = self._text[self._returned : end]
        self._returned = max(self._returned, end)
        return piece
