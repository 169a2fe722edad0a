"""Measure a warm parent of the sandbox and its sessions. Read by a `.pth` file while `make coverage` runs.

A session can open no file, closes every descriptor and ends by a kill, so coverage's own way to save fails there. It
writes to memory instead that it shares with a file, which the warm parent maps before it locks itself in. Each process
has a slice of its own, with one JSON line for each time something was sent: the arcs that were new, by file.
"""

import contextlib
import json
import mmap
import os
import socket
import tempfile
from typing import Any

import coverage

SLICE = 1 << 18
SLICES = 4096  # processes of one warm parent; the file is sparse
SUFFIX = ".sandbox"
_dumps = json.dumps  # a cell may replace it
_LAST = 2  # a first process, the warm parent below it, sessions below that; not what cells fork


class _Recorder:
    def __init__(self, folder: str) -> None:
        descriptor, _ = tempfile.mkstemp(SUFFIX, "", folder)
        os.truncate(descriptor, SLICE * SLICES)
        self._memory = mmap.mmap(descriptor, SLICE * SLICES)
        os.close(descriptor)
        self._coverage = coverage.Coverage(
            data_file=None, config_file=False, branch=True, include=["*/scripts/tabletutor/*"], messages=False
        )
        self._coverage.start()
        self._seen: dict[str, set[tuple[int, int]]] = {}
        self._depth = self._slice = self._forks = self._place = 0

    def note(self) -> None:
        """Write the arcs that are new."""
        data = self._coverage.get_data()
        found: dict[str, list[tuple[int, int]]] = {}
        for file in data.measured_files():
            seen = self._seen.setdefault(file, set())
            if new := set(data.arcs(file) or ()) - seen:
                found[file] = sorted(new)
                seen |= new
        line = _dumps(found).encode() + b"\n"
        if found and self._depth <= _LAST and self._slice < SLICES and self._place + len(line) <= SLICE:
            start = self._slice * SLICE + self._place
            self._memory[start : start + len(line)] = line
            self._place += len(line)

    def before_fork(self) -> None:
        self.note()
        self._forks += 1

    def after_fork(self) -> None:
        self._depth, self._slice, self._place = self._depth + 1, self._forks, 0


def start(folder: str) -> None:
    """Measure this process and its forks; note what was run before anything is sent, forked or ended."""
    recorder = _Recorder(folder)
    os.register_at_fork(before=recorder.before_fork, after_in_child=recorder.after_fork)

    def noted(call: Any) -> Any:
        def noting(*arguments: Any, **options: Any) -> Any:
            with contextlib.suppress(Exception):  # whatever a cell has done to Python, its session goes on
                recorder.note()
            return call(*arguments, **options)

        return noting

    socket.socket.send = noted(socket.socket.send)
    socket.socket.sendmsg = noted(socket.socket.sendmsg)
    os.execv = noted(os.execv)
    os._exit = noted(os._exit)
