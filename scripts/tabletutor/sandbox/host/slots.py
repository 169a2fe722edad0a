"""Slots that limit how many resources a user holds at once on this machine.

Each slot is a numbered lock file, which the kernel unlocks however its holder ends.
"""

import fcntl
import os
import tempfile
import time
from pathlib import Path

CONTAINERS = "containers"
_POLL_SECONDS = 0.1


class Slot:
    """An acquired slot, held until it is released or this process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Release the slot. May be called again."""
        if self._descriptor >= 0:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)  # a fork of this process may also hold the lock
            os.close(self._descriptor)
            self._descriptor = -1


def try_acquire(name: str, wanted: int, limit: int) -> list[Slot] | None:
    """Acquire `wanted` of the `limit` slots of `name`; return None if fewer are free now.

    All jobs of a user share the slots of a name. Taking all or none keeps two jobs from waiting for each other.
    """
    folder = Path(tempfile.gettempdir()) / f"tabletutor-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    acquired: list[Slot] = []
    gate = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(gate, fcntl.LOCK_EX)  # held briefly
        for number in range(limit):
            if len(acquired) == wanted:
                break
            descriptor = os.open(folder / f"{name}.{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            acquired.append(Slot(descriptor))
    finally:
        os.close(gate)
    if len(acquired) == wanted:
        return acquired
    for slot in acquired:
        slot.release()
    return None


def acquire(name: str, limit: int) -> Slot:
    """Wait for a free slot and return it."""
    while (slots := try_acquire(name, 1, limit)) is None:
        time.sleep(_POLL_SECONDS)
    return slots[0]
