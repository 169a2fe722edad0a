"""Peers that are third-party programs: Jupyter kernels, and containers with one exec per cell."""

import contextlib
import itertools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox_peers import Notebook, Pace, container_processes, variables
from sandbox_proc import below

from tabletutor.sandbox.host import image
from tabletutor.sandbox.host.process_label import process_label
from tabletutor.sandbox.protocol import environment

# What a Jupyter session runs before its first cell, tuned and untuned.
_JUPYTER = "import pandas as pd, numpy as np\n"
_JUPYTER_UNTUNED = _JUPYTER + "df = pd.read_parquet({table!r})\n"
_JUPYTER_TUNED = (
    _JUPYTER
    + """import gc, time
from pathlib import Path
from tabletutor.sandbox.guest.frame import read_frame
from tabletutor.sandbox.layers.kernel import trim_heap
df = read_frame(Path({table!r}))
gc.collect()
gc.freeze()
_began = []
get_ipython().events.register("pre_run_cell", lambda info: _began.append(time.monotonic()))
get_ipython().events.register(
    "post_run_cell", lambda result: trim_heap() if _began and time.monotonic() - _began.pop() > 0.002 else None
)
"""
)
_EXEC = """import pandas as pd, numpy as np
from pathlib import Path
from tabletutor.sandbox.guest.frame import read_frame
df = read_frame(Path("/data/table.parquet"))
"""
_numbers = itertools.count(1)


class _Kernel:
    """A Jupyter kernel, used as its client's documentation shows."""

    def __init__(self, connection: Path, setup: str, variables: dict[str, str]) -> None:
        from jupyter_client.manager import KernelManager

        self._manager: Any = KernelManager(connection_file=str(connection))
        self._manager.start_kernel(
            env=variables, cwd=str(connection.parent), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._client: Any = self._manager.blocking_client()
        try:
            self._client.start_channels(hb=False)
            self._client.wait_for_ready(timeout=120)
            self.run(setup)
        except BaseException:
            self.close()
            raise

    def run(self, code: str) -> None:
        request = self._client.execute(code)
        while True:
            message = self._client.get_iopub_msg(timeout=120)
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "error":
                raise RuntimeError("\n".join(message["content"]["traceback"]))
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return

    def close(self) -> None:
        self._manager.shutdown_kernel(now=True)
        self._client.stop_channels()


class Jupyter:
    """One Jupyter kernel per session."""

    pace: Pace = "slow"

    def __init__(self, table: Path, tuned: bool) -> None:
        self._folder = table.parent
        self._setup = (_JUPYTER_TUNED if tuned else _JUPYTER_UNTUNED).format(table=str(table))
        own = {"HOME": str(self._folder), "IPYTHONDIR": str(self._folder / "ipython")}  # leaves nothing behind
        self._environment = {**variables(tuned), **own}

    def start(self) -> Notebook:
        connection = self._folder / f"kernel-{next(_numbers)}.json"
        return _Kernel(connection, self._setup, self._environment)

    def processes(self) -> set[int]:
        return below(os.getpid())

    def close(self) -> None:
        """Do nothing, because sessions share nothing."""


class _Container:
    """A sleeping container, with a program executed in it for each cell; variables are not kept."""

    def __init__(self, client: Any, name: str, folder: Path) -> None:
        self._api = client.api
        settings = self._api.create_host_config(
            network_mode="none", binds={str(folder): {"bind": "/data", "mode": "ro"}}
        )
        self._id = self._api.create_container(
            name, ["/usr/bin/python3", "-c", "import signal; signal.pause()"], host_config=settings,
            entrypoint=[], labels={image.LABEL: process_label()},
        )["Id"]  # fmt: skip
        try:
            self._api.start(self._id)
        except BaseException:
            self.close()
            raise

    def run(self, code: str) -> None:
        command = ["/usr/bin/python3", "-s", "-P", "-B", "-c", _EXEC + code]
        variables = {**environment.PARENT, "PYTHONPATH": "/opt/tabletutor"}
        call = self._api.exec_create(self._id, command, environment=variables)["Id"]
        output = self._api.exec_start(call)
        if self._api.exec_inspect(call)["ExitCode"] != 0:
            raise RuntimeError(output.decode())

    def close(self) -> None:
        self._api.remove_container(self._id, force=True)


class Containers:
    """One container per session and one exec per cell, through the engine's API."""

    pace: Pace = "slowest"

    def __init__(self, table: Path) -> None:
        self._client = image.connect()
        self._image = image.ensure(self._client, None)
        self._folder = table.parent

    def start(self) -> Notebook:
        return _Container(self._client, self._image, self._folder)

    def processes(self) -> set[int]:
        return container_processes(self._client)

    def close(self) -> None:
        self._client.close()


@contextlib.contextmanager
def engine() -> Iterator[str | None]:
    """Prepare the containers' image, and remove what this process created at the end.

    Yields None, or the reason if there is no engine.
    """
    try:
        client = image.connect()
    except OSError as error:
        yield str(error)
        return
    try:
        image.ensure(client, None)
        yield None
    finally:
        image.sweep(client, also=process_label())
        client.close()
