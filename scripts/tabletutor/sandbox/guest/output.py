"""Capture a cell's output in one in-memory file behind descriptors 1 and 2; read and shorten it after the cell."""

import codecs
import io
import os
import re
import sys
from typing import Any

from tabletutor.records.excerpt import join_excerpt

_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,16}(?=>)")
_CONTINUATION_BYTES = bytes(range(0x80, 0xC0))  # UTF-8 bytes that do not start a character


class _Stream(io.RawIOBase):
    """A raw stream whose file stays small: of a long output it keeps the first and last `limit` bytes."""

    def __init__(self, descriptor: int, limit: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._limit = limit
        self.dropped = 0  # bytes written that the file no longer holds

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def write(self, data: Any, /) -> int:
        view = memoryview(data).cast("B")
        ends = (view,) if view.nbytes <= 2 * self._limit else (view[: self._limit], view[-self._limit :])
        for end in ends:
            self._append(end)
        self.dropped += view.nbytes - sum(end.nbytes for end in ends)
        if (size := os.fstat(self._descriptor).st_size) > 8 * self._limit:
            tail = os.pread(self._descriptor, self._limit, size - self._limit)
            os.ftruncate(self._descriptor, self._limit)
            self._append(memoryview(tail))
            self.dropped += size - 2 * self._limit
        return view.nbytes

    def _append(self, view: memoryview) -> None:
        while view:
            view = view[os.write(self._descriptor, view) :]


class Output:
    """The output of a session's current cell."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        file = os.memfd_create("output", os.MFD_CLOEXEC)
        # Reopened with O_APPEND, so that writes through all descriptors stay in order.
        self._file = os.open(f"/proc/self/fd/{file}", os.O_RDWR | os.O_APPEND)
        os.close(file)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(self._file, 1)
        os.dup2(self._file, 2)
        os.close(null)
        os.close(self._file)
        self._file = 1
        self._raw = _Stream(self._file, limit)

    def open(self) -> None:
        """Set fresh `sys.stdout` and `sys.stderr` for a cell; both go to the same text."""
        raw: Any = _Stream(self._file, self._limit)
        self._raw = raw
        stream = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline="", write_through=True)
        sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = stream  # type: ignore[misc]

    def take(self) -> tuple[str, bool]:
        """Return the text since `open`, without memory addresses in `<… at 0x…>`, and whether it was cut.

        A text of more than `limit` bytes keeps the first and last `limit // 2` bytes, at whole characters.
        """
        size = os.fstat(self._file).st_size
        cut = size > self._limit
        half = self._limit // 2
        head = os.pread(self._file, half if cut else size, 0)
        tail = os.pread(self._file, half, size - half).lstrip(_CONTINUATION_BYTES) if cut else b""
        os.ftruncate(self._file, 0)
        first = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        text = _ADDRESS.sub("", first.decode(head, final=not cut))
        if not cut:
            return text, False
        pending, _ = first.getstate()  # the start of a character that was cut
        missing = size + self._raw.dropped - len(head) + len(pending) - len(tail)
        return join_excerpt(text, missing, _ADDRESS.sub("", tail.decode("utf-8", "backslashreplace"))), True
