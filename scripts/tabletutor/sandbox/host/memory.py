"""The bound on a session's memory and processes as a whole, kept from the host: by control groups, or by a watcher."""

import contextlib
import os
import re
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from tabletutor.sandbox.host.cgroup import PROCESSES, Group

MEMORY_FACTOR = 1.25  # a process may take `memory_mb`, all of a session together this much of it
_MIN_PAUSE_SECONDS = 0.05
_SHARED_CHECK_MB = 64  # shared memory is looked for where a process maps so much more than it began with
_SHARED = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) \S\S\Ss \S+ \S+ (\d+) +/dev/zero \(deleted\)$", re.MULTILINE)
_MAX_PAUSE_SECONDS = 0.25
_MAX_CHECK_SECONDS = 0.2  # of processor time; only who hides has so much to look at
_FREE_DESCRIPTORS, _DESCRIPTOR_MB = 64, 0.2  # what a socket can hold in the kernel, of each descriptor beyond a few
_MAX_LISTINGS = 3  # of a process's children, where its threads keep ending
_PAUSE_FACTOR = 20  # looking takes at most one part in so many of a processor


class Usage(NamedTuple):
    """What processes hold together: private memory and shared memory of their own, what they map, how many they are."""

    held_mb: float = 0.0
    mapped_mb: float = 0.0
    processes: int = 0


class Guard(Protocol):
    """What bounds one session."""

    def is_over_limit(self) -> bool:
        """Whether the session took more than it may."""
        ...

    def release(self) -> None:
        """The session is over, and all its processes are gone."""
        ...


class Bounds(Protocol):
    """What bounds the sessions of one sandbox."""

    def guard(self, process: int) -> Guard:
        """Bound the session whose first process is `process`. Raises OSError."""
        ...

    def close(self) -> None:
        """No session is left."""
        ...


@dataclass(frozen=True)
class Unbounded:
    """No bound, and why."""

    reason: str

    def is_over_limit(self) -> bool:
        """Never."""
        return False

    def release(self) -> None:
        """Nothing to do."""


@dataclass
class _GroupGuard:
    """A session in a group; the group is free again after it."""

    group: Group
    free: list[Group]

    def is_over_limit(self) -> bool:
        return self.group.is_over_limit()

    def release(self) -> None:
        self.free.append(self.group)


class GroupBounds:
    """A control group for each session."""

    def __init__(self, parents: list[Path], memory_mb: int) -> None:
        """Makes the first group. Raises OSError where groups cannot be made."""
        self._parents = parents
        self._bytes = int(memory_mb * MEMORY_FACTOR) << 20
        self._all = [Group(parents, self._bytes)]
        self._free = list(self._all)

    def guard(self, process: int) -> Guard:
        """Bound the session whose first process is `process`. Raises OSError."""
        if not self._free:
            self._all.append(Group(self._parents, self._bytes))
            self._free.append(self._all[-1])
        group = self._free[-1]
        group.add(process)
        return _GroupGuard(self._free.pop(), self._free)

    def close(self) -> None:
        """Remove the groups; no session is alive by now, whether it was closed or not."""
        for group in self._all:
            group.close()
        self._all = []


@dataclass(eq=False)
class _WatchedSession:
    """A session that is looked at. `handle` is a pidfd: a number may belong to another process by now."""

    process: int
    handle: int
    before: Usage
    over: bool = False
    released: bool = False

    def is_over_limit(self) -> bool:
        return self.over

    def release(self) -> None:
        self.released = True


