"""Small makers of records, so that a test names only what it is about."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator import links
from aggregator.dedupe import pending, strength, title_key
from aggregator.models import Decision, Entry, FeedInfo, KnownEntry, ReadFeed

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def entry(
    title: str = "A headline that says quite enough", link: str | None = None, hours: float = 0, **more: Any
) -> Entry:
    """An entry with its keys filled in; `hours` after noon."""
    guid = more.pop("guid", link or title)
    key = title_key(title)
    text = f"{title} {link} {more.get('content', '')} {more.get('summary', '')}"
    fields: dict[str, Any] = {
        "guid": guid,
        "link": link,
        "title": title,
        "published": NOON + timedelta(hours=hours),
        "date_reason": "source",
        "link_key": links.link_key(link),
        "title_key": key,
        "title_strength": strength(key),
        "fingerprint": hashlib.md5(text.encode()).hexdigest(),
    }
    return Entry(**(fields | more))


def known(found: Entry, id: int = 1, feed_id: int = 1, **more: Any) -> KnownEntry:
    """The same entry as the store would give it back."""
    pending_one = pending(0, found, feed_id)
    return replace(pending_one, **({"id": id, "story_id": id} | more))


def document(*entries: Entry, title: str = "A feed", link: str = "https://feed.example/") -> ReadFeed:
    return ReadFeed(FeedInfo("rss20", title, link), entries)


def outcomes(decisions: tuple[Decision, ...]) -> list[tuple[str, str]]:
    return [(decision.action, decision.rule) for decision in decisions]
