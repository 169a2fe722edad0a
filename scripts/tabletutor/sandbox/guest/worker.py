"""The main loop of a session: lock down, then read cells from the channel and reply to each with one frame."""

import os
import resource
import socket
import sys
import time
from typing import NoReturn

import msgspec

from tabletutor.sandbox.guest.notebook import Notebook
from tabletutor.sandbox.guest.output import Output
from tabletutor.sandbox.layers import kernel
from tabletutor.sandbox.layers.lockdown import CHANNEL, Lockdown, SetupLog
from tabletutor.sandbox.layers.selftest import missing_layers
from tabletutor.sandbox.protocol import environment
from tabletutor.sandbox.protocol.frames import (
    MAX_CODE,
    Hello,
    HostView,
    Limits,
    ProtocolError,
    Ready,
    Reply,
    Request,
    SocketChannel,
)  # fmt: skip

_TRIM_SECONDS = 0.002  # shorter cells free little memory


def serve(
    descriptor: int,
    log: SetupLog,
    lockdown: Lockdown,
    scratch: str,
    notebook: Notebook,
    limits: Limits,
    host: HostView,
) -> NoReturn:
    """Run the session on socket `descriptor` until the host closes it; never return."""
    output = Output(limits.output_bytes)
    os.dup2(descriptor, CHANNEL, inheritable=False)
    os.closerange(3, CHANNEL)
    os.closerange(CHANNEL + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    channel = SocketChannel(socket.socket(fileno=CHANNEL))
    scratch = lockdown.apply(log, scratch)
    os.environ.update(dict.fromkeys(environment.SCRATCH, scratch))
    notebook.seed()
    try:
        hello = channel.receive(Hello, 1 << 10, None)
        missing = missing_layers(host, limits, scratch) if hello.test else {}
        channel.send(Ready(hello.nonce, log.refused, missing), None)
        while True:
            request = channel.receive(Request, 8 * MAX_CODE, None)
            start = time.monotonic()
            result = notebook.run(request.cell, request.code, output)
            channel.send(Reply(hello.nonce, request.cell, msgspec.Raw(msgspec.json.encode(result))), None)
            if time.monotonic() - start > _TRIM_SECONDS:
                kernel.trim_heap()
    except ProtocolError:
        sys.exit(0)
