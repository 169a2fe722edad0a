"""Control groups: the kernel's own bound on the memory and the number of processes of a whole session.

Used where this process may make groups: as root mostly, or below a delegated group. Version 2 is one hierarchy, version
1 one for memory and one for processes. See Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst in Linux.
"""

import contextlib
import itertools
import os
import re
from pathlib import Path

from loguru import logger

from tabletutor.sandbox.host.process_label import is_alive, process_label

PROCESSES = 64
_ROOT = Path("/sys/fs/cgroup")
_PREFIX = "tabletutor."
_CONTROLLERS = ("memory", "pids")
_numbers = itertools.count(1)


def parent_folders() -> list[Path]:
    """The folders in which groups can be made: one for version 2, two for version 1, memory first.

    Raises OSError where there is none; the message says why. What dead processes left there is removed.
    """
    lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    unified = (_ROOT / "cgroup.controllers").exists()
    if unified:
        own = _ROOT / next(path for number, _, path in lines if number == "0").lstrip("/")
        parents = [next((folder for folder in (own, *own.parents) if _delegates(folder)), own)]
    else:
        paths = {name: path.lstrip("/") for _, names, path in lines for name in names.split(",")}
        parents = [_ROOT / name / paths.get(name, "") for name in _CONTROLLERS]
    for folder in parents:
        if not os.access(folder, os.W_OK) or (unified and not _delegates(folder)):
            raise PermissionError(f"no group with memory and pids controllers can be made in {folder}")
        for group in folder.glob(f"{_PREFIX}*"):
            if not is_alive(group.name.removeprefix(_PREFIX).replace("+", "/").rsplit("/", 1)[0]):
                with contextlib.suppress(OSError):
                    group.rmdir()
    return parents


def _delegates(folder: Path) -> bool:
    try:
        given = (folder / "cgroup.subtree_control").read_text().split()
    except OSError:
        return False
    return set(_CONTROLLERS) <= set(given) and os.access(folder, os.W_OK)


class Group:
    """The group of one session at a time, used again for the next: a kernel frees a removed group late."""

    def __init__(self, parents: list[Path], memory_bytes: int) -> None:
        """Make a group in `parent_folders`. Raises OSError where that fails; nothing is left then."""
        name = _PREFIX + process_label().replace("/", "+") + f"+{next(_numbers)}"
        self._folders = [parent / name for parent in parents]
        unified = len(parents) == 1
        try:
            for folder in self._folders:
                folder.mkdir()
            if unified:
                _write(self._folders[0], {"memory.max": memory_bytes, "memory.oom.group": 1, "pids.max": PROCESSES})
                _write(self._folders[0], {"memory.swap.max": 0}, optional=True)
            else:
                _write(self._folders[0], {"memory.limit_in_bytes": memory_bytes})
                _write(self._folders[0], {"memory.memsw.limit_in_bytes": memory_bytes}, optional=True)
                _write(self._folders[1], {"pids.max": PROCESSES})
            events = self._folders[0] / ("memory.events" if unified else "memory.oom_control")
            self._events = os.open(events, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._remove()
            raise
        self._killed = 0

    def add(self, process: int) -> None:
        """Move a process in; what it starts from now on is in too. Raises OSError."""
        for folder in self._folders:
            (folder / "cgroup.procs").write_text(str(process))
        self._killed = self._count_kills()

    def is_over_limit(self) -> bool:
        """Whether the kernel killed a process of the group for its memory since the last `add`."""
        return self._count_kills() > self._killed

    def close(self) -> None:
        """Remove the group, which must be empty by now."""
        os.close(self._events)
        self._events = -1
        self._remove()

    def _count_kills(self) -> int:
        if self._events < 0:
            return self._killed
        found = re.search(rb"^oom_kill (\d+)", os.pread(self._events, 4096, 0), re.MULTILINE)
        return int(found[1]) if found else 0

    def _remove(self) -> None:
        for folder in self._folders:
            try:
                folder.rmdir()
            except FileNotFoundError:
                continue
            except OSError as error:  # the sweep of the next start takes it
                logger.warning("sandbox: the control group {} is not removed: {}", folder, error)


def _write(folder: Path, settings: dict[str, int], optional: bool = False) -> None:
    for name, value in settings.items():
        try:
            (folder / name).write_text(str(value))
        except OSError:
            if not optional:
                raise
