"""What politeness costs: how long news waits for our next poll, at how many polls, for real publishing times.

A feed's first half is what is known of it when we begin; it is then followed until its last entry, for a
fortnight at most, with four offsets of the first poll. Each feed counts for the same time, as if all were
followed together, unless it is said that they are pooled: then each hour that was observed counts once.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator import schedule
from aggregator.models import Feed, NotModified, Validators
from aggregator.settings import Polling

from .log import DAY

Wait = Callable[[Sequence[float], float], float]  # dates known, now -> seconds to the next poll
OFFSETS = 4
LEAST = 4  # entries; fewer tell nothing
LONGEST = 14 * DAY
_SHORTEST = 600.0  # seconds from the first to the last entry: less is a feed made at one go


@dataclass(frozen=True, slots=True)
class Cost:
    polls: float  # a feed and day
    delay: float  # minutes an entry, mean

    def __str__(self) -> str:
        return f"{self.polls:5.1f} {self.delay:6.1f}"


@dataclass(frozen=True, slots=True)
class Source:
    url: str
    dates: tuple[float, ...]  # POSIX time, the oldest first


def corpus(folder: Path) -> list[Source]:
    """The publishing times of the corpus, feeds that tell the day only and those that are there twice left out."""
    found: dict[tuple[float, ...], Source] = {}
    for line in (folder / "real" / "index.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if not row.get("expect"):
            continue
        rows = json.loads((folder / "real" / row["expect"]).read_text(encoding="utf-8"))["rows"]
        texts = [entry.get("published") or entry.get("updated") for entry in rows]
        dates = tuple(sorted(datetime.fromisoformat(text).timestamp() for text in texts if text))
        if is_telling(dates):
            found.setdefault(dates, Source(row["url"] or row["file"], dates))
    return list(found.values())


def is_telling(dates: Sequence[float]) -> bool:
    days_only = sum(date % DAY == 0 for date in dates) > len(dates) / 2
    return len(dates) >= LEAST and not days_only and dates[-1] - dates[0] >= _SHORTEST


def fixed(minutes: float) -> Wait:
    return lambda known, now: minutes * 60


def ours(url: str, polling: Polling | None = None) -> Wait:
    """What the program plans for a feed that is known for long and has nothing to say about it."""
    polling = polling or Polling()
    feed = Feed(1, url, url, first_success=datetime(1990, 1, 1, tzinfo=UTC))
    answer = NotModified(url, Validators(), {})

    def wait(known: Sequence[float], now: float) -> float:
        at = datetime.fromtimestamp(now, UTC)
        dates = [datetime.fromtimestamp(date, UTC) for date in known[-schedule.DATES :]]
        return (
            schedule.plan(feed, answer, polling, at, schedule.Circumstances(dates=dates)).next_poll - at
        ) / timedelta(seconds=1)

    return wait


def cost(sources: Iterable[Source], policy: Callable[[str], Wait], pooled: bool = False) -> Cost:
    """The cost of a policy over all sources."""
    polls = days = late = entries = 0.0
    for source in sources:
        begin = max(source.dates[len(source.dates) // 2 - 1], source.dates[-1] - LONGEST)
        length = (source.dates[-1] - begin) / DAY
        if length <= 0:
            continue
        weight = 1.0 if pooled else 1 / length
        asked, waited, seen = follow(source.dates, begin, policy(source.url))
        polls, late = polls + asked * weight, late + waited * weight
        days, entries = days + length * weight, entries + seen * weight
    return Cost(polls / days, late / entries / 60)


def follow(dates: Sequence[float], begin: float, wait: Wait) -> tuple[float, float, float]:
    """Polls, seconds that entries waited, and entries, each the mean over the offsets."""
    polls = entries = 0
    late = 0.0
    start = bisect_right(dates, begin)
    first = wait(dates[:start], begin)
    for offset in range(OFFSETS):
        now, seen = begin + first * (offset + 0.5) / OFFSETS, start
        while True:
            new = bisect_right(dates, now, seen)
            late += sum(now - date for date in dates[seen:new])
            entries, seen = entries + new - seen, new
            if now > dates[-1]:
                break
            polls += 1
            now += wait(dates[:seen], now)
    return polls / OFFSETS, late / OFFSETS, entries / OFFSETS


def fixed_at(sources: Sequence[Source], polls: float, pooled: bool = False) -> tuple[float, Cost]:
    """The fixed interval in minutes that takes as many polls, and its cost."""
    return _at(polls, lambda minutes: cost(sources, lambda _: fixed(minutes), pooled))


def ours_at(sources: Sequence[Source], polls: float, pooled: bool = False) -> tuple[float, Cost]:
    """Our base interval in minutes that takes as many polls, and its cost."""

    def tried(minutes: float) -> Cost:
        base = timedelta(minutes=minutes)
        polling = Polling(every=base, floor=base, ceiling=max(base, Polling().ceiling))
        return cost(sources, lambda url: ours(url, polling), pooled)

    return _at(polls, tried)


def _at(polls: float, tried: Callable[[float], Cost]) -> tuple[float, Cost]:
    low, high = 4.0, 1440.0
    while high / low > 1.02:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if tried(middle).polls < polls else (middle, high)
    return low, tried(low)
