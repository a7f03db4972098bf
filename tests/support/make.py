"""Small makers of records, so that a test names only what it is about."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator import links
from aggregator.dedupe import pending, strength, title_key
from aggregator.models import Decision, Entry, FeedInfo, Keys, KnownEntry, ReadFeed

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
        "keys": with_keys(Keys(links.link_key(link), key, strength(key)), more),
        "fingerprint": hashlib.md5(text.encode()).hexdigest(),
    }
    return Entry(**(fields | more))


def with_keys(keys: Keys, more: dict[str, Any]) -> Keys:
    """The keys with those that `more` has, which are taken out of it."""
    return replace(keys, **{name: more.pop(name) for name in tuple(more) if name in Keys.__slots__})


def known(found: Entry, id: int = 1, feed_id: int = 1, **more: Any) -> KnownEntry:
    """The same entry as the store would give it back."""
    pending_one = pending(0, found, feed_id)
    return replace(pending_one, **({"id": id, "story_id": id} | more))


def document(*entries: Entry, title: str = "A feed", link: str = "https://feed.example/") -> ReadFeed:
    return ReadFeed(FeedInfo("rss20", title, link), entries)


def outcomes(decisions: tuple[Decision, ...]) -> list[tuple[str, str]]:
    return [(decision.action, decision.rule) for decision in decisions]
