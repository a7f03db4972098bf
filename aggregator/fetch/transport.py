"""httpx's transport: one exchange, one connection, opened through the guard and never used again.

A connection that is kept is a trap: bytes after a complete answer would be taken as the answer to the
next request, so that one feed could forge another's content. So there is no pool either.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from functools import cached_property

from aggregator.fetch.httpx_door import httpcore, httpx
from aggregator.fetch.proxy import Proxy
from aggregator.fetch.stream import Stream, TlsStream


class Transport(httpx.AsyncBaseTransport):
    """Carries out requests as they are: no cookies, no redirects, no decoding, no proxy but one that is named."""

    def __init__(
        self,
        backend: httpcore.AsyncNetworkBackend,
        make_tls: Callable[[], ssl.SSLContext],
        proxy: Proxy | None = None,
    ) -> None:
        self._backend = backend
        self._make_tls = make_tls
        self._proxy = proxy

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made once, at the first https: reading the certificates takes 20 to 40 ms."""
        return self._make_tls()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        tls = self._tls if url.scheme == "https" else None
        connection: httpcore.AsyncConnectionInterface
        if self._proxy is not None:
            connection = self._proxy.connection(target.origin, tls)
        else:
            connection = httpcore.AsyncHTTPConnection(
                target.origin, ssl_context=tls, network_backend=self._backend
            )
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
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer, connection))


class _Body(httpx.AsyncByteStream):
    """The rest of the answer; closing it closes the connection."""

    def __init__(self, answer: httpcore.Response, connection: httpcore.AsyncConnectionInterface) -> None:
        self._answer = answer
        self._connection = connection

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._answer.aiter_stream()

    async def aclose(self) -> None:
        await self._connection.aclose()
