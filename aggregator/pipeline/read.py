"""Bytes to comparable entries: parse, normalise, fill in the keys and the words. Runs in a worker process."""

from __future__ import annotations

from datetime import datetime

from aggregator.dedupe import add_keys
from aggregator.errors import ParseError
from aggregator.models import ReadError, ReadFeed
from aggregator.normalise import normalise
from aggregator.parse import parse
from aggregator.related import with_words


def read(body: bytes, content_type: str | None, url: str, now: datetime) -> ReadFeed | ReadError:
    """The document as we keep it, or why it cannot be read. `url`: the effective one."""
    try:
        return with_words(add_keys(normalise(parse(body, content_type, url), url, now), url), url)
    except ParseError as error:
        return ReadError(str(error))
