"""Control groups, with which the kernel limits memory and processes of a whole session.

They need permission to create groups: root, or a delegated group. Version 2 has one hierarchy; version 1 has one for
memory and one for processes. See Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst in Linux.
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
    """Return the folders in which groups can be made: one for version 2; memory and processes for version 1.

    Removes groups of dead processes there. Raises OSError if no group can be made.
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
            raise PermissionError(f"cannot make a group with memory and pids controllers in {folder}")
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
    """The group of one session at a time. Sessions reuse groups, because the kernel frees a removed group late."""

    def __init__(self, parents: list[Path], memory_bytes: int) -> None:
        """Make a group in each of `parents` (see `parent_folders`). Raises OSError and leaves nothing if that fails."""
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
        """Move a process into the group; processes that it starts later belong to it too. Raises OSError."""
        for folder in self._folders:
            (folder / "cgroup.procs").write_text(str(process))
        self._killed = self._count_kills()

    def is_over_limit(self) -> bool:
        """Return whether the kernel killed a process of the group for its memory since the last `add`."""
        return self._count_kills() > self._killed

    def close(self) -> None:
        """Remove the group, which must be empty."""
        os.close(self._events)
        self._events = -1
        self._remove()

    def _count_kills(self) -> int:
        if self._events < 0:
            return self._killed
        match = re.search(rb"^oom_kill (\d+)", os.pread(self._events, 4096, 0), re.MULTILINE)
        return int(match[1]) if match else 0

    def _remove(self) -> None:
        for folder in self._folders:
            try:
                folder.rmdir()
            except FileNotFoundError:
                continue
            except OSError as error:  # the next `parent_folders` removes it
                logger.warning("sandbox: cannot remove the control group {}: {}", folder, error)


def _write(folder: Path, settings: dict[str, int], optional: bool = False) -> None:
    for name, value in settings.items():
        try:
            (folder / name).write_text(str(value))
        except OSError:
            if not optional:
                raise
