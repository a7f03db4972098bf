"""Decides when permanent redirects mean that a feed has moved, and where."""

from __future__ import annotations

from datetime import datetime, timedelta

from aggregator import links
from aggregator.models import Feed, Move

LASTS = timedelta(days=7)
TIMES = 5


def track_redirect(feed: Feed, target: str | None, now: datetime) -> Move | None:
    """What is known of the feed's move after a poll that led, by permanent redirects alone, to `target`.

    `target` must have been a feed. `Move.confirmed` says that the feed is polled there from now on: the same
    target for 7 days and 5 polls, or the same host's https, which is safe to believe at once.
    """
    if target is None or target == feed.effective_url:
        return None
    before = feed.move
    if before is None or before.url != target:
        return Move(target, now, 1, confirmed=_only_https(feed.effective_url, target))
    count = before.count + 1
    return Move(target, before.since, count, confirmed=count >= TIMES and now - before.since >= LASTS)


def _only_https(old: str, new: str) -> bool:
    """Both name one host, the new one with TLS."""
    return old[:7].lower() == "http://" and new[:8] == "https://" and links.host(old) == links.host(new)
