"""Bytes to what the feed said: `parse` decodes the document and hands it to the first reader that knows it.

A reader is a function from a document to a ParsedFeed, or to None where the document is not of its kind;
another format is one new file and one name in `READERS`.
"""

from __future__ import annotations

from collections.abc import Callable

from aggregator.errors import ParseError
from aggregator.models import ParsedFeed
from aggregator.parse import jsonfeed, not_a_feed, xmlfeed
from aggregator.parse.document import Document, document

__all__ = ["READERS", "parse"]

Reader = Callable[[Document], ParsedFeed | None]
READERS: tuple[Reader, ...] = (jsonfeed.read, xmlfeed.read)


def parse(body: bytes, content_type: str | None, url: str) -> ParsedFeed:
    """What the feed said, nothing repaired; links relative to the document are left as they stood.

    `content_type`: the HTTP header, for its charset; `url`: where the document was fetched in the end.
    Raises ParseError alone. Time and memory are bounded by whoever calls, in a process that can be killed.
    """
    try:
        return _parse(body, content_type, url)
    except (ParseError, MemoryError):  # the latter is for whoever bounds it
        raise
    except RecursionError as error:
        raise ParseError("a document that is nested too deeply") from error
    except Exception as error:  # whatever a hostile document brings about is the document's failure
        raise ParseError(f"a document on which the reader fails ({type(error).__name__})") from error


def _parse(body: bytes, content_type: str | None, url: str) -> ParsedFeed:
    known = not_a_feed.by_first_bytes(body)
    if known:
        raise ParseError(known)
    found = document(body, content_type, url)
    for read in READERS:
        feed = read(found)
        if feed is not None:
            return feed
    raise ParseError(not_a_feed.by_text(found.text, url))
