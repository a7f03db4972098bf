"""News waits less than with a fixed interval of as many polls, on made-up rates and on real publishing times."""

from __future__ import annotations

import os
from hashlib import blake2b
from math import log
from pathlib import Path

import pytest

from .delay import Source, corpus, cost, fixed, fixed_at, follow, ours
from .log import HOUR
from .warp import START

pytestmark = pytest.mark.slow

BOUND = 0.6


def chance(*of: object) -> float:
    """A number from above 0 to 1, ever the same."""
    return (int.from_bytes(blake2b(repr(of).encode(), digest_size=6).digest()) + 1) / 2**48


def made_up(count: int) -> list[Source]:
    """Feeds whose entries come by chance, from thirty a day to one a month."""
    sources = []
    for feed in range(count):
        gap = 0.8 * HOUR * 900 ** (feed / count)
        dates, now = [], START.timestamp()
        for entry in range(40):
            now -= gap * log(chance(feed, entry))
            dates.append(now)
        sources.append(Source(f"https://{feed}.example/", tuple(dates)))
    return sources


def test_a_fixed_interval_makes_news_wait_for_half_of_it() -> None:
    found = cost(made_up(40), lambda _: fixed(120))
    assert found.polls == pytest.approx(12, rel=0.05)
    assert found.delay == pytest.approx(60, rel=0.1)


def test_a_poll_sees_what_came_before_it() -> None:
    """Entries after one and two hours, polls every 90 minutes, the first of them 45 minutes in at the mean."""
    polls, late, entries = follow((0.0, HOUR, 2 * HOUR), 0.0, fixed(90))
    assert entries == 2
    assert 0 < late < 2 * 1.5 * HOUR
    assert 1 <= polls <= 2


def test_news_waits_less_at_as_many_polls() -> None:
    sources = made_up(40)
    mine = cost(sources, ours)
    _, regular = fixed_at(sources, mine.polls)
    assert regular.polls == pytest.approx(mine.polls, rel=0.05)
    assert mine.delay <= 0.8 * regular.delay


@pytest.mark.skipif(
    "FEED_CORPUS" not in os.environ, reason="FEED_CORPUS is not set: delays on real feeds are NOT measured"
)
@pytest.mark.parametrize("pooled", [False, True], ids=["each for the same time", "pooled"])
def test_on_real_publishing_times(pooled: bool) -> None:
    sources = corpus(Path(os.environ["FEED_CORPUS"]))
    assert len(sources) > 80
    mine = cost(sources, ours, pooled)
    _, regular = fixed_at(sources, mine.polls, pooled)
    assert mine.delay <= BOUND * regular.delay
    assert mine.polls < 24
