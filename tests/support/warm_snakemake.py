"""Snakemake started from a process that has imported it already: two of the three seconds that a start takes are that.

As a script this is that process. It has nothing of tabletutor: what it starts is a fork that takes folder, environment
and arguments, runs Snakemake's own command and ends as any Python does. What a start reads before that (the locale, the
hash seed, another user's rights) is for the real command.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any


class Run:
    """A run of Snakemake, in a session and so a process group of its own."""

    def __init__(self, warm: "Warm", pid: int, output: Path) -> None:
        self._warm, self.pid, self._output = warm, pid, output
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit status, as `subprocess` has it, or None while it lives."""
        if self.returncode is None:
            self.returncode = self._warm.ask(poll=self.pid)
        return self.returncode

    def wait(self, timeout: float = 600) -> int:
        if (status := self.poll()) is None:
            process = os.pidfd_open(self.pid)  # readable once the process has ended
            ended, _, _ = select.select([process], [], [], timeout)
            os.close(process)
            assert ended, f"still at work after {timeout} s: {self.printed}"
            status = self.poll()
        assert status is not None
        return status

    @property
    def printed(self) -> str:
        """All that it and its jobs have said."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """Kill what is left of the group."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait()


class Warm:
    """The process that has imported Snakemake. It ends with the one that uses it."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._runs = folder, 0
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self._server = subprocess.Popen(
            [sys.executable, __file__], env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def start(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Run:
        """`snakemake` with these arguments in a folder; `environment` is added to this process's."""
        self._runs += 1
        output = self._folder / f"{self._runs}.txt"
        output.touch()
        added = {**os.environ, **environment}
        pid = self.ask(arguments=list(arguments), folder=str(folder), environment=added, output=str(output))
        return Run(self, pid, output)

    def ask(self, **request: Any) -> Any:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        print(json.dumps(request), file=self._server.stdin, flush=True)
        answer = self._server.stdout.readline()
        assert answer, f"the warm process has ended with {self._server.wait()}"
        return json.loads(answer)

    def close(self) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait()


def serve() -> None:
    """Answer requests until there are no more: start a run, or say how one has ended."""
    import pydantic  # noqa: F401, every run imports it and the next one, later
    import smart_open  # noqa: F401
    from snakemake.cli import get_argument_parser, main

    get_argument_parser()  # imports the plugins
    for line in sys.stdin:
        request = json.loads(line)
        if "poll" in request:
            ended, status = os.waitpid(request["poll"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if ended else None
        elif (answer := os.fork()) == 0:
            become(request)
            main(request["arguments"])  # ends by SystemExit
        print(json.dumps(answer), flush=True)


def become(request: dict[str, Any]) -> None:
    """Make this process what `snakemake` would be if it had been started in that folder and environment."""
    os.setsid()
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    sys.argv = ["snakemake", *request["arguments"]]
    sys.path[0:1] = request["environment"].get("PYTHONPATH", "").split(os.pathsep)
    nothing, output = os.open(os.devnull, os.O_RDONLY), os.open(request["output"], os.O_WRONLY | os.O_APPEND)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115


if __name__ == "__main__":
    serve()
