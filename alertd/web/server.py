"""The listener: an HTTP server on a thread of its own."""

from __future__ import annotations

import socket
import threading

import uvicorn
from starlette.types import ASGIApp

_KEEP_ALIVE = 5
_MOST_AT_ONCE = 200
_WAITING = 100


class Server:
    """Serves an application from the moment it is made.

    Args:
        app: The application.
        listen: `host:port`.

    Raises:
        OSError: it cannot listen there.
    """

    def __init__(self, app: ASGIApp, listen: str) -> None:
        self._socket = _bound(listen)
        # Access is not logged: addresses of webhooks say who was written to and when. Nor are faults here, whose text
        # may hold anything: the application logs them without it.
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="critical",
            access_log=False,
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE,
            limit_concurrency=_MOST_AT_ONCE,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="web", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._socket.getsockname()[1])

    @property
    def is_running(self) -> bool:
        """Whether it serves, or is about to."""
        return self._thread.is_alive()

    def stop(self, seconds: float) -> bool:
        """Take no more requests, end those in hand, and tell whether that came in time."""
        self._server.should_exit = True
        self._thread.join(max(0.0, seconds))
        self._socket.close()
        return not self._thread.is_alive()


def _bound(listen: str) -> socket.socket:
    """A socket on which connections wait from now on, before the thread that takes them has begun."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_WAITING)
    except OSError:
        bound.close()
        raise
    return bound
