"""The scoring server: real HTTP on loopback, many hosts on one port, every exchange written down."""

from __future__ import annotations

import asyncio
import http
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from .log import Exchange
from .sites import Answer, Asked, Site, http_date
from .warp import START


class Scorer:
    """Answers for the sites, by Host and path."""

    def __init__(self, sites: Iterable[Site]) -> None:
        self.log: list[Exchange] = []
        self._sites = {(site.place, f"/{site.name}"): site for site in sites}
        self._asked: Counter[str] = Counter()
        self.port = 0

    async def listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Conversation(self), "127.0.0.1", 0, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        return server

    def real(self, url: str) -> str:
        """The URL with the port, which the sites and the log do without."""
        return url.replace(".example/", f".example:{self.port}/")

    def answer(self, method: str, target: str, headers: dict[str, bytes]) -> Answer:
        at = START.timestamp() + asyncio.get_running_loop().time()
        now = datetime.fromtimestamp(int(at), UTC)
        host = headers.get("host", b"").decode().partition(":")[0]
        site = self._sites.get((host, target.partition("?")[0]))
        answer = Answer(404, is_feed=False)
        if site is not None:
            answer = site(Asked(now, target, headers, self._asked[site.url]))
            self._asked[site.url] += 1
        sent = {"date": http_date(now), **answer.headers}
        self.log.append(Exchange(at, host, target, answer.status, sent, headers, method, answer.is_feed))
        if "location" in sent:
            sent = sent | {"location": self.real(sent["location"].decode()).encode()}
        return replace(answer, headers=sent)


class _Conversation(asyncio.Protocol):
    """One request, one answer."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if b"\r\n\r\n" not in self._heard:
            return
        first, *lines = self._heard.partition(b"\r\n\r\n")[0].split(b"\r\n")
        method, target, _ = first.decode("latin-1").split(" ", 2)
        pairs = (line.partition(b":") for line in lines)
        headers = {name.decode("latin-1").lower(): value.strip(b" \t") for name, _, value in pairs}
        answer = self._scorer.answer(method, target, headers)
        if answer.breaks == "never":
            return
        if answer.breaks != "off":
            self._transport.write(_wire(answer))
        self._transport.close()


def _wire(answer: Answer) -> bytes:
    phrase = http.HTTPStatus(answer.status).phrase
    lines = [f"HTTP/1.1 {answer.status} {phrase}".encode()]
    lines += [name.title().encode() + b": " + value for name, value in answer.headers.items()]
    if answer.status != 304:
        lines.append(b"Content-Length: %d" % len(answer.body))
    return b"\r\n".join([*lines, b"Connection: close", b"", b""]) + (
        answer.body if answer.status != 304 else b""
    )
