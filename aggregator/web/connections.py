"""Limits on connections: how many, how long a request may take to arrive, how large it may be, how slowly one reads.

uvicorn has none of these limits: a thousand idle connections take every descriptor of the process, so that
polling stops, and one header of 400 MB takes 400 MB of memory.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    connections: int = 256  # at a time; when full, the one that has waited longest is closed for the new one
    request_size: int = 32_768  # bytes of a whole request: its line, headers, and a body that nobody needs
    request_seconds: float = 10.0  # until a request has arrived whole
    stalled_seconds: float = 10.0  # that a reader may take for each `stalled_size` of an answer
    stalled_size: int = 8_192  # bytes


@dataclass(slots=True)
class _State:
    """What is known of one connection. Times are those of the event loop, in seconds."""

    waiting_since: float | None  # for a request; None while one is answered
    received: int = 0  # bytes of the request that is arriving
    unsent: int = 0  # bytes of answers, when last looked at
    moved_at: float = 0.0  # when the reader last took `stalled_size` bytes


@dataclass(slots=True)
class Connections:
    """All connections of one server. Belongs to its event loop."""

    limits: ConnectionLimits
    open: OrderedDict[LimitedProtocol, _State] = field(default_factory=OrderedDict)  # oldest change first
    _checking: bool = False

    def add(self, connection: LimitedProtocol, now: float) -> None:
        if len(self.open) >= self.limits.connections:
            waiting = (each for each, state in self.open.items() if state.waiting_since is not None)
            self.close(next(waiting, next(iter(self.open))))
        self.open[connection] = _State(waiting_since=now, moved_at=now)
        if not self._checking:
            self._checking = True
            connection.loop.call_later(1.0, self._check, connection.loop)

    def close(self, connection: LimitedProtocol) -> None:
        self.open.pop(connection, None)
        connection.transport.abort()

    def _check(self, loop: asyncio.AbstractEventLoop) -> None:
        """Closes connections that are too slow; once a second while there are any."""
        for connection, state in tuple(self.open.items()):
            if self._is_too_slow(connection, state, loop.time()):
                self.close(connection)
        self._checking = bool(self.open)
        if self._checking:
            loop.call_later(1.0, self._check, loop)

    def _is_too_slow(self, connection: LimitedProtocol, state: _State, now: float) -> bool:
        unsent = connection.transport.get_write_buffer_size()
        if unsent == 0 or unsent > state.unsent or state.unsent - unsent >= self.limits.stalled_size:
            state.unsent, state.moved_at = unsent, now
        if unsent:
            return now - state.moved_at > self.limits.stalled_seconds
        return state.waiting_since is not None and now - state.waiting_since > self.limits.request_seconds


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol within limits."""

    limited: Connections  # set by `limited_protocol`

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.limited.add(self, self.loop.time())

    def connection_lost(self, exc: Exception | None) -> None:
        self.limited.open.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        state = self.limited.open.get(self)
        if state is None:  # closed by us
            return
        state.received += len(data)
        if state.received > self.limited.limits.request_size:
            if state.waiting_since is not None:
                self.transport.write(_TOO_LARGE)
            self.limited.open.pop(self, None)
            self.transport.close()
            return
        super().data_received(data)

    def on_headers_complete(self) -> None:
        state = self.limited.open.get(self)
        if state is not None:
            state.waiting_since = None
            self.limited.open.move_to_end(self)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        state = self.limited.open.get(self)
        if state is not None:
            state.received = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        state = self.limited.open.get(self)
        if state is not None:
            state.waiting_since = self.loop.time()
            self.limited.open.move_to_end(self)
        super().on_response_complete()


_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\ncontent-length: 25\r\nconnection: close\r\n\r\n"
    b"The request is too large\n"
)


def limited_protocol(limits: ConnectionLimits) -> type[LimitedProtocol]:
    """The protocol class for one server."""
    return type("LimitedProtocol", (LimitedProtocol,), {"limited": Connections(limits)})
