"""What a cell prints, whichever way: one file in memory behind descriptors 1 and 2, read after the cell and cut."""

import codecs
import io
import os
import re
import sys
from typing import Any

from tabletutor.records.excerpt import join_excerpt

_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,16}(?=>)")
_CONTINUATION_BYTES = bytes(range(0x80, 0xC0))  # bytes in the middle of a character


class _Stream(io.RawIOBase):
    """Writes all, but of a flood keeps no more than can be shown: `limit` bytes of its beginning and of its end."""

    def __init__(self, descriptor: int, limit: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._limit = limit
        self.dropped = 0  # bytes that were written and are not in the file any more

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
    """The output of one session, a cell at a time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        file = os.memfd_create("output", os.MFD_CLOEXEC)
        # Opened anew to append: writes by whatever way then stand in the order in which they were made.
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
        """Fresh `sys.stdout` and `sys.stderr` for a cell (both go to the one text the model sees)."""
        raw: Any = _Stream(self._file, self._limit)
        self._raw = raw
        stream = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline="", write_through=True)
        sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = stream  # type: ignore[misc]

    def take(self) -> tuple[str, bool]:
        """The text since `open` and whether it was cut; memory addresses in `<… at 0x…>` are left out.

        Of a text of more than `limit` bytes the first and the last half of the limit are taken, at whole characters.
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
        pending, _ = first.getstate()  # the beginning of a character that the cut went through
        missing = size + self._raw.dropped - len(head) + len(pending) - len(tail)
        return join_excerpt(text, missing, _ADDRESS.sub("", tail.decode("utf-8", "backslashreplace"))), True
