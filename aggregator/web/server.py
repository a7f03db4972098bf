"""The web server: uvicorn in a thread of its own, so that readers are answered whatever polling is waiting for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.web.connections import ConnectionLimits, limited_protocol

log = logging.getLogger(__name__)

_LONGEST_STOP = 2.5  # seconds


# asyncio accepts as many connections as this at once, before the limits on them can act: with uvicorn's 2,048
# a crowd takes every descriptor of the process.
_BACKLOG = 128


class WebServer:
    """Serves one application, which can be exchanged while it runs. Use as a context manager."""

    def __init__(
        self,
        listener: socket.socket,
        app: ASGIApp,
        trusted_proxies: Sequence[str] = (),
        limits: ConnectionLimits | None = None,
    ) -> None:
        """`trusted_proxies`: addresses or networks, of which X-Forwarded-For and -Proto are believed."""
        self.app = app
        self._listener = listener
        self._server = _Server(
            uvicorn.Config(
                self._call,
                interface="asgi3",
                http=limited_protocol(limits or ConnectionLimits()),
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                backlog=_BACKLOG,
                proxy_headers=True,
                forwarded_allow_ips=list(trusted_proxies),
                timeout_keep_alive=5,
                timeout_graceful_shutdown=1,
            )
        )
        # A daemon: a search that takes its time must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    def __enter__(self) -> WebServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(_LONGEST_STOP)
        self._listener.close()
        if self._listener.family == socket.AF_UNIX:
            with contextlib.suppress(OSError):
                Path(self._listener.getsockname()).unlink()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            asyncio.run(self._server.serve(sockets=[self._listener]))
        except Exception:
            log.exception("the web server ended")

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class _Server(uvicorn.Server):
    """uvicorn in a thread: the signals are the service's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
