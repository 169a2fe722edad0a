"""An HTTP server for the chat endpoint: a listening socket and uvicorn."""

import socket
from ipaddress import ip_address

import uvicorn
from starlette.applications import Starlette

GRACE = 2  # seconds that open replies have to end when the server stops


class ChatServer:
    """A server that listens from its creation on, on a port of its own if `port` is 0.

    Attributes:
        address: The base URL of the endpoint, for clients.
    """

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        """Raises OSError if the address cannot be used."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family)
        shown = f"[{host}]" if ":" in host else host
        self.address = f"http://{shown}:{self._socket.getsockname()[1]}/v1"
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=GRACE, ws="none"
        )
        self._server = uvicorn.Server(config)

    def run(self) -> None:
        """Answer requests until `stop` is called. In the main thread, SIGINT ends it with KeyboardInterrupt."""
        self._server.run([self._socket])

    def stop(self) -> None:
        """Let `run` return, from another thread."""
        self._server.should_exit = True


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
