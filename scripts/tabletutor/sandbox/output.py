"""What a cell prints, whichever way: one file in memory behind descriptors 1 and 2, read after the cell and cut."""

import codecs
import io
import os
import re
import sys
from typing import Any

_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,16}(?=>)")


class _Capped(io.RawIOBase):
    """Writes what still fits and swallows the rest, so that a flood costs neither memory nor an error."""

    def __init__(self, descriptor: int, room: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._room = room

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def write(self, data: Any, /) -> int:
        view = memoryview(data).cast("B")
        if self._room > 0:
            self._room -= os.write(self._descriptor, view[: self._room])
        return view.nbytes


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

    def open(self) -> None:
        """Fresh `sys.stdout` and `sys.stderr` for a cell (both go to the one text the model sees)."""
        raw: Any = _Capped(self._file, self._limit + 1)
        stream = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline="", write_through=True)
        sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = stream  # type: ignore[misc]

    def take(self) -> tuple[str, bool]:
        """The text since `open` and whether it was cut; memory addresses in `<… at 0x…>` are left out."""
        size = os.fstat(self._file).st_size
        data = os.pread(self._file, self._limit, 0)
        os.ftruncate(self._file, 0)
        cut = size > self._limit
        text = codecs.getincrementaldecoder("utf-8")("backslashreplace").decode(data, final=not cut)
        text = _ADDRESS.sub("", text)
        return (f"{text}\n… output cut at {self._limit} bytes\n" if cut else text), cut
