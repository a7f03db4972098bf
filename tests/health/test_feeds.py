"""Conditions of feeds, as rows; and what a report makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.health.events import Events, render_atom
from aggregator.health.feeds import FeedHealth, health_of_feed
from aggregator.health.report import Facts, StoreFacts, make_report
from aggregator.health.state import Problem, ServiceState
from aggregator.health.words import as_page, as_text
from aggregator.models import Feed, Plan
from support.make import NOON

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
    ],
)
def test_condition(changes: dict[str, object], condition: str) -> None:
    planned = {name: value for name, value in changes.items() if name in Plan.__slots__}
    feed = replace(FEED, plan=replace(FEED.plan, **planned))  # type: ignore[arg-type]  # the table's rows
    others = {name: value for name, value in changes.items() if name not in planned}
    assert health_of_feed(replace(feed, **others), "A", NOON).condition == condition  # type: ignore[arg-type]


STORE = StoreFacts("x.db", disk_free=10**12, disk_size=2 * 10**12)
WELL = Facts(STORE, (FeedHealth("u", "A", "healthy"),), last_poll=NOON - HOUR, service={"pid": 1})


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({}, "ok", ""),
        ({"last_poll": None, "service": None, "feeds": ()}, "unknown", ""),
        ({"due_since": (NOON - 5 * HOUR,)}, "critical", "1 feed overdue, the longest for 5 h"),
        (
            {"service": None, "last_poll": NOON - DAY, "due_since": (NOON,)},
            "critical",
            "nothing has polled for 1 day",
        ),
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
    assert level.upper().encode() in as_page(report)
    assert report.as_dict()["level"] == level


def test_a_service_that_does_not_tick_is_stuck() -> None:
    state = ServiceState(1, "1", NOON, "feeds.yaml", last_tick=NOON)
    assert state.current(NOON + HOUR / 60) == ()
    (problem,) = state.current(NOON + HOUR)
    assert problem.level == "critical"


def test_changes_of_state_become_events_once_and_survive_a_restart(tmp_path: Path) -> None:
    well = make_report(WELL, NOON)
    broken = make_report(
        replace(WELL, feeds=(FeedHealth("u", "<A>", "failing", message="404"),)), NOON + HOUR
    )
    events = Events(tmp_path / "events.json")
    assert events.observe(well) == ()
    assert {event.title for event in events.observe(broken)} == {"u: failing", "feeds: warning"}
    assert events.observe(broken) == ()
    again = Events(tmp_path / "events.json")
    assert again.observe(broken) == ()
    assert {event.title for event in again.observe(well)} == {"u: well", "feeds: well"}
    assert len({event.number for event in again.events}) == 4
    feed = render_atom(again.events, "https://news.example/", NOON)
    assert feed.count(b"<entry>") == 4
    assert b"&lt;A&gt;: 404" in feed
