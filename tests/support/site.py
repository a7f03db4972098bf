"""The web application on a real server on loopback, and a plain client that hides nothing."""

from __future__ import annotations

import gzip
import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from aggregator.web import Search, ShowStory, make_app
from aggregator.web.feeds import FeedSettings

MAX_AGE = 300


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def plain(self) -> bytes:
        """The body, unpacked where it came packed."""
        return gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body


@dataclass(frozen=True)
class Site:
    folder: Path
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def ask(self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, headers=dict(headers or {}))
            answer = connection.getresponse()
            body = answer.read()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)
        finally:
            connection.close()


@contextmanager
def serving(
    folder: Path,
    prefix: str = "/",
    search: Search | None = None,
    feeds: FeedSettings | None = None,
    story: ShowStory | None = None,
) -> Iterator[Site]:
    """The application on a port of its own."""
    app = make_app(folder, lambda: MAX_AGE, prefix, search=search, story=story, feeds=feeds)
    config = uvicorn.Config(app, log_level="error", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # from here on a client waits instead of being refused
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Site(folder, listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()
