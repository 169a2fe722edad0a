"""An HTTP server for the chat endpoint: a listening socket, uvicorn, and the engine while they run."""

import asyncio
import socket
from ipaddress import ip_address

import uvicorn
from starlette.applications import Starlette

from tabletutor.serving.engine import Engine

GRACE = 2  # seconds that responses have to be sent when the server stops


class ChatServer:
    """A server that listens from its creation on, on a port of its own if `port` is 0.

    Attributes:
        address: The base URL of the endpoint, for clients.
    """

    def __init__(self, app: Starlette, engine: Engine, host: str, port: int) -> None:
        """Raises OSError if the address cannot be used."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._socket = socket.create_server((host, port), family=family)
        except OSError as error:
            message = f"cannot listen on {host}, port {port} ({error.strerror}); choose another --host or --port"
            raise OSError(message) from error
        shown = f"[{host}]" if ":" in host else host
        self.address = f"http://{shown}:{self._socket.getsockname()[1]}/v1"
        self._engine = engine
        self._server = _Server(app, engine)

    def run(self) -> None:
        """Answer requests until `stop` is called. In the main thread, SIGINT ends it with KeyboardInterrupt."""
        self._engine.start()
        try:
            self._server.run([self._socket])
        finally:
            self._engine.close()

    def stop(self) -> None:
        """Let `run` return, from another thread."""
        self._server.should_exit = True


class _Server(uvicorn.Server):
    """A uvicorn server that lets open replies fail before it waits for its responses to end."""

    def __init__(self, app: Starlette, engine: Engine) -> None:
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=GRACE, ws="none"
        )
        super().__init__(config)
        self._engine = engine

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop decoding, then stop as uvicorn does."""
        await asyncio.to_thread(self._engine.close)
        await super().shutdown(sockets)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
