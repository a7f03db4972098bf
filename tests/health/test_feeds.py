"""Conditions of feeds, as rows; and what a report makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.export.pages import Pages, own_pages
from aggregator.health.events import WELL_LOOKS, WORSE_LOOKS, Event, Events, render_atom
from aggregator.health.feeds import Condition, FeedHealth, health_of_feed, health_of_feeds
from aggregator.health.page import render_health
from aggregator.health.report import Facts, Report, StoreFacts, make_report
from aggregator.health.state import Problem, ServiceState
from aggregator.health.words import as_text
from aggregator.models import Feed, Plan, Worker, WorkersSeen
from support.make import NOON
from support.publications import publication

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FEED = Feed(1, "https://a.ex/f", "https://a.ex/f", plan=Plan("ok"), last_success=NOON, last_full=NOON)


def dates(*hours_ago: float) -> tuple[datetime, ...]:
    return tuple(NOON - hours * HOUR for hours in hours_ago)


@pytest.mark.parametrize(
    ("changes", "condition"),
    [
        ({}, "healthy"),
        ({"last_success": None, "status": "new"}, "new"),
        ({"failures": 3, "status": "failing", "failing_since": NOON - 3 * DAY}, "failing"),
        ({"failures": 1, "status": "gone"}, "gone"),
        ({"status": "paused"}, "paused"),
        ({"effective_url": "https://b.ex/f"}, "moved"),
        ({"recent_dates": dates(*range(0, 200, 24))}, "healthy"),
        ({"recent_dates": dates(*range(200, 400, 24))}, "quiet"),  # one a day, and then none for eight days
        ({"recent_dates": dates(*range(200, 200 + 20 * 24 * 7, 24 * 7))}, "healthy"),  # one a week
        ({"recent_dates": dates(*[n / 60 for n in range(20)])}, "flooding"),
        ({"recent_dates": dates(*[n / 60 for n in range(20)]), "first_success": NOON - HOUR}, "flooding"),
        ({"recent_dates": dates(*[0] * 20), "first_success": NOON}, "healthy"),  # what it listed at first
        (
            {
                "status": "unchanged",
                "last_full": NOON - 9 * DAY,
                "recent_dates": dates(*range(220, 400, 12)),
            },
            "stuck",
        ),
        (
            {
                "status": "unchanged",
                "last_full": NOON - 9 * DAY,
                "last_success": NOON - 9 * DAY + HOUR,  # and then the program was off
                "recent_dates": dates(*range(220, 400, 12)),
            },
            "quiet",
        ),
    ],
)
def test_condition(changes: dict[str, object], condition: str) -> None:
    planned = {name: value for name, value in changes.items() if name in Plan.__slots__}
    feed = replace(FEED, plan=replace(FEED.plan, **planned))  # type: ignore[arg-type]  # the table's rows
    others = {name: value for name, value in changes.items() if name not in planned}
    assert health_of_feed(replace(feed, **others), "A", NOON).condition == condition  # type: ignore[arg-type]


def test_words_say_what_is_usual_and_what_to_do() -> None:
    quiet = health_of_feed(replace(FEED, recent_dates=dates(*range(200, 400, 24))), "A", NOON)
    assert quiet.message == "nothing new for 8 days 8 h; its longest pause was 1 day"
    moved = health_of_feed(replace(FEED, effective_url="https://me:hush@b.ex/f?token=hushhush"), "A", NOON)
    assert moved.message == "for good, to https://b.ex/f; `aggregator feeds move` takes that over"
    report = make_report(replace(WELL, feeds=(quiet, moved)), NOON)
    assert "moved: A: for good, to https://b.ex/f" in as_text(report)  # somebody should do something
    assert "nothing new for" not in as_text(report)
    assert report.level == "ok"


STORE = StoreFacts("x.db", disk_free=10**12, disk_size=2 * 10**12)
WELL = Facts(STORE, (FeedHealth("u", "A", "healthy"),), last_poll=NOON - HOUR, service={"pid": 1})


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({}, "ok", "is well"),
        ({"feeds": (*WELL.feeds * 20, FeedHealth("u", "A", "gone"))}, "ok", "is well but for 1 feed"),
        ({"last_poll": None, "service": None, "feeds": ()}, "unknown", ""),
        ({"due_since": (NOON - 5 * HOUR,)}, "critical", "1 feed overdue, the longest for 5 h"),
        (
            {"service": None, "last_poll": NOON - DAY, "due_since": (NOON,)},
            "critical",
            "nothing has polled for 1 day: no service, no cron",
        ),
        (
            {"seen": WorkersSeen((Worker("a", "poller", NOON, NOON),))},
            "warning",
            "of the workers none publishes",
        ),
        ({"seen": WorkersSeen((Worker("a", "publisher", NOON, NOON),))}, "ok", "1 publisher"),  # it stands by
        ({"store": replace(STORE, disk_free=10**6)}, "warning", "1 MB of the disk are left"),
        ({"store": replace(STORE, problem="it is damaged")}, "critical", "it is damaged"),
        ({"feeds": (FeedHealth("u", "A", "failing"),)}, "warning", "problems with 1 of 1 feed"),
        ({"problems": (Problem("publish", NOON, "cannot write"),)}, "critical", "cannot write"),
    ],
)
def test_level(changes: dict[str, object], level: str, words: str) -> None:
    report = make_report(replace(WELL, **changes), NOON)  # type: ignore[arg-type]
    assert report.level == level
    assert words in as_text(report)
    assert as_text(report).startswith(f"State      {level.upper()}: ")  # the line that Nagios shows
    page = render_health(report, publication(), own_pages()).decode()
    assert f'<h1 dir="auto">Health: {level}</h1>' in page
    assert words in page
    assert report.as_dict()["level"] == level


def test_how_long_a_problem_has_lasted_is_said_once() -> None:
    facts = replace(WELL, service=None, last_poll=NOON - DAY, due_since=(NOON,))
    assert as_text(make_report(facts, NOON)).splitlines()[0].endswith("for 1 day: no service, no cron")
    told = replace(WELL, problems=(Problem("publish", NOON - DAY, "cannot write"),))
    assert as_text(make_report(told, NOON)).splitlines()[0].endswith("cannot write (1 day ago)")


def test_of_a_store_that_cannot_be_read_nothing_is_said_to_be_missing() -> None:
    facts = replace(WELL, store=replace(STORE, problem="it does not answer"), last_poll=None, feeds=())
    words = as_text(make_report(facts, NOON))
    assert "Last poll" not in words
    assert "Feeds" not in words
    assert "Store      cannot be read" in words


def test_a_service_that_does_not_tick_is_stuck() -> None:
    state = ServiceState(1, "1", NOON, "feeds.yaml", last_tick=NOON)
    assert state.current(NOON + HOUR / 60) == ()
    (problem,) = state.current(NOON + HOUR)
    assert problem.level == "critical"


WELL_REPORT = make_report(WELL, NOON)


def broken(hours: float = 24, condition: Condition = "failing") -> Report:
    """The one feed is in trouble, since then."""
    feed = FeedHealth("u", "<A>", condition, NOON - hours * HOUR, "404")
    return make_report(replace(WELL, feeds=(feed,)), NOON)


def look(events: Events, report: Report, times: int) -> list[Event]:
    return [event for _ in range(times) for event in events.observe(report)]


def test_changes_of_state_become_events_once_and_survive_a_restart(tmp_path: Path) -> None:
    events = Events(tmp_path / "events.json")
    assert look(events, WELL_REPORT, 1) == []
    assert {event.title for event in look(events, broken(), 60)} == {"u: failing", "feeds: warning"}
    again = Events(tmp_path / "events.json")
    assert look(again, broken(), 60) == []
    assert {event.title for event in look(again, WELL_REPORT, 60)} == {"u: well", "feeds: well"}
    assert len({event.number for event in again.events}) == 4
    feed = render_atom(again.events, "https://news.example/", NOON)
    assert feed.count(b"<entry>") == 4
    assert b"&lt;A&gt;: 404" in feed


def test_what_comes_and_goes_is_told_once(tmp_path: Path) -> None:
    events = Events(tmp_path / "events.json")
    look(events, WELL_REPORT, 1)
    assert [look(events, report, 1) for _ in range(50) for report in (broken(), WELL_REPORT)] == [[]] * 100
    assert len(look(events, broken(), WORSE_LOOKS)) == 2
    for _ in range(20):
        assert look(events, WELL_REPORT, WELL_LOOKS - 1) == []
        assert look(events, broken(), 1) == []
    assert len(look(events, WELL_REPORT, WELL_LOOKS)) == 2


def test_a_feed_that_fails_once_is_no_event_and_one_that_is_gone_is(tmp_path: Path) -> None:
    events = Events(tmp_path / "events.json")
    look(events, WELL_REPORT, 1)
    assert {event.title for event in look(events, broken(hours=1), 60)} == {"feeds: warning"}
    assert {event.title for event in look(events, broken(hours=1, condition="gone"), 60)} == {"u: gone"}


def test_a_private_feed_shows_no_address(tmp_path: Path) -> None:
    feed = replace(
        FEED,
        url="https://a.ex/secret-7/f",
        plan=replace(
            FEED.plan, failures=9, failing_since=NOON - DAY, last_error="404 after https://a.ex/secret-7/g"
        ),
    )
    (found,) = health_of_feeds([feed], {1: "A"}, NOON, {feed.url})
    report = make_report(replace(WELL, feeds=(found,)), NOON)
    events = Events(tmp_path / "events.json")
    look(events, WELL_REPORT, 1)
    look(events, report, 60)
    shown = [
        as_text(report),
        str(report.as_dict()),
        render_health(report, publication(), own_pages()).decode(),
        render_atom(events.events, "https://news.example/", NOON).decode(),
    ]
    assert all("404" in text for text in shown)
    assert all("secret-7" not in text for text in shown)


def test_a_broken_template_of_the_operator_hides_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "base.html").write_text("{% nonsense %}")
    page = render_health(broken(), publication(), Pages(tmp_path))
    assert b"404" in page
