"""No published rule is broken in a fortnight, and what should happen in it does."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

import pytest

from aggregator.schedule import NEVER

from .fortnight import CRASH, NIGHT, NIGHT_LASTS, OUTAGE, OUTAGE_LASTS, Outcome, fortnight
from .judge import RULES
from .log import DAY, HOUR
from .warp import START

pytestmark = pytest.mark.slow

BEGAN = START.timestamp()


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return fortnight()


def statuses(outcome: Outcome, url: str) -> Counter[int]:
    return Counter(exchange.status for exchange in outcome.log if exchange.url == url)


def test_every_rule_is_kept(outcome: Outcome) -> None:
    assert outcome.broken == []


def test_every_rule_was_put_to_the_test(outcome: Outcome) -> None:
    assert outcome.sites >= 350
    assert {rule for rule in RULES if outcome.scores[rule].checked == 0} == set()
    assert outcome.checked > 100_000


def test_every_feed_that_can_be_read_is_read_to_its_end(outcome: Outcome) -> None:
    troubled = {url for url, feed in outcome.feeds.items() if feed.status not in ("ok", "unchanged")}
    assert {url.rpartition("/")[2] for url in troubled} == {"gone", "moved-to-login", "never-found"}


def test_nobody_is_silently_dead(outcome: Outcome) -> None:
    asked = outcome.asked("http://never-found.example/never-found")
    gaps = [after - before for before, after in pairwise(asked)]
    assert max(gaps) <= 1.1 + NIGHT_LASTS / DAY
    assert outcome.feeds["http://never-found.example/never-found"].failing_since == START


def test_gone_is_believed_the_second_time(outcome: Outcome) -> None:
    assert statuses(outcome, "http://gone.example/gone")[410] == 2
    assert outcome.feeds["http://gone.example/gone"].next_poll == NEVER
    assert statuses(outcome, "http://gone-by-mistake.example/gone-by-mistake")[410] == 1


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("moved", "new.example/moved-to"),
        ("moved-308", "moved-308.example/moved-to"),
        ("moved-in-steps", "steps.example/really"),
        ("elsewhere-302", ""),
        ("elsewhere-307", ""),
        ("moved-then-elsewhere", ""),
        ("moved-to-login", ""),
    ],
)
def test_only_moves_that_last_are_followed(outcome: Outcome, name: str, ends: str) -> None:
    url = f"http://{name}.example/{name}"
    feed = outcome.feeds[url]
    if ends:
        assert re.sub(r":[0-9]+/", "/", feed.effective_url) == f"http://{ends}"
        assert 7 <= max(outcome.asked(url)) <= 10
    else:
        assert feed.effective_url == feed.url
        assert max(outcome.asked(url)) > 12


def test_a_stuck_server_is_asked_for_the_whole_document_once(outcome: Outcome) -> None:
    url = "http://always-304.example/always-304"
    whole = [e for e in outcome.log if e.url == url and "if-none-match" not in e.headers]
    assert len(whole) == 2
    assert 8 * DAY <= whole[1].at - whole[0].at <= 9 * DAY


def test_what_is_new_is_enough_where_the_server_knows_how(outcome: Outcome) -> None:
    found = statuses(outcome, "http://delta.example/delta")
    assert found[200] == 1
    assert found[226] >= 9
    assert outcome.feeds["http://delta.example/delta"].entries >= 6 + 9


def test_the_outage_is_ours(outcome: Outcome) -> None:
    end = BEGAN + OUTAGE + OUTAGE_LASTS
    assert not [e for e in outcome.log if end - OUTAGE_LASTS <= e.at < end]
    first: dict[str, float] = {}
    for exchange in outcome.log:
        if exchange.at >= end:
            first.setdefault(exchange.url, exchange.at - end)
    assert min(first.values()) <= 330
    assert first["http://fast.example/fast"] <= 660  # it was due in the outage, and no failure was counted


def test_a_crash_loses_nothing_and_repeats_nothing(outcome: Outcome) -> None:
    after = [e for e in outcome.log if 0 <= e.at - BEGAN - CRASH < 3 * HOUR]
    assert after
    assert max(Counter(exchange.url for exchange in after).values()) <= 3  # once an hour at most, as ever


def test_after_a_night_off_feeds_come_one_after_the_other(outcome: Outcome) -> None:
    on = NIGHT + NIGHT_LASTS
    minutes = Counter(int((e.at - BEGAN - on) // 60) for e in outcome.log if 0 <= e.at - BEGAN - on < HOUR)
    assert sum(minutes.values()) > 100
    assert max(minutes.values()) < 60


def test_a_crowd_on_one_host_is_asked_one_by_one(outcome: Outcome) -> None:
    crowd = [feed for url, feed in outcome.feeds.items() if url.startswith("http://many.example/")]
    assert len(crowd) == 300
    assert all(feed.status in ("ok", "unchanged") for feed in crowd)
