"""The sandboxes of a job with many tables: one warm parent per table, and a limited number at once."""

import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host.pool import Sandbox
from tabletutor.sandbox.host.session import SandboxError
from tabletutor.sandbox.host.slots import CONTAINERS, Slot, try_acquire

MAX_IDLE = 8  # the process backend closes idle warm parents above this number
_POLL_SECONDS = 0.2


class Sandboxes:
    """Opens sandboxes on demand and keeps them until others need their place or the job ends.

    A caller that needs several sandboxes gets all at once, and idle ones are closed before anyone waits. So jobs that
    share `max_containers` cannot deadlock.
    """

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self._limit = config.max_containers if config.backend == "docker" else MAX_IDLE
        self._open: dict[Path, Sandbox] = {}  # in order of last use
        self._users: dict[Path, int] = {}
        self._changed = threading.Condition()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            for parquet in list(self._open):
                self._close(parquet)

    @contextmanager
    def use(self, parquets: Mapping[str, Path]) -> Generator[dict[str, Sandbox]]:
        """Provide the sandboxes of some tables by name while the context is open.

        Raises SandboxError if they exceed `max_containers` or one does not start.
        """
        wanted = sorted(set(parquets.values()))
        if self.config.backend == "docker" and len(wanted) > self._limit:
            raise SandboxError(
                f"{len(wanted)} tables are needed at once, but sandbox.max_containers is {self._limit}; raise it, "
                "or lower evaluation.batch_size (for a grpo run: its training.batch_size)"
            )
        with self._changed:
            while not self._reserve(wanted):
                self._changed.wait(_POLL_SECONDS)
        try:
            yield {name: self._open[parquet] for name, parquet in parquets.items()}
        finally:
            with self._changed:
                for parquet in wanted:
                    self._users[parquet] -= 1
                self._changed.notify_all()

    def _reserve(self, wanted: list[Path]) -> bool:
        """Open the missing sandboxes if there is room, and return True; otherwise close idle ones and return False."""
        missing = [parquet for parquet in wanted if parquet not in self._open]
        idle = [parquet for parquet in self._open if not self._users[parquet] and parquet not in wanted]
        while idle and len(self._open) + len(missing) > self._limit:
            self._close(idle.pop(0))
        slots: list[Slot] = []
        if self.config.backend == "docker" and missing:
            acquired = try_acquire(CONTAINERS, len(missing), self._limit)
            if acquired is None:
                for parquet in idle:
                    self._close(parquet)
                return False
            slots = acquired
        try:
            for parquet in missing:
                self._users[parquet] = 0
                self._open[parquet] = Sandbox(parquet, self.config, slots.pop() if slots else None).__enter__()
        finally:
            for slot in slots:
                slot.release()
        for parquet in wanted:
            self._users[parquet] += 1
            self._open[parquet] = self._open.pop(parquet)
        return True

    def _close(self, parquet: Path) -> None:
        self._open.pop(parquet).__exit__(None, None, None)
        del self._users[parquet]
