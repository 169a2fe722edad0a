"""The warm parent: a program that imports pandas, loads the table once, and forks a session on request.

`process.py` or `relay.py` starts it with fixed environment variables as `python warm.py DESCRIPTOR`. It becomes two
processes: a watchdog, which kills everything when the owner ends, and its child, the parent itself, which is the first
process of a pid namespace.
"""

import contextlib
import gc
import os
import signal
import socket
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

_PACKAGE_FOLDER = str(Path(__file__).absolute().parents[3])
sys.path[:0] = [_PACKAGE_FOLDER]  # import this checkout's package, not an installed one

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.compute  # noqa: E402  # pyright: ignore[reportUnusedImport]

from tabletutor.sandbox.guest import leftovers, watchdog, worker  # noqa: E402
from tabletutor.sandbox.guest.frame import read_frame  # noqa: E402
from tabletutor.sandbox.guest.hooks import make_hook  # noqa: E402
from tabletutor.sandbox.guest.notebook import Notebook, set_display  # noqa: E402
from tabletutor.sandbox.layers import kernel, namespaces  # noqa: E402
from tabletutor.sandbox.layers.lockdown import Lockdown, SetupLog  # noqa: E402
from tabletutor.sandbox.protocol import environment  # noqa: E402
from tabletutor.sandbox.protocol.frames import (  # noqa: E402
    End,
    Open,
    ParentReply,
    ProtocolError,
    Setup,
    receive_packet,
    send_packet,
)  # fmt: skip

sys.path.remove(_PACKAGE_FOLDER)
_WATCHDOG = Path(watchdog.__file__).read_text()  # read now, because the private root may hide it later


def main() -> NoReturn:
    """Read the Setup, isolate this process, and fork it into watchdog and parent."""
    os.umask(0o022)  # a strict umask would make folders of the private root unreadable for sessions
    control = socket.socket(fileno=os.dup(int(sys.argv[1])))  # a low number; the host's may be high
    os.close(int(sys.argv[1]))
    setup, table = receive_packet(control, Setup, None)
    owner = os.pidfd_open(setup.owner or os.getppid())
    log = SetupLog()
    try:
        paths = namespaces.interpreter_paths()
        _warm_up()
        _isolate(log, paths)
    except Exception:  # noqa: BLE001  the host raises it
        send_packet(control, ParentReply(error=traceback.format_exc()), None, None)
        os._exit(1)
    setup_read, setup_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(owner)
        os.close(setup_read)
        _run_parent(control, table, setup, log, paths, setup_write)
    control.close()
    os.close(setup_write)
    os.read(setup_read, 1)  # both share the mounts; wait until the parent has moved the root
    os.close(setup_read)
    _run_watchdog(owner, child)


def _isolate(log: SetupLog, paths: list[str]) -> None:
    """Become an unprivileged user, then enter namespaces."""
    if os.geteuid() == 0:
        # Build the private root as root, because the user nobody may be unable to reach the interpreter.
        if log.attempt("private mounts", namespaces.unshare_mounts):
            log.attempt("private root", namespaces.build_root, paths)
        log.attempt("unprivileged user", namespaces.drop_root)
    log.attempt("namespaces", namespaces.enter_namespaces)


def _run_watchdog(owner: int, child: int) -> NoReturn:
    """Become the watchdog. Start it as a new program if possible, because this process has pandas in memory."""
    parent = os.pidfd_open(child)
    for descriptor in (owner, parent):
        os.set_inheritable(descriptor, True)
    try:
        os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", _WATCHDOG, str(owner), str(parent), str(child)])
    except OSError:
        watchdog.watch(owner, parent, child)
        os._exit(0)


def _run_parent(
    control: socket.socket, table: int | None, setup: Setup, log: SetupLog, paths: list[str], setup_write: int
) -> NoReturn:
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        if "namespaces" in log.done:
            own_proc = log.attempt("private process list", namespaces.mount_proc)
            if own_proc and "private root" not in log.done:
                log.attempt("private root", namespaces.build_root, paths)
        os.close(setup_write)
        frame = None
        if table is not None:
            with open(table, "rb") as stream:  # noqa: PTH123  opens a descriptor
                frame = read_frame(stream)
        parent = Parent(control, frame, setup, log, paths)
        send_packet(control, ParentReply(), None, None)
    except Exception:  # noqa: BLE001  the host raises it
        send_packet(control, ParentReply(error=traceback.format_exc()), None, None)
        os._exit(1)
    parent.serve()


@dataclass(frozen=True)
class _Child:
    """A session in the parent: its first process, its folder (used if it gets no private /tmp), and the host's channel.

    The parent closes `channel` after sending it to the host.
    """

    process: int
    scratch: str
    channel: socket.socket


