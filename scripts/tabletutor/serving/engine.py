"""A thread that owns a model and decodes all open replies together. Replies join and leave between two steps."""

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Literal, NamedTuple

from tabletutor.models.chat import Tokenizer
from tabletutor.models.decoder import DecodedTurn, DecodeLimits, Decoder
from tabletutor.models.load import Model
from tabletutor.records.identity import rng
from tabletutor.serving.reply_text import ReplyText

Finish = Literal["stop", "length", "failed"]


class EngineStoppedError(RuntimeError):
    """The engine was closed, or an error ended its thread."""


class ReplyRequest(NamedTuple):
    """A reply to decode: the ids of its prompt, its limits, and stop strings that end it.

    Sampling follows from `seed` and `choice`, the number of the reply among those to one prompt. With `pieces`, text is
    reported as it grows; without, at the end.
    """

    ids: tuple[int, ...]
    limits: DecodeLimits
    seed: int = 0
    choice: int = 0
    stops: Sequence[str] = ()
    pieces: bool = False


class Progress(NamedTuple):
    """New text of a reply, the number of its tokens so far, and why it ended, if it has.

    A reply "failed" if the engine stopped before its end.
    """

    text: str
    tokens: int
    finish: Finish | None = None


@dataclass(eq=False)
class Reply:
    """A reply that waits or is being decoded. `report` is called in the engine's thread."""

    request: ReplyRequest
    report: Callable[[Progress], None]
    text: ReplyText
    tokens: int = 0
    cancelled: bool = False

    def cancel(self) -> None:
        """Stop decoding this reply before the next step. Does nothing if it has ended."""
        self.cancelled = True

    def advance(self, tokens: Sequence[int], turn: DecodedTurn | None) -> Progress | None:
        """Return the progress to report, if any. The reply has these `tokens` so far, and `turn` if it is finished."""
        if turn is None and not (self.request.pieces or self.request.stops):
            return None
        text = self.text.extend(tokens[self.tokens :])
        self.tokens = len(tokens)
        finish: Finish | None = "stop" if self.text.stopped else None
        if turn is not None:
            text += self.text.finish()
            finish = "stop" if self.text.stopped or len(turn.chosen) > turn.tokens else "length"
        return Progress(text, len(tokens), finish) if text or finish else None


class Engine:
    """Decodes up to `rows` replies together, in the order of their requests, on `threads` cores."""

    def __init__(self, model: Model, tokenizer: Tokenizer, rows: int, threads: int = 1) -> None:
        limits = DecodeLimits(1, 1, whole_turns=True)  # each reply has its own
        self._decoder = Decoder(model, tokenizer, rows, limits)
        self._tokenizer = tokenizer
        self._free = rows
        self._threads = threads
        self._incoming = SimpleQueue[Reply | None]()
        self._waiting = deque[Reply]()
        self._live: dict[int, Reply] = {}
        self._begun = 0
        self._closed = False
        self._lock = Lock()  # guards `_closed`: after it is set, nothing is put into `_incoming`
        self._thread = Thread(target=self._work, name="decoder", daemon=True)

    @property
    def running(self) -> int:
        """The number of replies that are being decoded."""
        return len(self._live)

    @property
    def waiting(self) -> int:
        """The number of replies that wait for a free row."""
        return self._incoming.qsize() + len(self._waiting)

    @property
    def works(self) -> bool:
        """True while the engine takes requests: from `start` to `close`, unless an error ends its thread."""
        return self._thread.is_alive() and not self._closed

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Let all open replies fail, and wait for the thread to end. Does nothing the second time."""
        self._incoming.put(None)
        self._thread.join()

    def submit(self, request: ReplyRequest, report: Callable[[Progress], None]) -> Reply:
        """Add a reply; its progress is given to `report`, in another thread. Raises EngineStoppedError."""
        reply = Reply(request, report, ReplyText(self._tokenizer, request.stops))
        with self._lock:
            if self._closed:
                raise EngineStoppedError("the engine has stopped")
            self._incoming.put(reply)
        return reply

    def _work(self) -> None:
        import torch

        torch.set_num_threads(self._threads)
        try:
            while self._receive():
                self._admit()
                self._report(self._decoder.step())
        finally:
            with self._lock:
                self._closed = True
            while not self._incoming.empty():
                self._receive()
            for reply in (*self._live.values(), *self._waiting):
                if not reply.cancelled:
                    reply.report(Progress("", reply.tokens, "failed"))
            self._live.clear()
            self._waiting.clear()

    def _receive(self) -> bool:
        """Take new requests, and wait for one if there is nothing to do; return False if the engine must stop."""
        while True:
            try:
                reply = self._incoming.get(block=not (self._live or self._waiting))
            except Empty:
                return True
            if reply is None:
                return False
            self._waiting.append(reply)

    def _admit(self) -> None:
        """Start waiting replies in free rows. Replies to the same prompt compute it once."""
        new: dict[tuple[int, ...], list[int]] = defaultdict(list)
        while self._waiting and len(self._live) < self._free:
            reply = self._waiting.popleft()
            if reply.cancelled:
                continue
            ids, limits, seed, choice, *_ = reply.request
            key, self._begun = self._begun, self._begun + 1
            self._live[key] = reply
            self._decoder.begin(key, ids, rng(seed, choice), limits)
            new[ids].append(key)
        for keys in new.values():
            self._decoder.share(keys)
        if new:
            self._decoder.feed([key for keys in new.values() for key in keys])
            self._report(self._decoder.decode(0))

    def _report(self, finished: Sequence[DecodedTurn]) -> None:
        """Report new text of all live replies, and remove those that have ended or are cancelled."""
        turns = {turn.key: turn for turn in finished}
        for key, reply in [*self._live.items()]:
            progress = None if reply.cancelled else reply.advance(self._decoder.turn(key), turns.get(key))
            if progress is not None:
                reply.report(progress)
            if reply.cancelled or (progress is not None and progress.finish):
                self._decoder.end(key)
                del self._live[key]
