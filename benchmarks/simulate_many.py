"""A SIMULATION, not a measurement: what many feeds over a day would ask of machines, hosts and the network.

    python benchmarks/simulate_many.py [--feeds 1000000] [--sample 5000] [--price 10]

Nothing is fetched. Feeds of a sample publish by chance at the rates of real ones, and the program's own planner says when
each is polled; each stands for as many as it takes. What a poll costs a poller comes from the constants below; `workers.py`
measures it. Which hosts feeds live on is an assumption, and so are all prices.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from aggregator import schedule
from aggregator.models import Feed, NotModified, Plan, Validators
from aggregator.schedule import Circumstances
from aggregator.settings import Polling

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)

# Deciles of feeds that people follow, smallest to largest: entries a day (101), and bytes of a document (158).
ENTRIES_A_DAY = (0.0015, 0.011, 0.044, 0.1, 0.19, 0.39, 1.1, 4.6, 16, 27, 196)
BYTES = (900, 2_900, 5_000, 7_700, 13_600, 19_800, 32_600, 48_700, 74_600, 192_000, 625_000)
PACKED = 0.25  # of a document's bytes, by gzip
ANSWERS_304 = 0.85  # share of servers that say "not modified"; the others send all each time (assumption)
SMALL_ANSWER = 900  # bytes of a request and its "not modified"
FEEDS_OF_PLATFORMS, PLATFORMS = 0.2, 200  # this share of all feeds lives on so many hosts (assumption)

# Milliseconds of CPU, by workers.py on PostgreSQL: of a poller, and of the database's server beside it.
UNCHANGED, UNCHANGED_SERVER = 0.8, 0.3
WHOLE, WHOLE_SERVER = 16.0, 9.0  # a document of 40 KB, read and saved the first time
A_KILOBYTE = 0.2  # more or less for each of a document that is read
USED = 0.5  # of a core, so that there is room for the worst hour


@dataclass(slots=True)
class Day:
    """What one day took, of the sample."""

    polls: int = 0
    unchanged: int = 0
    read: int = 0  # documents with news
    entries: int = 0
    received: float = 0.0  # bytes
    poller: float = 0.0  # seconds of CPU
    server: float = 0.0
    lags: list[float] = field(default_factory=list)  # minutes
    hours: Counter[int] = field(default_factory=Counter)


def drawn(chance: random.Random, deciles: Sequence[float]) -> float:
    """Between two deciles that lie beside each other, each as likely."""
    low = chance.randrange(len(deciles) - 1)
    return float(deciles[low] * (deciles[low + 1] / deciles[low]) ** chance.random())


def arrivals(chance: random.Random, rate: float) -> list[datetime]:
    """The last 25 entries before the day, and those of it."""
    at, found = NOW + DAY, list[datetime]()
    before = 0
    while before < 25 and at > NOW - timedelta(days=3650):
        at -= timedelta(days=chance.expovariate(rate))
        before += at < NOW
        found.append(at)
    return found[::-1]


def follow(day: Day, chance: random.Random, number: int) -> None:
    """One feed, polled for a day as it would be."""
    published = arrivals(chance, drawn(chance, ENTRIES_A_DAY))
    size, validates = drawn(chance, BYTES), chance.random() < ANSWERS_304
    url = f"https://f{number}.ex/feed"
    feed = Feed(number, url, url, Plan("ok"), first_success=NOW - 90 * DAY)
    polling, at = Polling(), NOW
    seen = len([when for when in published if when < at])
    first = True
    while at < NOW + DAY:
        known = [when for when in published if when <= at]
        new = known[seen:]
        if not first:
            day.polls += 1
            day.hours[at.hour] += 1
            day.entries += len(new)
            day.lags += [(at - when) / timedelta(minutes=1) for when in new]
            if new:
                day.read += 1
                day.received += SMALL_ANSWER + size * PACKED
                day.poller += (WHOLE + (size - 40_000) / 1000 * A_KILOBYTE) / 1000
                day.server += WHOLE_SERVER / 1000
            else:
                day.unchanged += 1
                day.received += SMALL_ANSWER + (0 if validates else size * PACKED)
                day.poller += UNCHANGED / 1000
                day.server += UNCHANGED_SERVER / 1000
        seen = len(known)
        dates = tuple(reversed(known[-20:]))
        feed = replace(feed, last_attempt=at, last_success=at)
        planned = schedule.plan(
            feed, NotModified(feed.url, Validators(), {}), polling, at, Circumstances(dates=dates)
        ).next_poll
        wait = planned - at
        at = at + wait * chance.random() if first else planned  # the day begins in the midst of a wait
        first = False


def told(day: Day, feeds: int, sample: int, price: float) -> Iterator[str]:
    times = feeds / sample
    polls = day.polls * times
    lags = sorted(day.lags) or [0.0]
    platform = FEEDS_OF_PLATFORMS * polls / PLATFORMS
    busiest = max(day.hours.values(), default=0) * times
    pollers, server = (seconds * times / 86_400 / USED for seconds in (day.poller, day.server))
    yield f"{feeds:,} feeds, SIMULATED from {sample:,}"
    yield f"polls a day                {polls:15,.0f}  {polls / 86_400:,.1f} a second, {busiest / 3600:,.1f} in the busiest hour"
    yield f"of these not modified      {day.unchanged / max(day.polls, 1):15.0%}"
    yield f"new entries a day          {day.entries * times:15,.0f}"
    yield f"received a day, GB         {day.received * times / 1e9:15,.1f}  {day.received * times * 8 / 86_400 / 1e6:,.2f} Mbit/s"
    yield f"an entry waits, minutes    {lags[len(lags) // 2]:15,.1f}  median; nine of ten less than {lags[len(lags) * 9 // 10]:,.0f}"
    yield f"hosts                      {feeds * (1 - FEEDS_OF_PLATFORMS) + PLATFORMS:15,.0f}  a platform's gets {platform / 86_400:,.2f} requests a second"
    yield f"cores of pollers           {pollers:15,.1f}  used by half"
    yield f"cores of the database      {server:15,.1f}  used by half"
    yield f"price a month              {(pollers + server) * price:15,.0f}  at {price:g} a core"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=5_000)
    parser.add_argument("--price", type=float, default=10, help="of a core with 2 GB a month (assumption)")
    given = parser.parse_args()
    day, chance = Day(), random.Random(1)
    for number in range(given.sample):
        follow(day, chance, number)
    print("\n".join(told(day, given.feeds, given.sample, given.price)))


if __name__ == "__main__":
    main()
