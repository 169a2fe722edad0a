"""The sandboxes of a job that works on many tables: one warm parent a table for all its sessions, few at once."""

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

MAX_IDLE = 8  # warm parents of the process backend that are kept for later
_POLL_SECONDS = 0.2


class Sandboxes:
    """Opens sandboxes as they are needed and keeps them until others need their place, or the job ends.

    Whoever needs several takes them together, and an idle one is given up before anybody waits: so jobs that share
    `max_containers` never wait for each other in a circle.
    """

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self._limit = config.max_containers if config.backend == "docker" else MAX_IDLE
        self._open: dict[Path, Sandbox] = {}  # the one used last stands last
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
        """The sandboxes of some tables, by name, for as long as the context lasts.

        Raises SandboxError where they cannot all be open at once.
        """
        wanted = sorted(set(parquets.values()))
        if self.config.backend == "docker" and len(wanted) > self._limit:
            raise SandboxError(
                f"{len(wanted)} tables are worked on at once, but sandbox.max_containers is {self._limit}; raise it, "
                "or ask fewer at once (evaluation.batch_size, or training.batch_size of a run by grpo)"
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
        """Open what is missing, if there is room; else give up what is idle and say no."""
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
