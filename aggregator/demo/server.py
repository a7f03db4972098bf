"""Serves the demo's feeds from loopback, as politely as one wishes that all servers did."""

from __future__ import annotations

import gzip
import hashlib
import re
import socketserver
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aggregator.demo.catalogue import FEEDS, PAGE, DemoFeed
from aggregator.demo.placeholders import fill

_FOLDER = Path(__file__).parent / "feeds"
_NOTHING_HERE = b"There is nothing here.\n"


@contextmanager
def serve(now: datetime, port: int = 0) -> Iterator[str]:
    """The address that all feeds are served under, with a slash at its end, until the block is left.

    `now`: what the feeds' dates are counted back from; `port`: 0 for any that is free. Raises OSError where
    the port is taken.
    """
    pages = {feed.path: _page(feed, now) for feed in (*FEEDS, PAGE)}
    with _Server(port, pages) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="demo feeds", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True, slots=True)
class _Page:
    body: bytes
    packed: bytes
    media_type: str
    tag: str
    modified: str

    def etag(self, packed: bool) -> str:
        """Of what is sent: two forms of one page need two strong tags (RFC 9110, 8.8.3.3)."""
        return f'"{self.tag}-gzip"' if packed else f'"{self.tag}"'


def _page(feed: DemoFeed, now: datetime) -> _Page:
    text = fill((_FOLDER / feed.file).read_text("utf-8"), now, feed.encoding)
    body = text.encode(feed.encoding)
    return _Page(
        body,
        gzip.compress(body, mtime=0),
        feed.media_type,
        hashlib.sha256(body).hexdigest()[:16],
        format_datetime(now.astimezone(UTC), usegmt=True),
    )


class _Server(ThreadingHTTPServer):
    def __init__(self, port: int, pages: Mapping[str, _Page]) -> None:
        self.pages = pages
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer's asks DNS for a name of the host

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client that left is no news
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10  # seconds, for a client that connects and says nothing

    def do_GET(self) -> None:
        page = self.server.pages.get(self.path.partition("?")[0])
        if page is None:
            self._answer(404, {"Content-Type": "text/plain; charset=utf-8"}, _NOTHING_HERE)
            return
        packed = _accepts_gzip(self.headers.get("Accept-Encoding", ""))
        headers = {
            "ETag": page.etag(packed),
            "Last-Modified": page.modified,
            "Vary": "Accept-Encoding",
        }
        if self._has(page, headers["ETag"]):
            self._answer(304, headers)
            return
        headers["Content-Type"] = page.media_type
        if packed:
            headers["Content-Encoding"] = "gzip"
        self._answer(200, headers, page.packed if packed else page.body)

    do_HEAD = do_GET

    def _has(self, page: _Page, etag: str) -> bool:
        """Whether the client has this very page; its ETag decides before its date (RFC 9110, 13.2.2)."""
        tags = self.headers.get("If-None-Match")
        if tags is None:
            return self.headers.get("If-Modified-Since") == page.modified
        return any(tag.strip().removeprefix("W/") in (etag, "*") for tag in tags.split(","))

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body is not None and self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        return "aggregator demo"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what is polled is told by who polls."""


def _accepts_gzip(accepted: str) -> bool:
    """Whether gzip is among the codings, and not with a weight of nought (RFC 9110, 12.5.3)."""
    return re.search(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", accepted, re.I) is not None
