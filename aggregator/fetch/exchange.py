"""One HTTP/1.1 request and its answer on an open connection: the only file that imports h11, httpcore's parser.

httpcore's own connections are made to be shared: their locks, and the library that brings these (anyio), take a quarter
of an exchange's time, and here each connection serves one exchange.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import h11

from aggregator.fetch.httpx_door import httpcore
from aggregator.fetch.stream import Stream, TlsStream

_PIECE = 64 * 1024  # bytes that are read at a time
_LONGEST_HEAD = 100 * 1024  # of one answer, those of 1xx apart, which the stream bounds


class Exchange:
    """Raises what httpcore raises where it is in the same place."""

    def __init__(self, stream: Stream | TlsStream) -> None:
        self._stream = stream
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)

    async def ask(
        self, method: str, target: bytes, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Sends the request; the status and the headers of the answer."""
        try:
            request = h11.Request(method=method, target=target, headers=headers)
            events = (request, h11.Data(body), h11.EndOfMessage()) if body else (request, h11.EndOfMessage())
            data = b"".join(self._http.send(event) or b"" for event in events)
        except h11.LocalProtocolError as error:
            raise httpcore.LocalProtocolError(str(error)) from error
        with contextlib.suppress(httpcore.WriteError):  # what the server said before it hung up counts
            await self._stream.write(data)
        while isinstance(event := await self._event(), h11.InformationalResponse):
            pass  # 1xx: the answer is yet to come
        if not isinstance(event, h11.Response):
            raise httpcore.RemoteProtocolError("Server did not send a response.")
        self._stream.head_is_read()
        return event.status_code, event.headers.raw_items()

    async def body(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._event(), h11.Data):
            yield bytes(event.data)

    async def _event(self) -> object:
        """What the server says next."""
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                data = await self._stream.read(_PIECE)
                if not data and self._http.their_state is h11.SEND_RESPONSE:
                    raise httpcore.RemoteProtocolError("Server disconnected without sending a response.")
                self._http.receive_data(data)
        except h11.RemoteProtocolError as error:
            raise httpcore.RemoteProtocolError(str(error)) from error
        return event
