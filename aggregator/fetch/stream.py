"""One TCP connection as httpcore wants it: a bare socket, and TLS over it.

httpcore's own (anyio) costs 0.2 ms more a poll, and cannot be told how much to read at most.
"""

# ruff: noqa: ASYNC109 -- httpcore asks for `timeout` arguments

from __future__ import annotations

import asyncio
import math
import socket
import ssl
from collections.abc import Callable
from typing import TypeVar

from aggregator.fetch.errors import FetchProblem
from aggregator.fetch.httpx_door import httpcore

T = TypeVar("T")

# A server may send any number of 1xx answers before the real one, and httpcore reads them all.
MOST_HEAD = 256 * 1024  # bytes, of the TLS handshake and all headers
_PIECE = 64 * 1024


class Stream(httpcore.AsyncNetworkStream):
    """An open connection. It has no timeouts of its own: the whole exchange has one deadline."""

    def __init__(self, connection: socket.socket, host: str) -> None:
        self._socket = connection
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._left: float = MOST_HEAD

    def head_is_read(self) -> None:
        """Lifts the limit on headers; the body has a limit of its own."""
        self._left = math.inf

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        # sock_recv does not wait where there is something to read: without this pause, a server that
        # always has more would keep the loop from its deadlines and from the other feeds.
        await asyncio.sleep(0)
        try:
            data = await self._loop.sock_recv(self._socket, max_bytes)
        except OSError as error:
            raise httpcore.ReadError(error.strerror or "reset") from error
        self._left -= len(data)
        if self._left < 0:
            raise httpcore.RemoteProtocolError(f"headers of more than {MOST_HEAD // 1024} KB")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            await self._loop.sock_sendall(self._socket, buffer)
        except OSError as error:  # httpcore still reads what the server said before it hung up
            raise httpcore.WriteError(error.strerror or "reset") from error

    async def aclose(self) -> None:
        self._socket.close()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> TlsStream:
        host = server_hostname or self._host  # not the proxy, where there is one
        try:
            async with asyncio.timeout(timeout):
                return await TlsStream.over(self, ssl_context, host.rstrip("."))
        except BaseException as error:
            await self.aclose()
            problem = _tls_problem(error, host)
            if problem is None:
                raise
            raise problem from error


class TlsStream(httpcore.AsyncNetworkStream):
    """TLS over a connection, by memory buffers: nothing outlives the socket."""

    def __init__(self, under: Stream, context: ssl.SSLContext, host: str) -> None:
        self._under = under
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    @classmethod
    async def over(cls, under: Stream, context: ssl.SSLContext, host: str) -> TlsStream:
        """The stream after its handshake."""
        stream = cls(under, context, host)
        await stream._pump(stream._tls.do_handshake)
        return stream

    def certificate(self) -> dict[str, object]:
        """The server's, as `ssl.SSLSocket.getpeercert` gives it."""
        return dict(self._tls.getpeercert() or {})

    def head_is_read(self) -> None:
        self._under.head_is_read()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return await self._pump(lambda: self._tls.read(max_bytes))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""  # many servers hang up without a goodbye: the HTTP layer knows whether all came
        except ssl.SSLError as error:
            raise httpcore.ReadError(_reason(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._pump(lambda: self._tls.write(buffer))

    async def aclose(self) -> None:
        await self._under.aclose()

    async def _pump(self, step: Callable[[], T]) -> T:
        """What `step` gives once the peer has sent what it needs."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._under.read(_PIECE)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                await self._flush()
                return result

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._under.write(self._outgoing.read())


def _tls_problem(error: BaseException, host: str) -> FetchProblem | None:
    """What a failed handshake means to the feed's owner; None for what is not its failure."""
    if isinstance(error, TimeoutError):
        return FetchProblem("unreachable", f"{host} did not answer the TLS handshake in time")
    if isinstance(error, ssl.SSLCertVerificationError):
        return FetchProblem("unreachable", f"the certificate of {host} is not valid: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        return FetchProblem("unreachable", f"no TLS connection with {host}: {_reason(error)}")
    if isinstance(error, httpcore.NetworkError | httpcore.RemoteProtocolError):
        return FetchProblem("unreachable", f"no TLS connection with {host}: {error}")
    if isinstance(error, ValueError):  # a host name that cannot be put into TLS
        return FetchProblem("unreachable", f"no TLS connection with {host}: the name cannot be sent")
    return None


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or "it broke off").replace("_", " ").lower()
