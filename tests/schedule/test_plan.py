"""When a feed is asked next, and why: a table of answers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import schedule
from aggregator.models import Feed, Fetched, FetchError, NotModified, PollHints, ReadError, Validators
from aggregator.settings import Polling
from support.make import NOON

POLLING = Polling()
FEED = Feed(1, "https://ex.com/feed", "https://ex.com/feed")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def fetched(**headers: str) -> Fetched:
    return Fetched(
        "https://ex.com/feed", b"", Validators(), {k.replace("_", "-"): v for k, v in headers.items()}
    )


def not_modified(**headers: str) -> NotModified:
    return NotModified(
        "https://ex.com/feed", Validators(), {k.replace("_", "-"): v for k, v in headers.items()}
    )


def failed(status: int | None = None, retry_after: timedelta | None = None) -> FetchError:
    return FetchError(
        "https://ex.com/feed", "status" if status else "unreachable", "words", status, retry_after
    )


EXPIRES = {"date": "Mon, 02 Mar 2026 12:00:00 GMT", "expires": "Mon, 02 Mar 2026 17:00:00 GMT"}


@pytest.mark.parametrize(
    ("why", "result", "hints", "status", "wait"),
    [
        ("the base interval", fetched(), PollHints(), "ok", HOUR),
        ("a 304", not_modified(), PollHints(), "unchanged", HOUR),
        ("max-age lengthens", fetched(cache_control="public, max-age=10800"), PollHints(), "ok", 3 * HOUR),
        ("... on a 304 too", not_modified(cache_control="max-age=10800"), PollHints(), "unchanged", 3 * HOUR),
        ("... less its Age", fetched(cache_control="max-age=10800", age="3600"), PollHints(), "ok", 2 * HOUR),
        ("... at most a day", fetched(cache_control="max-age=9999999"), PollHints(), "ok", 24 * HOUR),
        ("... and never shortens", fetched(cache_control="max-age=60"), PollHints(), "ok", HOUR),
        ("no-cache cancels it", fetched(cache_control="no-cache, max-age=10800"), PollHints(), "ok", HOUR),
        ("Expires", fetched(**EXPIRES), PollHints(), "ok", 5 * HOUR),
        ("Expires that is none", fetched(expires="-1", date="x"), PollHints(), "ok", HOUR),
        ("ttl", fetched(), PollHints(ttl=2 * HOUR), "ok", 2 * HOUR),
        ("sy:updatePeriod", fetched(), PollHints(update_period=4 * HOUR), "ok", 4 * HOUR),
        ("a first failure", failed(404), PollHints(), "failing", HOUR / 2),
        ("no answer", failed(), PollHints(), "failing", HOUR / 2),
        ("no feed", ReadError("an HTML page"), PollHints(), "failing", HOUR / 2),
        ("gone", failed(410), PollHints(), "gone", 24 * HOUR),
        ("asked to wait", failed(503, 3 * HOUR), PollHints(), "paused", 3 * HOUR),
        ("too many requests", failed(429), PollHints(), "paused", HOUR),
    ],
)
def test_a_plan(why: str, result: object, hints: PollHints, status: str, wait: timedelta) -> None:
    plan = schedule.plan(FEED, result, POLLING, NOON, hints=hints)  # type: ignore[arg-type]
    assert plan.status == status
    assert wait <= plan.next_poll - NOON <= wait * 1.1
    assert plan.reason
    assert (plan.last_error is None) is (status in ("ok", "unchanged"))


def test_failures_double_up_to_a_day() -> None:
    waits = []
    for failures in range(12):
        feed = Feed(1, "https://ex.com/feed", "https://ex.com/feed", failures=failures)
        waits.append(schedule.plan(feed, failed(500), POLLING, NOON).next_poll - NOON)
    assert waits == sorted(waits)
    assert waits[1] > 1.8 * waits[0]
    assert waits[-1] <= timedelta(hours=26.5)


def test_a_success_forgets_failures() -> None:
    feed = Feed(1, "https://ex.com/feed", "https://ex.com/feed", status="failing", failures=9, last_error="x")
    plan = schedule.plan(feed, fetched(), POLLING, NOON)
    assert (plan.status, plan.failures, plan.last_error) == ("ok", 0, None)


def test_410_twice_is_believed() -> None:
    feed = Feed(1, "https://ex.com/feed", "https://ex.com/feed", status="gone", failures=1)
    assert schedule.plan(feed, failed(410), POLLING, NOON).next_poll == schedule.NEVER


def test_retry_after_pauses_the_host() -> None:
    assert schedule.plan(FEED, failed(429, 2 * HOUR), POLLING, NOON).host_paused_until == NOON + 2 * HOUR
    assert schedule.plan(FEED, failed(500), POLLING, NOON).host_paused_until is None


def test_a_feeds_own_interval() -> None:
    plan = schedule.plan(FEED, fetched(), POLLING, NOON, every=15 * MINUTE)
    assert 15 * MINUTE <= plan.next_poll - NOON <= 16.5 * MINUTE
    assert "its own" in plan.reason


@given(
    st.text(max_size=60),
    st.integers(0, 20),
    st.sampled_from([None, 404, 410, 429, 503]),
    st.text(max_size=40),
)
def test_the_next_poll_is_after_now_and_bounded(
    url: str, failures: int, status: int | None, control: str
) -> None:
    feed = Feed(1, url, url, failures=failures)
    result = failed(status) if status else fetched(cache_control=control)
    plan = schedule.plan(feed, result, POLLING, NOON)
    assert NOON < plan.next_poll <= NOON + timedelta(hours=26.5)


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
    assert schedule.in_words(timedelta(seconds=seconds)) == want
