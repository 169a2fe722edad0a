"""The sandbox and the peers with plain Python notebooks, behind one interface."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol

from sandbox_proc import below

import tabletutor
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host import image
from tabletutor.sandbox.host.pool import Sandbox, Session
from tabletutor.sandbox.host.process_label import process_label
from tabletutor.sandbox.protocol import environment

NOTEBOOK = Path(__file__).with_name("sandbox_notebook.py")
_PACKAGES = str(Path(tabletutor.__file__).parents[1])
# Long limits, because a loaded machine must not end a cell.
_CONFIG = {"soft_seconds": 60.0, "hard_seconds": 90.0}
Pace = Literal["fast", "slow", "slowest"]


class Notebook(Protocol):
    """One open session."""

    def run(self, code: str) -> None:
        """Run a cell to its end. Raises RuntimeError if the cell raised."""
        ...

    def close(self) -> None:
        """Kill the session; its process is gone when this returns."""
        ...


class Peer(Protocol):
    """A way to run sessions on one table; ready once created."""

    pace: Pace  # how often it is measured

    def start(self) -> Notebook:
        """Start a session with `df`, `pd` and `np`."""
        ...

    def processes(self) -> set[int]:
        """Return all its processes, if no other peer is open."""
        ...

    def close(self) -> None:
        """End it and everything it started."""
        ...


def container_processes(client: Any) -> set[int]:
    """Return the processes of all containers of this process."""
    found: set[int] = set()
    for container in client.api.containers(filters={"label": f"{image.LABEL}={process_label()}"}):
        first = client.api.inspect_container(container["Id"])["State"]["Pid"]
        found |= {first} | below(first)
    return found


class _Ours:
    """A session of the sandbox."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def run(self, code: str) -> None:
        if (error := self._session.run(code).error) is not None:
            raise RuntimeError(error)

    def close(self) -> None:
        self._session.close()


class Ours:
    """The sandbox, with either backend."""

    pace: Pace = "fast"

    def __init__(self, table: Path, docker: bool) -> None:
        self._docker = docker
        self._sandbox = Sandbox(table, SandboxConfig(backend="docker" if docker else "process", **_CONFIG))
        self._sandbox.__enter__()

    def start(self) -> Notebook:
        return _Ours(self._sandbox.session())

    def processes(self) -> set[int]:
        return container_processes(image.connect()) if self._docker else below(os.getpid())

    def close(self) -> None:
        self._sandbox.__exit__(None, None, None)


class _Framed:
    """A notebook behind a stream, with a pidfd of its process."""

    def __init__(self, process: int, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests, self._answers = requests, answers
        self._handle = os.pidfd_open(process)

    def run(self, code: str) -> None:
        body = code.encode()
        self._requests.write(len(body).to_bytes(4, "big") + body)
        self._requests.flush()
        read_answer(self._answers)

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        select.select([self._handle], [], [])
        os.close(self._handle)
        for stream in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                stream.close()


def read_answer(answers: BinaryIO) -> str:
    """Read one answer of `sandbox_notebook.py`. Raises RuntimeError if the cell raised or there is no answer."""
    body = answers.read(int.from_bytes(answers.read(4), "big"))
    if body[:1] != b"1":
        raise RuntimeError(body[1:].decode() or "the notebook has ended")
    return body[1:].decode()


def _notebook(role: str, table: Path, tuned: bool, *rest: str) -> "subprocess.Popen[bytes]":
    kind = "tuned" if tuned else "untuned"
    return subprocess.Popen(
        [sys.executable, "-s", "-P", "-B", str(NOTEBOOK), role, str(table), kind, *rest],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables(tuned), start_new_session=True,
    )  # fmt: skip


def variables(tuned: bool) -> dict[str, str]:
    """Return the environment of a tuned or untuned notebook."""
    return {**environment.PARENT, "PYTHONPATH": _PACKAGES} if tuned else dict(os.environ)


class _Process(_Framed):
    """A separate process."""

    def __init__(self, table: Path, tuned: bool) -> None:
        self._process = process = _notebook("process", table, tuned)
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        super().__init__(process.pid, process.stdin, process.stdout)
        read_answer(process.stdout)

    def close(self) -> None:
        super().close()
        self._process.wait()


class Processes:
    """One process per session, which imports pandas and loads the table."""

    pace: Pace = "slow"

    def __init__(self, table: Path, tuned: bool) -> None:
        self._table, self._tuned = table, tuned

    def start(self) -> Notebook:
        return _Process(self._table, self._tuned)

    def processes(self) -> set[int]:
        return below(os.getpid())

    def close(self) -> None:
        """Do nothing, because sessions share nothing."""


class Forks:
    """One fork per session of a process with pandas and the table, without lockdown."""

    pace: Pace = "fast"

    def __init__(self, table: Path, tuned: bool) -> None:
        self._place = str(table.with_name(f"fork-{'tuned' if tuned else 'untuned'}"))
        Path(self._place).unlink(missing_ok=True)
        self._server = _notebook("fork", table, tuned, self._place)
        if self._server.stdout is None:
            raise RuntimeError("no pipe")
        read_answer(self._server.stdout)

    def start(self) -> Notebook:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self._place)
            requests, answers = connection.makefile("wb"), connection.makefile("rb")
        return _Framed(int(read_answer(answers)), requests, answers)

    def processes(self) -> set[int]:
        return below(os.getpid())

    def close(self) -> None:
        self._server.kill()
        self._server.communicate()
