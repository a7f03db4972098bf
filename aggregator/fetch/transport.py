"""httpx's transport: one exchange, one connection, opened through the guard and never used again.

A connection that is kept is a trap: bytes after a complete answer would be taken as the answer to the
next request, so that one feed could forge another's content. So there is no pool either.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from functools import cached_property
from typing import Protocol

from aggregator.fetch.exchange import Exchange
from aggregator.fetch.httpx_door import httpcore, httpx
from aggregator.fetch.network import GuardedBackend
from aggregator.fetch.proxy import Proxy
from aggregator.fetch.stream import Stream, TlsStream


class Transport(httpx.AsyncBaseTransport):
    """Carries out requests as they are: no cookies, no redirects, no decoding, no proxy but one that is named."""

    def __init__(
        self,
        backend: GuardedBackend,
        make_tls: Callable[[], ssl.SSLContext],
        proxy: Proxy | None = None,
    ) -> None:
        self._backend = backend
        self._make_tls = make_tls
        self._proxy = proxy

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made once, at the first https: reading the certificates takes 20 to 40 ms."""
        context = self._make_tls()
        context.set_alpn_protocols(["http/1.1"])
        return context

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        tls = self._tls if request.url.scheme == "https" else None
        if self._proxy is not None:
            return await self._through(self._proxy, request, tls)
        url, seconds = request.url, request.extensions.get("timeout", {}).get("connect")
        host = url.raw_host.decode("ascii")
        stream: Stream | TlsStream
        stream = plain = await self._backend.connect_tcp(host, url.port or (443 if tls else 80), seconds)
        try:
            if tls is not None:
                stream = await plain.start_tls(tls, host, seconds)
            exchange = Exchange(stream)
            status, headers = await exchange.ask(
                request.method, url.raw_path, request.headers.raw, await request.aread()
            )
        except BaseException:
            await stream.aclose()
            raise
        return httpx.Response(status, headers=headers, stream=_Body(exchange.body(), stream))

    async def _through(
        self, proxy: Proxy, request: httpx.Request, tls: ssl.SSLContext | None
    ) -> httpx.Response:
        """The answer by way of a proxy, which httpcore speaks to."""
        url = request.url
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        connection = proxy.connection(target.origin, tls)
        try:
            answer = await connection.handle_async_request(
                httpcore.Request(
                    request.method,
                    target,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except BaseException:
            await connection.aclose()
            raise
        stream: Stream | TlsStream = answer.extensions["network_stream"]
        stream.head_is_read()
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer.aiter_stream(), connection)
        )


class _Connection(Protocol):
    async def aclose(self) -> None: ...


class _Body(httpx.AsyncByteStream):
    """The rest of the answer; closing it closes the connection."""

    def __init__(self, pieces: AsyncIterator[bytes], connection: _Connection) -> None:
        self._pieces = pieces
        self._connection = connection

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces

    async def aclose(self) -> None:
        await self._connection.aclose()
