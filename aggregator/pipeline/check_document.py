"""A document as `check --online` reads it: as a poll does, and how much of its HTML is dropped. In a worker process."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from aggregator.dedupe import add_keys
from aggregator.errors import ParseError
from aggregator.models import ParsedEntry, ReadError, ReadFeed
from aggregator.normalise import normalise
from aggregator.normalise.dropped import dropped_elements
from aggregator.parse import parse


@dataclass(frozen=True, slots=True)
class DroppedHtml:
    """What the sanitiser leaves out of a feed's entries."""

    elements: tuple[str, ...] = ()  # names, the most frequent first
    entries: int = 0  # that have one of them
    before: int = 0  # characters of HTML in the document
    after: int = 0  # and of what is kept


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """A document read, and what was dropped from it."""

    read: ReadFeed | ReadError
    dropped: DroppedHtml = DroppedHtml()


def check_document(body: bytes, content_type: str | None, url: str, now: datetime) -> CheckedDocument:
    """As aggregator.pipeline.read has it, with what that leaves out. `url`: the effective one."""
    try:
        parsed = parse(body, content_type, url)
        feed = add_keys(normalise(parsed, url, now), url)
    except ParseError as error:
        return CheckedDocument(ReadError(str(error)))
    return CheckedDocument(feed, _dropped(parsed.entries, feed))


def _dropped(parsed: tuple[ParsedEntry, ...], feed: ReadFeed) -> DroppedHtml:
    sources = [text.value for entry in parsed if (text := entry.content or entry.summary)]
    counts = [dropped_elements(source) for source in sources]
    total = sum(counts, Counter[str]())
    return DroppedHtml(
        tuple(name for name, _ in total.most_common()),
        sum(map(bool, counts)),
        sum(map(len, sources)),
        sum(len(entry.content) for entry in feed.entries),
    )
