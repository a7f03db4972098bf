"""When a feed is asked next, and why: a table of answers, and the laws that hold for all."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import schedule
from aggregator.models import Feed, FeedInfo, FetchError, PollHints, ReadError
from support.make import NOON

from .make import DAY, HOUR, MINUTE, POLLING, entries, failed, feed, fetched, not_modified

NEW = feed(first_success=None)
EXPIRES = {"date": "Mon, 02 Mar 2026 12:00:00 GMT", "expires": "Mon, 02 Mar 2026 17:00:00 GMT"}


@pytest.mark.parametrize(
    ("why", "result", "hints", "status", "wait"),
    [
        ("the base interval", fetched(), PollHints(), "ok", HOUR),
        ("a 304", not_modified(), PollHints(), "unchanged", HOUR),
        ("max-age lengthens", fetched(cache_control="public, max-age=10800"), PollHints(), "ok", 3 * HOUR),
        ("... on a 304 too", not_modified(cache_control="max-age=10800"), PollHints(), "unchanged", 3 * HOUR),
        ("... less its Age", fetched(cache_control="max-age=10800", age="3600"), PollHints(), "ok", 2 * HOUR),
        ("... at most a day", fetched(cache_control="max-age=9999999"), PollHints(), "ok", DAY),
        ("... and never shortens", fetched(cache_control="max-age=60"), PollHints(), "ok", HOUR),
        ("no-cache cancels it", fetched(cache_control="no-cache, max-age=10800"), PollHints(), "ok", HOUR),
        ("no-store cancels it", fetched(cache_control="max-age=10800,no-store"), PollHints(), "ok", HOUR),
        ("s-maxage is for others", fetched(cache_control="s-maxage=10800"), PollHints(), "ok", HOUR),
        ("Expires", fetched(**EXPIRES), PollHints(), "ok", 5 * HOUR),
        ("Expires without Date", fetched(expires=EXPIRES["expires"]), PollHints(), "ok", 5 * HOUR),
        ("Expires that is none", fetched(expires="-1", date="x"), PollHints(), "ok", HOUR),
        ("max-age before Expires", fetched(cache_control="max-age=7200", **EXPIRES), PollHints(), "ok", 2 * HOUR),
        ("ttl", fetched(), PollHints(ttl=2 * HOUR), "ok", 2 * HOUR),
        ("ttl, at most a day", fetched(), PollHints(ttl=300 * HOUR), "ok", DAY),
        ("sy:updatePeriod", fetched(), PollHints(update_period=4 * HOUR), "ok", 4 * HOUR),
        ("the longest of all", fetched(**EXPIRES), PollHints(2 * HOUR, 4 * HOUR), "ok", 5 * HOUR),
        ("skipHours", fetched(), PollHints(skip_hours=(13, 14)), "ok", 3 * HOUR),
        ("skipDays", fetched(), PollHints(skip_days=(0,)), "ok", 12 * HOUR),
        ("a first failure", failed(404), PollHints(), "failing", HOUR),
        ("no answer", failed(), PollHints(), "failing", HOUR),
        ("no feed", ReadError("an HTML page"), PollHints(), "failing", HOUR),
        ("a failure that caches may keep", failed(404, cache_control="max-age=18000"), PollHints(), "failing", 5 * HOUR),
        ("gone", failed(410), PollHints(), "gone", DAY),
        ("asked to wait", failed(503, 3 * HOUR), PollHints(), "paused", 3 * HOUR),
        ("asked to wait for a week", failed(429, 7 * DAY), PollHints(), "paused", 7 * DAY),
        ("asked to wait for a moment", failed(429, MINUTE), PollHints(), "paused", HOUR),
        ("too many requests", failed(429), PollHints(), "paused", HOUR),
        ("not available", failed(503), PollHints(), "failing", HOUR),
    ],
)  # fmt: skip
def test_a_plan(why: str, result: object, hints: PollHints, status: str, wait: timedelta) -> None:
    plan = schedule.plan(NEW, result, POLLING, NOON, schedule.Circumstances(hints=hints))  # type: ignore[arg-type]
    assert plan.status == status
    assert wait <= plan.next_poll - NOON <= max(wait * 1.1, wait + 11 * MINUTE)
    assert plan.reason
    assert plan.steps
    assert (plan.last_error is None) is (status in ("ok", "unchanged"))


def test_a_plan_tells_how_it_came_about() -> None:
    plan = schedule.plan(
        feed(),
        fetched(cache_control="max-age=36000"),
        POLLING,
        NOON,
        schedule.Circumstances(dates=entries(20, 6 * HOUR)),
    )
    assert plan.reason == "every 10 h: the server's cache lifetime"
    assert plan.steps == (
        "every 2 h 19 min: 4.4 entries a day",
        "every 10 h: the server's cache lifetime",
        "+13 min to spread the load",
    )


def test_hints_of_the_last_document_hold_for_a_304() -> None:
    known = feed(info=FeedInfo("rss20", None, None, hints=PollHints(ttl=9 * HOUR)))
    plan = schedule.plan(known, not_modified(), POLLING, NOON)
    assert plan.reason == "every 9 h: its ttl"


def test_a_success_forgets_failures() -> None:
    before = feed(status="failing", failures=9, last_error="x", failing_since=NOON - DAY)
    plan = schedule.plan(before, fetched(), POLLING, NOON)
    assert (plan.status, plan.failures, plan.last_error, plan.failing_since) == ("ok", 0, None, None)


@pytest.mark.parametrize("result", [fetched(), not_modified(), failed(500)])
def test_no_plan_falls_into_an_hour_or_a_day_to_skip(result: object) -> None:
    hints = PollHints(skip_hours=tuple(range(1, 24)), skip_days=(0, 1, 2, 3, 5, 6))
    plan = schedule.plan(feed(), result, POLLING, NOON, schedule.Circumstances(hints=hints))  # type: ignore[arg-type]
    assert (plan.next_poll.hour, plan.next_poll.weekday()) == (0, 4)
    assert "Friday 00:00 UTC" in plan.reason


_HEADERS = st.dictionaries(
    st.sampled_from(["cache-control", "expires", "date", "age"]),
    st.text(max_size=40)
    | st.sampled_from(["max-age=99999999999", "max-age=0", "0", "-1", EXPIRES["expires"]]),
)
_SPANS = st.none() | st.timedeltas(timedelta(0), timedelta(days=400))
_HINTS = st.builds(
    PollHints,
    _SPANS,
    _SPANS,
    st.lists(st.integers(0, 23)).map(tuple),
    st.lists(st.integers(0, 6)).map(tuple),
)
_DATES = st.lists(
    st.datetimes(datetime(1990, 1, 1), datetime(2027, 1, 1)).map(
        lambda when: when.replace(tzinfo=NOON.tzinfo)
    ),
    max_size=20,
)


@given(st.text(max_size=60), _HEADERS, _HINTS, _DATES, st.none() | st.integers(60, 10**6))
def test_a_healthy_feed_is_asked_after_now_and_within_bounds(
    url: str, headers: dict[str, str], hints: PollHints, dates: list[datetime], every: int | None
) -> None:
    own = timedelta(seconds=every) if every else None
    result = fetched(**{name.replace("-", "_"): value for name, value in headers.items()})
    plan = schedule.plan(feed(url=url), result, POLLING, NOON, schedule.Circumstances(own, hints, dates))
    longest = max(DAY, own or DAY) * 1.1 + 7 * DAY  # skipDays may leave one day of the week
    assert NOON + min(own or 15 * MINUTE, 15 * MINUTE) <= plan.next_poll <= NOON + longest
    for demand in (hints.ttl, hints.update_period, schedule.freshness(result.headers, NOON)):
        assert demand is None or plan.next_poll - NOON >= min(demand, DAY)


@given(
    st.text(max_size=60),
    st.integers(0, 40),
    st.sampled_from([None, 404, 410, 429, 500, 503]),
    st.none() | st.timedeltas(timedelta(0), 7 * DAY),
    st.integers(0, 9),
)
def test_a_feed_in_trouble_is_asked_after_now_and_within_bounds(
    url: str, failures: int, status: int | None, retry_after: timedelta | None, refusals: int
) -> None:
    known = feed(url=url, failures=failures, failing_since=NOON - failures * DAY)
    asked = retry_after if status in (429, 503) else None
    plan = schedule.plan(
        known, failed(status, asked), POLLING, NOON, schedule.Circumstances(refusals=refusals)
    )
    assert plan.next_poll - NOON >= max(HOUR, asked or HOUR)
    assert plan.next_poll - NOON <= max(26.5 * HOUR, (asked or HOUR) + 11 * MINUTE)


@given(st.integers(0, 30))
def test_more_failures_never_mean_sooner(failures: int) -> None:
    waits = [
        schedule.plan(feed(failures=number), failed(500), POLLING, NOON).next_poll
        for number in (failures, failures + 1)
    ]
    assert waits == sorted(waits)


def test_a_failure_is_an_error_whatever_its_kind() -> None:
    kinds = (
        "address",
        "unreachable",
        "timeout",
        "protocol",
        "status",
        "redirect",
        "size",
        "encoding",
        "secret",
    )
    for kind in kinds:
        result = FetchError("https://ex.com/feed", kind, "words")  # type: ignore[arg-type]
        assert schedule.plan(Feed(1, "x", "x"), result, POLLING, NOON).status == "failing"
