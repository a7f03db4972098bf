"""How often a healthy feed is asked: the square-root law, its bounds, and who may lift them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator import schedule
from aggregator.models import Fetched, PollHints
from aggregator.schedule.interval import entries_an_hour
from aggregator.schedule.text import format_rate
from aggregator.settings import Polling
from support.make import NOON

from .make import DAY, HOUR, MINUTE, POLLING, entries, feed, fetched

_QUICK = fetched(cache_control="max-age=300")


@pytest.mark.parametrize(
    ("why", "dates", "result", "wait"),
    [
        ("one an hour gets the base", entries(20, HOUR), fetched(), HOUR),
        ("a quarter of that, twice the base", entries(20, 4 * HOUR), fetched(), 2 * HOUR),
        ("one a week", entries(10, 7 * DAY, 7 * DAY), fetched(), 13.6 * HOUR),
        ("four an hour, not invited", entries(20, 15 * MINUTE), fetched(), HOUR),
        ("four an hour, invited", entries(20, 15 * MINUTE), _QUICK, 30 * MINUTE),
        ("thirty an hour, invited", entries(20, 2 * MINUTE), _QUICK, 15 * MINUTE),
        ("... to half an hour", entries(20, 2 * MINUTE), fetched(cache_control="max-age=1800"), 30 * MINUTE),
        ("... and a quarter by its Age", entries(20, 2 * MINUTE), fetched(cache_control="max-age=7200", age="7000"), HOUR),
        ("slow, and invited", entries(20, 4 * HOUR), _QUICK, 2 * HOUR),
        ("no entries in a hundred days", (), fetched(), 6 * HOUR),
        ("rare", entries(3, 60 * DAY), fetched(), DAY),
        ("silent for a month", entries(20, MINUTE, 31 * DAY), fetched(), 6.1 * HOUR),
        ("silent for half a year", entries(20, MINUTE, 181 * DAY), fetched(), DAY),
        ("a few very old ones next to new ones", entries(10, HOUR) + entries(10, DAY, 900 * DAY), fetched(), HOUR),
        ("dates ahead of us", entries(20, -HOUR), fetched(), HOUR),
    ],
)  # fmt: skip
def test_the_pace(why: str, dates: tuple[object, ...], result: Fetched, wait: timedelta) -> None:
    plan = schedule.plan(feed(), result, POLLING, NOON, schedule.Circumstances(dates=dates))  # type: ignore[arg-type]
    assert 0.93 * wait <= plan.next_poll - NOON <= 1.1 * wait, plan.reason


def test_a_ttl_invites_as_well() -> None:
    hints = PollHints(ttl=20 * MINUTE)
    plan = schedule.plan(
        feed(), fetched(), POLLING, NOON, schedule.Circumstances(hints=hints, dates=entries(20, 2 * MINUTE))
    )
    assert plan.reason == "every 20 min: invited by its server"


def test_no_entry_for_long_is_silence_too() -> None:
    plan = schedule.plan(feed(first_success=NOON - 40 * DAY), fetched(), POLLING, NOON)
    assert plan.reason == "every 6 h: no news for 30 days"


def test_a_new_feed_gets_the_base_interval_for_three_days() -> None:
    for age, wait in ((0 * DAY, HOUR), (2.9 * DAY, HOUR), (3.1 * DAY, 14 * HOUR)):
        known = feed(first_success=NOON - age)
        plan = schedule.plan(
            known, fetched(), POLLING, NOON, schedule.Circumstances(dates=entries(10, 7 * DAY, 7 * DAY))
        )
        assert 0.93 * wait <= plan.next_poll - NOON <= 1.1 * wait


def test_a_feeds_own_interval_overrides_the_law() -> None:
    dates = entries(20, 7 * DAY)
    plan = schedule.plan(
        feed(), fetched(), POLLING, NOON, schedule.Circumstances(every=15 * MINUTE, dates=dates)
    )
    assert 15 * MINUTE <= plan.next_poll - NOON <= 16.5 * MINUTE
    assert plan.reason == "every 15 min: its own setting"


def test_the_server_lengthens_even_that() -> None:
    result = fetched(cache_control="max-age=7200")
    plan = schedule.plan(feed(), result, POLLING, NOON, schedule.Circumstances(every=15 * MINUTE))
    assert plan.reason == "every 2 h: the server's cache lifetime"


@pytest.mark.parametrize(
    ("floor", "quickest"), [(30, 15), (60, 30), (20, 15), (15, 15)], ids=lambda minutes: f"{minutes} min"
)
def test_the_floor_and_below_it_by_invitation(floor: int, quickest: int) -> None:
    polling = Polling(floor=floor * MINUTE)
    result = fetched(cache_control="max-age=1")
    plan = schedule.plan(
        feed(), result, polling, NOON, schedule.Circumstances(dates=entries(20, timedelta(seconds=1)))
    )
    assert quickest * MINUTE <= plan.next_poll - NOON <= 1.1 * quickest * MINUTE


def test_the_base_and_the_ceiling_are_settings() -> None:
    polling = Polling(every=30 * MINUTE, floor=30 * MINUTE, ceiling=4 * HOUR)
    for dates, wait in ((entries(20, HOUR), 30 * MINUTE), (entries(10, 9 * DAY), 4 * HOUR)):
        plan = schedule.plan(feed(), fetched(), polling, NOON, schedule.Circumstances(dates=dates))
        assert 0.93 * wait <= plan.next_poll - NOON <= 1.1 * wait


@pytest.mark.parametrize(
    ("dates", "rate"),
    [
        (entries(20, HOUR), 10 / 9),
        (entries(5, HOUR, HOUR), 1.0),
        (entries(20, HOUR, DAY), 20 / 43),
        (entries(1, HOUR, DAY), 1 / 24),
        (entries(1, HOUR), 6.0),
    ],
)
def test_a_rate(dates: tuple[object, ...], rate: float) -> None:
    assert entries_an_hour(dates, NOON) == pytest.approx(rate)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (120.0, "120 entries an hour"),
        (1.0, "1 entry an hour"),
        (0.5, "12 entries a day"),
        (1 / 24, "1 entry a day"),
        (2.5 / 168, "2.5 entries a week"),
        (1 / 9000, "1 entry a year"),
        (1e-9, "less than an entry a year"),
    ],
)
def test_rates_in_words(rate: float, words: str) -> None:
    assert format_rate(rate) == words


@pytest.mark.parametrize(
    ("seconds", "want"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (86400, "1 day"),
        (180000, "2 days 2 h"),
    ],
)
def test_in_words(seconds: int, want: str) -> None:
    assert schedule.format_duration(timedelta(seconds=seconds)) == want