class Parent:
    """Forks, kills and cleans up sessions. Single-threaded and trusted: it runs no cells.

    One session is always forked in advance, so that opening one is fast.
    """

    def __init__(
        self, control: socket.socket, frame: pd.DataFrame | None, setup: Setup, log: SetupLog, paths: list[str]
    ) -> None:
        self._control = control
        self._setup = setup
        self._log = log
        self._lockdown = Lockdown(log, setup.limits.memory_mb, paths)
        self._sessions: dict[int, _Child] = {}
        self._old_folders: list[str] = []
        self._removers: list[int] = []
        self._has_namespaces = "namespaces" in log.done
        self._pid_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC) if self._has_namespaces else -1
        os.environ.clear()
        os.environ.update(environment.SESSION)
        self._notebook = Notebook(frame, setup.limits.soft_seconds)
        self._has_scipy = False
        _share_memory()

    def serve(self) -> NoReturn:
        """Handle Open and End until the host closes the connection."""
        spare: _Child | OSError = self._fork()
        while True:
            try:
                message, _ = receive_packet(self._control, Open | End, None)  # type: ignore[arg-type]
                number = message.session
                if isinstance(message, End):
                    send_packet(self._control, ParentReply(number, status=self._kill(number)), None, None)
                    self._remove_folders()
                    continue
                if message.scipy and not self._has_scipy:
                    self._discard(spare)
                    self._import_scipy()
                    spare = self._fork()
                elif isinstance(spare, OSError):
                    spare = self._fork()
                if isinstance(spare, OSError):
                    refusal = ParentReply(number, error=f"no session could be forked: {spare}")
                    send_packet(self._control, refusal, None, None)
                    continue
                self._sessions[number] = spare
                send_packet(self._control, ParentReply(number), spare.channel.fileno(), None)
                spare.channel.close()
                spare = self._fork()
            except ProtocolError:
                if isinstance(spare, _Child):
                    self._sessions[-1] = spare
                for number in list(self._sessions):
                    self._kill(number)
                for folder in self._old_folders:
                    leftovers.remove_tree(folder)
                os._exit(0)

    def _fork(self) -> "_Child | OSError":
        host, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        host.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        scratch = tempfile.mkdtemp(prefix="tabletutor-", dir="/tmp")
        child = -1
        try:
            if self._has_namespaces:
                kernel.unshare(kernel.CLONE_NEWPID)
            child = os.fork()
        except OSError as error:
            host.close()
            os.rmdir(scratch)  # noqa: PTH106
            return error
        finally:
            if self._has_namespaces and child != 0:
                kernel.setns(self._pid_namespace, kernel.CLONE_NEWPID)
            if child != 0:
                inside.close()
        if child == 0:
            try:
                worker.serve(
                    descriptor=inside.fileno(),
                    log=self._log,
                    lockdown=self._lockdown,
                    scratch=scratch,
                    notebook=self._notebook,
                    limits=self._setup.limits,
                    host=self._setup.host,
                )
            finally:
                os._exit(70)
        return _Child(child, scratch, host)

    def _import_scipy(self) -> None:
        """Import what statistical cells use. It takes half a second, so only a table with such cells pays for it."""
        self._has_scipy = True
        with contextlib.suppress(ImportError):  # an image without it: cells that need it say so
            from scipy import stats

            stats.ttest_ind([1.0, 2.0], [3.0, 5.0])
        _share_memory()

    def _discard(self, spare: "_Child | OSError") -> None:
        if isinstance(spare, _Child):
            spare.channel.close()
            self._sessions[-1] = spare
            self._kill(-1)
            self._remove_folders()

    def _kill(self, number: int) -> int | None:
        child = self._sessions.pop(number, None)
        if child is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.process, signal.SIGKILL)
        _, status = os.waitpid(child.process, 0)
        self._old_folders.append(child.scratch)
        return status

    def _remove_folders(self) -> None:
        """Remove the folders of ended sessions.

        Without namespaces, sessions wrote to these folders; a child process then removes them, which can be slow.
        """
        self._removers = [remover for remover in self._removers if os.waitpid(remover, os.WNOHANG)[0] == 0]
        folders, self._old_folders = self._old_folders, []
        if self._has_namespaces:
            for folder in folders:
                leftovers.remove_tree(folder)  # fast: it is empty, as the session had a private /tmp
            return
        try:
            remover = os.fork()
        except OSError:  # too many processes; try again later
            self._old_folders = folders
            return
        if remover == 0:
            for folder in folders:
                leftovers.remove_tree(folder)
            os._exit(0)
        self._removers.append(remover)


def _share_memory() -> None:
    """Arrange the memory so that sessions share it."""
    gc.collect()
    kernel.use_huge_pages()
    gc.freeze()  # otherwise a garbage collection in a session would write to, and so copy, every page


def _warm_up() -> None:
    """Run common operations once, so that lazy imports and caches are ready in every session."""
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    set_display()
    frame = pd.DataFrame({"a": ["x", "y", "x"], "b": [1.5, None, 2.5], "c": pd.to_datetime(["2020-01-31"] * 3)})
    for value in (
        frame,
        frame.groupby("a")["b"].mean(),
        frame.describe(include="all"),
        frame["c"].dt.year,
        frame.dtypes,
    ):
        repr(value)
        make_hook("warm", value, ())
    frame.sort_values("b").merge(frame, on="a").pivot_table(index="a", values="b_x", aggfunc="sum").reset_index()
    frame["a"].str.contains("x").sum()
    frame.query("b > 1")
    frame[["b"]].corr()
    np.random.default_rng(0).random()


if __name__ == "__main__":
    main()
