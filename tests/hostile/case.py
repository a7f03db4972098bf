"""A row of the tables here: what a hostile server does, and what must become of its feed."""

from __future__ import annotations

from dataclasses import dataclass

from support.feeds import numbered, rss
from support.server import Reply, Route

FEED = rss(*numbered(range(3)))  # what a server sends that is hostile in other ways
LENGTH = b"Content-Length: %d\r\n" % len(FEED)


def chunk(data: bytes) -> bytes:
    """The data as one chunk (RFC 9112, 7.1)."""
    return b"%x\r\n%s\r\n" % (len(data), data)


@dataclass(frozen=True, slots=True)
class Case:
    """`words`: a part of what the feed's owner is told; `status`: "" where it may be read or not;
    `new`: entries kept, of a feed that is read."""

    route: Route
    words: str = ""
    status: str = "failing"
    new: int | None = None
    url: str = "http://{host}:{port}{path}"  # as it stands in feeds.yaml


def fails(route: Route, words: str) -> Case:
    """A feed that cannot be read; its owner is told why."""
    return Case(route, words)


def reads(route: Route, new: int | None = 3, words: str = "") -> Case:
    """A feed that is read all the same."""
    return Case(route, words, "ok", new)


def held(route: Route) -> Case:
    """A feed that may be read or not, as long as it harms nobody."""
    return Case(route, status="")


def document(body: bytes | str, content_type: str = "application/xml") -> Reply:
    """The document, sent as a good server would."""
    data = body if isinstance(body, bytes) else body.encode()
    return Reply(200, data, (("Content-Type", content_type),))
