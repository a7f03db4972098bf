"""How each feed stands: healthy, quiet by its own rhythm, failing, moved, gone, stuck, flooding. Pure."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from aggregator import schedule
from aggregator.links import without_secrets
from aggregator.models import Feed
from aggregator.records import dataclass
from aggregator.schedule import format_duration

Condition = Literal["new", "healthy", "quiet", "paused", "failing", "moved", "gone", "stuck", "flooding"]
TROUBLE: frozenset[Condition] = frozenset({"failing", "gone", "stuck", "flooding"})
TOLD = TROUBLE | {"moved"}  # which somebody should know

_ADDRESS = re.compile(r"https?://\S+")
_FEW = 5  # entries that make no rhythm
# As long as its longest pause so often, and at least so long.
_QUIET_TIMES, _QUIET_LEAST = 3, timedelta(days=7)
_FLOOD, _FLOOD_WITHIN = 20, timedelta(hours=1)  # so many entries in such a time


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """One feed's condition, since when as far as that is known, and in words."""

    url: str  # without secrets; empty for a private feed
    name: str
    condition: Condition
    since: datetime | None = None
    message: str = ""


def health_of_feeds(
    feeds: Iterable[Feed], names: Mapping[int, str], now: datetime, private: Container[str] = ()
) -> tuple[FeedHealth, ...]:
    """`private`: URLs of feeds whose addresses are secrets."""
    return tuple(
        health_of_feed(feed, names.get(feed.id, feed.url), now, feed.url in private) for feed in feeds
    )


def health_of_feed(feed: Feed, name: str, now: datetime, private: bool = False) -> FeedHealth:
    condition, since, message = _condition(feed, now)
    if private:
        return FeedHealth("", name, condition, since, _ADDRESS.sub("its address", message))
    return FeedHealth(without_secrets(feed.url), name, condition, since, message)


def _condition(feed: Feed, now: datetime) -> tuple[Condition, datetime | None, str]:
    dates = feed.recent_dates
    newest = dates[0] if dates else None
    if feed.status == "gone":
        return "gone", feed.failing_since, feed.last_error or "the server says that it is gone"
    if feed.failures:
        return "failing", feed.failing_since, feed.last_error or ""
    if feed.status == "paused":
        return "paused", feed.last_attempt, feed.last_error or feed.plan.reason
    if feed.last_success is None:
        return "new", None, "not polled yet"
    if schedule.needs_full_fetch(feed, dates, feed.last_success):  # and not now: polling may have rested
        return (
            "stuck",
            feed.last_full,
            "nothing but 304 Not Modified since then, from a feed that used to bring news",
        )
    if (
        newest
        and len(dates) >= _FLOOD
        and newest - dates[_FLOOD - 1] < _FLOOD_WITHIN
        and now - newest < timedelta(days=1)
        and (feed.first_success is None or dates[_FLOOD - 1] > feed.first_success)  # not what it began with
    ):
        return "flooding", dates[_FLOOD - 1], f"{_FLOOD} entries within an hour"
    silence = now - newest if newest else timedelta(0)
    if newest and len(dates) >= _FEW and silence > _QUIET_LEAST:
        pause = _longest_pause(dates)
        if silence > _QUIET_TIMES * pause:
            return (
                "quiet",
                newest,
                f"nothing new for {format_duration(silence)}; its longest pause was {format_duration(pause)}",
            )
    if feed.effective_url != feed.url:
        to = without_secrets(feed.effective_url)
        return "moved", None, f"for good, to {to}; `aggregator feeds move` takes that over"
    return "healthy", feed.last_success, ""


def _longest_pause(dates: Sequence[datetime]) -> timedelta:
    """Between two of its entries. `dates`: the newest first."""
    return max(later - earlier for later, earlier in pairwise(dates))
