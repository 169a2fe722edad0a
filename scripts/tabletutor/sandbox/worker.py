"""A session from the inside: locked down, it reads cells from its channel and answers each with one frame."""

import os
import socket
import sys
from typing import NoReturn

import msgspec
import pandas as pd

from tabletutor.sandbox import kernel
from tabletutor.sandbox.cells import Cells
from tabletutor.sandbox.layers import Layers
from tabletutor.sandbox.lockdown import CHANNEL, lock_down
from tabletutor.sandbox.output import Output
from tabletutor.sandbox.protocol import MAX_CODE, ProtocolError, Ready, Reply, Request, Start, receive_frame, send_frame

ENVIRONMENT = {
    "HOME": "/nonexistent", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC",
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0",
}  # fmt: skip


def serve(
    descriptor: int, start: Start, frame: pd.DataFrame | None, layers: Layers, scratch: str, paths: list[str]
) -> NoReturn:
    """Be the session behind `descriptor` until its host hangs up; never returns."""
    output = Output(start.output_bytes)
    os.dup2(descriptor, CHANNEL, inheritable=False)
    os.closerange(3, CHANNEL)
    channel = socket.socket(fileno=CHANNEL)
    scratch = lock_down(layers, scratch, start.memory_mb, paths)
    os.environ.clear()
    os.environ.update(ENVIRONMENT, TMPDIR=scratch, MPLCONFIGDIR=scratch)
    cells = Cells(frame, output, start.soft_seconds)
    send_frame(channel, Ready(start.nonce, tuple(layers.standing), layers.refused), None)
    try:
        while True:
            request = receive_frame(channel, Request, 8 * MAX_CODE, None)
            result = cells.run(request.cell, request.code)
            send_frame(channel, Reply(start.nonce, request.cell, msgspec.Raw(msgspec.json.encode(result))), None)
            kernel.trim_heap()
    except ProtocolError:
        sys.exit(0)
