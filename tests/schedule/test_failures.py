"""Back-off, pauses, 410, silence that is ours, servers that are stuck, and starts after a long night."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator import schedule
from aggregator.models import Feed, Plan
from support.make import NOON

from .make import DAY, HOUR, MINUTE, POLLING, URL, entries, failed, feed, fetched


def test_failures_double_up_to_a_day() -> None:
    waits = [schedule.plan(feed(failures=number), failed(500), POLLING, NOON).reason for number in range(7)]
    assert [reason.rpartition("again in ")[2] for reason in waits] == [
        "1 h",
        "2 h",
        "4 h",
        "8 h",
        "16 h",
        "1 day",
        "1 day",
    ]


def test_after_a_fortnight_of_failures_one_probe_a_day() -> None:
    dead = feed(failures=3, failing_since=NOON - 15 * DAY)
    plan = schedule.plan(dead, failed(500), POLLING, NOON)
    assert (plan.status, plan.reason) == ("failing", "failing for 15 days: one probe a day")
    assert DAY <= plan.next_poll - NOON <= 1.1 * DAY
    assert plan.failing_since == NOON - 15 * DAY


def test_410_is_believed_when_it_is_said_twice_a_day_apart() -> None:
    first = schedule.plan(feed(), failed(410), POLLING, NOON)
    assert (first.status, first.next_poll) == ("gone", NOON + DAY)
    gone = feed(status="gone", failures=1, next_poll=first.next_poll, failing_since=NOON)
    by_hand = schedule.plan(gone, failed(410), POLLING, NOON + HOUR)
    assert (by_hand.status, by_hand.next_poll) == ("gone", NOON + DAY)
    second = schedule.plan(gone, failed(410), POLLING, NOON + DAY)
    assert (second.status, second.next_poll) == ("gone", schedule.NEVER)
    assert schedule.plan(gone, fetched(), POLLING, NOON + DAY).status == "ok"
    assert schedule.plan(gone, failed(404), POLLING, NOON + DAY).status == "failing"


@pytest.mark.parametrize(("refusals", "hours"), [(0, 1), (1, 2), (2, 4), (3, 6), (9, 6)])
def test_429_without_retry_after_pauses_the_host_for_longer_each_time(refusals: int, hours: int) -> None:
    plan = schedule.plan(feed(), failed(429), POLLING, NOON, schedule.Circumstances(refusals=refusals))
    assert plan.host_paused_until is not None
    assert timedelta(0) <= plan.host_paused_until - NOON - hours * HOUR <= timedelta(seconds=1)


def test_retry_after_pauses_the_host_and_an_error_does_not() -> None:
    plan = schedule.plan(feed(), failed(429, 2 * HOUR), POLLING, NOON)
    assert plan.host_paused_until is not None
    assert plan.host_paused_until >= NOON + 2 * HOUR
    assert (
        plan.next_poll == plan.host_paused_until
    )  # with all of its host: who was not served for longest is first
    assert (plan.failures, plan.failing_since, plan.refusals) == (0, None, 1)
    assert schedule.plan(feed(), failed(500), POLLING, NOON).host_paused_until is None
    assert schedule.plan(feed(), failed(503), POLLING, NOON).host_paused_until is None


def test_a_feed_that_waits_for_its_host_stands_as_it_stood() -> None:
    known = feed(status="failing", failures=2, last_error="x", failing_since=NOON - HOUR, next_poll=NOON)
    plan = schedule.plan_host_pause(known, NOON + 2 * HOUR)
    assert (plan.status, plan.failures, plan.last_error) == ("failing", 2, "x")
    assert 2 * HOUR <= plan.next_poll - NOON <= 2 * HOUR + 10 * MINUTE
    later = schedule.plan_host_pause(feed(next_poll=NOON + DAY, reason="its ttl"), NOON + 2 * HOUR)
    assert (later.next_poll, later.reason) == (NOON + DAY, "its ttl")  # it was asked for by hand


def test_offline_counts_nothing_and_tries_again_in_five_minutes() -> None:
    plan = schedule.plan_offline(feed(status="ok", next_poll=NOON), NOON)
    assert (plan.status, plan.failures, plan.next_poll) == ("ok", 0, NOON + 5 * MINUTE)


@pytest.mark.parametrize(
    ("why", "more", "dates", "want"),
    [
        ("it used to move", {}, entries(20, DAY, 9 * DAY), True),
        ("it seldom moved", {}, entries(20, 9 * DAY, 9 * DAY), False),
        ("it moved last week", {}, entries(20, DAY, 7 * DAY), False),
        ("a document came last week", {"last_full": NOON - 7 * DAY}, entries(20, DAY, 9 * DAY), False),
        ("the last answer was an error", {"status": "failing"}, entries(20, DAY, 9 * DAY), False),
        ("nothing is known of it", {}, (), False),
    ],
)
def test_a_server_that_is_stuck_at_304(
    why: str, more: dict[str, object], dates: tuple[object, ...], want: bool
) -> None:
    known = feed(**({"status": "unchanged", "last_full": NOON - 8 * DAY} | more))
    assert schedule.needs_full_fetch(known, dates, NOON) is want  # type: ignore[arg-type]


def overdue(count: int) -> list[Feed]:
    return [
        Feed(number, f"{URL}/{number}", f"{URL}/{number}", plan=Plan(next_poll=NOON - DAY))
        for number in range(count)
    ]


def test_many_overdue_feeds_come_one_after_the_other() -> None:
    times = schedule.start_times(overdue(300), NOON)
    seconds = sorted((when - NOON).total_seconds() for when in times.values())
    assert len(seconds) == 300
    assert seconds[0] >= 0
    assert seconds[-1] <= 600
    assert all(sum(minute * 60 <= s < minute * 60 + 60 for s in seconds) < 60 for minute in range(10))


def test_a_few_overdue_feeds_need_not_wait() -> None:
    assert max(schedule.start_times(overdue(3), NOON).values()) <= NOON + timedelta(seconds=6)


def test_the_first_poll_of_all_is_not_spread() -> None:
    assert schedule.start_times([Feed(1, URL, URL)], NOON) == {}