class WatcherBounds:
    """A thread that looks at every session and kills the first process, and so all, of one that took too much."""

    def __init__(self, memory_mb: int) -> None:
        self._limit_mb = memory_mb * MEMORY_FACTOR
        self._watched: list[_WatchedSession] = []
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sandbox watcher", daemon=True)
        self._thread.start()

    def guard(self, process: int) -> Guard:
        """Bound the session whose first process is `process`. Raises OSError."""
        before = usage(process)
        if not before.processes or not before.mapped_mb:
            raise PermissionError(f"what process {process} holds cannot be read from /proc")
        watched = _WatchedSession(process, os.pidfd_open(process), before)
        self._watched.append(watched)
        return watched

    def close(self) -> None:
        """Stop looking."""
        self._closed.set()
        self._thread.join()
        for watched in self._watched:
            os.close(watched.handle)

    def _watch(self) -> None:
        pause = _MIN_PAUSE_SECONDS
        while not self._closed.wait(pause):
            start = time.monotonic()
            for watched in list(self._watched):
                if watched.released:
                    self._watched.remove(watched)
                    os.close(watched.handle)
                elif not watched.over:
                    self._check(watched)
            pause = min(_MAX_PAUSE_SECONDS, max(_MIN_PAUSE_SECONDS, _PAUSE_FACTOR * (time.monotonic() - start)))

    def _check(self, watched: _WatchedSession) -> None:
        start = time.thread_time()
        try:
            now = usage(watched.process, watched.before)
            over = now.held_mb > self._limit_mb or now.processes > PROCESSES
        except (OSError, ValueError):  # what cannot be measured is not bounded
            over = True
        if over or time.thread_time() - start > _MAX_CHECK_SECONDS:
            watched.over = True
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(watched.handle, signal.SIGKILL)


def usage(process: int, before: Usage = Usage()) -> Usage:  # noqa: B008  a tuple cannot change
    """What `process` and all below it hold beyond `before`, which `process` shares with the warm parent.

    Of the processes below, the proportional share counts. A process that ends meanwhile counts as nothing.
    """
    held, mapped, found, waiting = 0.0, 0.0, list[int](), [process]
    while waiting:
        current = waiting.pop()
        folder = Path(f"/proc/{current}")
        try:
            status = _read(folder / "status")
            waiting += _children(folder)
            if current == process:
                held += max(0.0, _megabytes(status, "RssAnon:") - before.held_mb) + _megabytes(status, "RssShmem:")
            else:
                share = _read(folder / "smaps_rollup")
                held += _megabytes(share, "Pss_Anon:") + _megabytes(share, "Pss_Shmem:")
            mapped += max(0.0, _megabytes(status, "VmSize:") - before.mapped_mb)
            held += _DESCRIPTOR_MB * max(0, len(os.listdir(folder / "fd")) - _FREE_DESCRIPTORS)  # noqa: PTH208
        except OSError:
            if not _has_ended(folder):
                raise
            continue
        found.append(current)
    return Usage(held + (_hidden_shared_mb(found) if mapped > _SHARED_CHECK_MB else 0.0), mapped, len(found))


def _children(folder: Path) -> set[int]:
    """The children of a process, of all its threads. A thread that ends meanwhile leaves its own to one that goes on,
    which may have been looked at already: then all are looked at once more.
    """
    found: set[int] = set()
    for _ in range(_MAX_LISTINGS):
        ended = False
        for task in (folder / "task").iterdir():
            try:
                found.update(map(int, _read(task / "children").split()))
            except (FileNotFoundError, ProcessLookupError):
                ended = True
        if not ended:
            break
    return found


def _hidden_shared_mb(processes: list[int]) -> float:
    """Megabytes of shared memory without a file: its pages stay even where no process shows them."""
    pieces: dict[str, int] = {}
    for process in processes:
        folder = Path(f"/proc/{process}")
        try:
            maps = _read(folder / "maps")
        except OSError:
            if not _has_ended(folder):
                raise
            continue
        for first, last, inode in _SHARED.findall(maps):
            pieces[inode] = max(pieces.get(inode, 0), int(last, 16) - int(first, 16))
    return sum(pieces.values()) / (1 << 20)


def _has_ended(folder: Path) -> bool:
    """Whether a process is gone, or is dying and has no memory any more: much of such a one may not be read."""
    try:
        return re.search(r"^VmSize:", _read(folder / "status"), re.MULTILINE) is None
    except (FileNotFoundError, ProcessLookupError):
        return True


def _read(file: Path) -> str:
    """A file of /proc; names in it may be any bytes."""
    return file.read_bytes().decode(errors="replace")


def _megabytes(status: str, name: str) -> float:
    """A line of `/proc/PID/status`; a zombie has no memory and no such line."""
    found = re.search(rf"^{name}\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0
