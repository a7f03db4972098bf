"""How often a healthy feed is polled: by the square root of its rate.

To hear of news soonest for a given number of polls, each feed gets polls in proportion to the square root
of its rate, not to the rate (Sia, Cho and Cho, "Efficient Monitoring Algorithm for Fast News Alerts", IEEE
TKDE 2007). The base interval is that of a feed with one entry an hour. `benchmarks/politeness.py` measures it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import sqrt

from aggregator.models import RECENT_DATES, Feed
from aggregator.schedule.text import format_duration, format_rate
from aggregator.settings import Polling

NEW = timedelta(days=3)  # a new feed gets the base interval for this long
SILENT = (  # no new entry for this long: at least this interval; the longest first
    (timedelta(days=180), timedelta(hours=24)),
    (timedelta(days=30), timedelta(hours=6)),
)
QUICKEST = timedelta(minutes=15)  # below `polling.floor`, for a feed whose server invites it
DATES = RECENT_DATES  # how many of a feed's newest dates tell its rate
_RECENT = (10, 20)
_LEAST_SPAN = timedelta(minutes=10)

Step = tuple[timedelta, str]  # an interval, and how it came about


def choose_interval(
    feed: Feed,
    polling: Polling,
    invited: timedelta | None,
    dates: Sequence[datetime],
    now: datetime,
) -> tuple[Step, ...]:
    """The interval in steps, the last of which holds, for a feed without one of its own."""
    base = polling.every
    first = feed.first_success or now
    if now - first < NEW:
        return ((base, f"a new feed, for its first {format_duration(NEW)}"),)
    news = min(max(dates), now) if dates else first
    steps = _by_rate(base, dates, now) if dates else ((base, "no entry yet, so no rate"),)
    wait = steps[-1][0]
    least, who = _least(polling, invited)
    if wait < least:
        steps += ((least, who),)
    for silent, rest in SILENT:
        if now - news >= silent and wait < rest:
            steps += ((rest, f"no news for {format_duration(silent)}"),)
            break
    if steps[-1][0] > polling.ceiling:
        steps += ((polling.ceiling, "the maximum for a healthy feed (polling.ceiling)"),)
    return steps


def _by_rate(base: timedelta, dates: Sequence[datetime], now: datetime) -> tuple[Step, ...]:
    rate = entries_an_hour(dates, now)
    return ((base / sqrt(rate), format_rate(rate)),)


def entries_an_hour(dates: Sequence[datetime], now: datetime) -> float:
    """The feed's rate by its newest dates and the time since the last.

    That of the last ten or of the last twenty, whichever is higher: many feeds list a few pieces that are
    years old next to those of today.
    """
    newest = sorted((min(date, now) for date in dates), reverse=True)
    rates = []
    for count in _RECENT:
        taken = newest[:count]
        rates.append(len(taken) / (max(now - taken[-1], _LEAST_SPAN) / timedelta(hours=1)))
    return max(rates)


def _least(polling: Polling, invited: timedelta | None) -> Step:
    """The minimum interval: the base; if the server invites more polls, what it names, but not below 15 min."""
    if invited is None:
        return polling.every, "the minimum without an invitation of the server"
    quickest = min(polling.floor, max(polling.floor / 2, QUICKEST))
    if invited <= quickest:
        return quickest, "the shortest interval, invited by its server"
    return min(max(invited, quickest), polling.every), "invited by its server"
