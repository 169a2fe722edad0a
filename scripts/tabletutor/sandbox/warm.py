"""The warm parent, a program of its own: imports pandas, loads the table once, and forks a session when told to.

Started by `pool.py` with an empty environment, as `python warm.py DESCRIPTOR`. Two processes: a keeper that watches
its owner and kills everything when the owner is gone, and, below it as first process of a pid namespace, the parent.
"""

import contextlib
import gc
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import traceback
from pathlib import Path
from typing import BinaryIO, NoReturn

_PACKAGE_FOLDER = str(Path(__file__).absolute().parents[2])
sys.path[:0] = [_PACKAGE_FOLDER]  # this checkout's package, whatever is installed

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.compute  # noqa: E402  # pyright: ignore[reportUnusedImport]

from tabletutor.sandbox import kernel, namespaces, worker  # noqa: E402
from tabletutor.sandbox.cells import set_display  # noqa: E402
from tabletutor.sandbox.frame import read_frame  # noqa: E402
from tabletutor.sandbox.hooks import make_hook  # noqa: E402
from tabletutor.sandbox.layers import Layers  # noqa: E402
from tabletutor.sandbox.protocol import (  # noqa: E402
    End,
    Opening,
    ProtocolError,
    Start,
    Warm,
    receive_packet,
    send_packet,
)  # fmt: skip

sys.path.remove(_PACKAGE_FOLDER)


def main() -> NoReturn:
    """Read whose child this is and what to load, isolate, and become keeper and parent."""
    os.umask(0o022)  # the user's own could make the private root's folders unreadable to the unprivileged sessions
    control = socket.socket(fileno=int(sys.argv[1]))
    opening, _ = receive_packet(control, Opening, None)
    owner = os.pidfd_open(opening.owner)
    layers = Layers()
    try:
        table = None if opening.parquet is None else open(opening.parquet, "rb")  # noqa: SIM115, PTH123
        paths = namespaces.interpreter_paths()
        _warm_up()
        rooted = _isolate(layers, paths)
    except Exception:  # noqa: BLE001  whatever stops it is the host's to raise
        send_packet(control, Warm(error=traceback.format_exc()), None, None)
        os._exit(1)
    child = os.fork()
    if child == 0:
        os.close(owner)
        _parent(control, table, layers, rooted, paths)
    control.close()
    _keep(owner, child)


def _isolate(layers: Layers, paths: list[str]) -> bool:
    """Unprivileged user first, then the namespaces. Returns whether the private root is already in place."""
    rooted = False
    if os.geteuid() == 0:
        # Built as root, since the interpreter may lie where the unprivileged user could not reach it.
        rooted = layers.attempt("private mounts", namespaces.private_mounts) and layers.attempt(
            "private root", namespaces.build_root, paths
        )
        layers.attempt("unprivileged user", namespaces.drop_user)
    layers.attempt("namespaces", namespaces.enter_namespaces)
    return rooted


def _keep(owner: int, child: int) -> NoReturn:
    """Wait for the owner's or the parent's end; leave nothing alive."""
    poll = select.poll()
    for descriptor in (owner, os.pidfd_open(child)):
        poll.register(descriptor, select.POLLIN)
    poll.poll()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os._exit(0)


def _parent(control: socket.socket, table: BinaryIO | None, layers: Layers, rooted: bool, paths: list[str]) -> NoReturn:
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        frame = None if table is None else read_frame(table)
        if table is not None:
            table.close()
        if "namespaces" in layers.standing:
            own_proc = layers.attempt("private process list", namespaces.mount_proc)
            if own_proc and not rooted:
                layers.attempt("private root", namespaces.build_root, paths)
        send_packet(control, Warm(refused=layers.refused), None, None)
    except Exception:  # noqa: BLE001  whatever stops it is the host's to raise
        send_packet(control, Warm(error=traceback.format_exc()), None, None)
        os._exit(1)
    gc.collect()
    gc.freeze()  # a collection in a session would else write to, and so copy, every page
    Parent(control, frame, layers, paths).serve()


class Parent:
    """Forks sessions and buries them; single-threaded, and trusted: no cell runs in it."""

    def __init__(self, control: socket.socket, frame: pd.DataFrame | None, layers: Layers, paths: list[str]) -> None:
        self._control = control
        self._frame = frame
        self._layers = layers
        self._paths = paths
        self._sessions: dict[int, int] = {}
        self._scratch: dict[int, str] = {}
        self._namespaced = "namespaces" in layers.standing
        self._own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC) if self._namespaced else -1

    def serve(self) -> NoReturn:
        """Answer Start and End until the host hangs up."""
        while True:
            try:
                message, descriptor = receive_packet(self._control, Start | End, None)  # type: ignore[arg-type]
            except ProtocolError:
                for number in list(self._sessions):
                    self._end(number)
                os._exit(0)
            if isinstance(message, End):
                send_packet(self._control, Warm(status=self._end(message.session)), None, None)
            elif descriptor is not None:
                send_packet(self._control, self._start(message, descriptor), None, None)

    def _start(self, start: Start, descriptor: int) -> Warm:
        scratch = tempfile.mkdtemp(prefix="tabletutor-", dir="/tmp")
        child = -1
        try:
            if self._namespaced:
                kernel.unshare(kernel.CLONE_NEWPID)
            child = os.fork()
        except OSError as error:
            os.close(descriptor)
            return Warm(error=f"no session could be forked: {error}")
        finally:
            if self._namespaced and child != 0:
                kernel.setns(self._own_pids, kernel.CLONE_NEWPID)
        if child == 0:
            try:
                worker.serve(descriptor, start, self._frame, self._layers, scratch, self._paths)
            finally:
                os._exit(70)
        os.close(descriptor)
        self._sessions[start.session] = child
        self._scratch[start.session] = scratch
        return Warm()

    def _end(self, number: int) -> int | None:
        child = self._sessions.pop(number, None)
        if child is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        shutil.rmtree(self._scratch.pop(number), ignore_errors=True)
        return status


def _warm_up() -> None:
    """Do once what every session would else do first: lazy imports, caches, the display of a frame."""
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
