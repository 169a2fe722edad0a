"""At most so many at once on this machine: numbered lock files, which the kernel frees however their holder ends."""

import fcntl
import os
import tempfile
import time
from pathlib import Path

CONTAINERS = "containers"
_POLL_SECONDS = 0.1


class Slot:
    """One of so many; held until released, or until this process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Give it back. Harmless when repeated."""
        if self._descriptor >= 0:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)  # a fork of this process may hold it too
            os.close(self._descriptor)
            self._descriptor = -1


def try_acquire(name: str, wanted: int, limit: int) -> list[Slot] | None:
    """`wanted` slots of `limit`, all or none, so that no two jobs wait for each other; None if they are not free now.

    Jobs of one user share the slots of one `name`.
    """
    folder = Path(tempfile.gettempdir()) / f"tabletutor-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    acquired: list[Slot] = []
    gate = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(gate, fcntl.LOCK_EX)  # held for a moment only
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
    """One slot, as soon as there is one."""
    while (slots := try_acquire(name, 1, limit)) is None:
        time.sleep(_POLL_SECONDS)
    return slots[0]
