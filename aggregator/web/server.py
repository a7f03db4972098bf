"""The web server: uvicorn in a thread of its own, so that readers are answered whatever polling is waiting for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import stat
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.errors import AggregatorError
from aggregator.web.connections import ConnectionLimits, limited_protocol

log = logging.getLogger(__name__)

UNIX = "unix:"  # a host that begins like this is the path of a Unix socket
_LONGEST_STOP = 2.5  # seconds


class ServerError(AggregatorError):
    """The address cannot be served at; the text says why and what to do."""


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


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; `host` may be `unix:` and a path. Raises ServerError with what to do."""
    if host.startswith(UNIX):
        return _listen_unix(Path(host.removeprefix(UNIX)))
    if not host.strip("[] "):
        raise ServerError("--host is empty, which would mean every address: write 0.0.0.0 if that is meant")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ServerError(
            f"cannot serve at {host}:{port}: {error.strerror or error}; choose another --port or --host,"
            " or --no-web"
        ) from error
    return listener


def _listen_unix(path: Path) -> socket.socket:
    """A Unix socket that the owner and the group may use, so that a web server of that group can."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISSOCK(path.stat().st_mode):  # left by a crash: one that is used is found by connecting
                _refuse_if_used(path)
                path.unlink()
        before = os.umask(0o117)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ServerError(f"cannot serve at {UNIX}{path}: {error.strerror or error}") from error
    return listener


def _refuse_if_used(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return
    raise ServerError(f"cannot serve at {UNIX}{path}: another process serves there")


def address_of(listener: socket.socket) -> str:
    """As "http://127.0.0.1:8080/", or "unix:/run/aggregator/web.sock"."""
    name: Any = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        return f"{UNIX}{name}"
    host, port = name[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
