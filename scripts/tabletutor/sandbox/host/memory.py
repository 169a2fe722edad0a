"""Limit the total memory and processes of a session from the host, by control groups or a watcher thread."""

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

MEMORY_FACTOR = 1.25  # all processes of a session together may hold `memory_mb` times this
_MIN_PAUSE_SECONDS = 0.05
_SHARED_CHECK_MB = 64  # measure hidden shared memory only if the session maps this much more than at its start
_SHARED = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) \S\S\Ss \S+ \S+ (\d+) +/dev/zero \(deleted\)$", re.MULTILINE)
_MAX_PAUSE_SECONDS = 0.25
_MAX_CHECK_SECONDS = 0.2  # processor time to measure one session; one that takes longer is killed
_FREE_DESCRIPTORS, _DESCRIPTOR_MB = 64, 0.2  # kernel memory to charge for each further descriptor
_MAX_LISTINGS = 3  # attempts to list children while threads end
_PAUSE_FACTOR = 20  # pause this many times as long as a round took


class Usage(NamedTuple):
    """The totals of a group of processes: memory held (private and own shared), memory mapped, and their number."""

    held_mb: float = 0.0
    mapped_mb: float = 0.0
    processes: int = 0


class Guard(Protocol):
    """Limits one session."""

    def is_over_limit(self) -> bool:
        """Return whether the session exceeded its limits."""
        ...

    def release(self) -> None:
        """Release the guard; the session has ended with all its processes."""
        ...


class Bounds(Protocol):
    """Limits the sessions of one sandbox."""

    def guard(self, process: int) -> Guard:
        """Limit the session whose first process is `process`. Raises OSError."""
        ...

    def close(self) -> None:
        """Release all resources; no session is left."""
        ...


@dataclass(frozen=True)
class Unbounded:
    """A guard that limits nothing, and the reason."""

    reason: str

    def is_over_limit(self) -> bool:
        """Return False."""
        return False

    def release(self) -> None:
        """Do nothing."""


@dataclass
class _GroupGuard:
    """The guard of a session in a control group, which is free again after it."""

    group: Group
    free: list[Group]

    def is_over_limit(self) -> bool:
        return self.group.is_over_limit()

    def release(self) -> None:
        self.free.append(self.group)


class GroupBounds:
    """Limits each session by a control group."""

    def __init__(self, parents: list[Path], memory_mb: int) -> None:
        """Make the first group. Raises OSError if groups cannot be made."""
        self._parents = parents
        self._bytes = int(memory_mb * MEMORY_FACTOR) << 20
        self._all = [Group(parents, self._bytes)]
        self._free = list(self._all)

    def guard(self, process: int) -> Guard:
        """Limit the session whose first process is `process`. Raises OSError."""
        if not self._free:
            self._all.append(Group(self._parents, self._bytes))
            self._free.append(self._all[-1])
        group = self._free[-1]
        group.add(process)
        return _GroupGuard(self._free.pop(), self._free)

    def close(self) -> None:
        """Remove the groups. All sessions must have ended."""
        for group in self._all:
            group.close()
        self._all = []


@dataclass(eq=False)
class _WatchedSession:
    """A session that the watcher measures. `handle` is a pidfd, because process ids are reused."""

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
    """Limits sessions by a thread that measures them. Kills the first process, and so all, of one over its limits."""

    def __init__(self, memory_mb: int) -> None:
        self._limit_mb = memory_mb * MEMORY_FACTOR
        self._watched: list[_WatchedSession] = []
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sandbox watcher", daemon=True)
        self._thread.start()

    def guard(self, process: int) -> Guard:
        """Limit the session whose first process is `process`. Raises OSError."""
        before = usage(process)
        if not before.processes or not before.mapped_mb:
            raise PermissionError(f"the memory of process {process} cannot be read from /proc")
        watched = _WatchedSession(process, os.pidfd_open(process), before)
        self._watched.append(watched)
        return watched

    def close(self) -> None:
        """Stop the watcher."""
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
        except (OSError, ValueError):  # a session that cannot be measured cannot be limited
            over = True
        if over or time.thread_time() - start > _MAX_CHECK_SECONDS:
            watched.over = True
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(watched.handle, signal.SIGKILL)


def usage(process: int, before: Usage = Usage()) -> Usage:  # noqa: B008  a tuple cannot change
    """Return what `process` and its descendants hold beyond `before`, the memory it shares with the warm parent.

    Descendants count with their proportional share (PSS). A process that ends during the measurement counts as zero.
    """
    held, mapped, processes, pending = 0.0, 0.0, list[int](), [process]
    while pending:
        current = pending.pop()
        folder = Path(f"/proc/{current}")
        try:
            status = _read(folder / "status")
            pending += _children(folder)
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
        processes.append(current)
    return Usage(held + (_hidden_shared_mb(processes) if mapped > _SHARED_CHECK_MB else 0.0), mapped, len(processes))


def _children(folder: Path) -> set[int]:
    """Return the children of all threads of a process.

    Children of a thread that ends move to another thread, which may have been read already; so read all again then.
    """
    children: set[int] = set()
    for _ in range(_MAX_LISTINGS):
        has_ended = False
        for task in (folder / "task").iterdir():
            try:
                children.update(map(int, _read(task / "children").split()))
            except (FileNotFoundError, ProcessLookupError):
                has_ended = True
        if not has_ended:
            break
    return children


def _hidden_shared_mb(processes: list[int]) -> float:
    """Return the megabytes of anonymous shared memory. Its pages stay allocated even if no process shows them."""
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
    """Return whether a process is gone or has released its memory; most of its /proc files are unreadable then."""
    try:
        return re.search(r"^VmSize:", _read(folder / "status"), re.MULTILINE) is None
    except (FileNotFoundError, ProcessLookupError):
        return True


def _read(file: Path) -> str:
    """Return the text of a /proc file; names in it may not be UTF-8."""
    return file.read_bytes().decode(errors="replace")


def _megabytes(status: str, name: str) -> float:
    """Return the megabytes in line `name` of a /proc file; 0 without such a line, as for a zombie."""
    match = re.search(rf"^{name}\s+(\d+) kB$", status, re.MULTILINE)
    return int(match[1]) / 1024 if match else 0.0
