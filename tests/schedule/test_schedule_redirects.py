"""Redirects that last, and those that are believed at once."""

from __future__ import annotations

from datetime import datetime

import pytest

from aggregator import schedule
from aggregator.models import Move
from support.make import NOON

from .make import DAY, HOUR, URL, feed

NEW = "https://new.example/feed"


@pytest.mark.parametrize(
    ("why", "before", "target", "confirmed"),
    [
        ("the first time", None, NEW, False),
        ("for a week and five times", Move(NEW, NOON - 7 * DAY, 4), NEW, True),
        ("for a week and four times", Move(NEW, NOON - 7 * DAY, 3), NEW, False),
        ("for six days", Move(NEW, NOON - 6 * DAY, 40), NEW, False),
        ("another target", Move("https://other.example/", NOON - 9 * DAY, 40), NEW, False),
    ],
)
def test_a_move(why: str, before: Move | None, target: str, confirmed: bool) -> None:
    move = schedule.track_redirect(feed(move=before), target, NOON)
    assert move is not None
    assert (move.url, move.confirmed) == (target, confirmed)


def test_a_poll_without_permanent_redirect_begins_anew() -> None:
    assert schedule.track_redirect(feed(move=Move(NEW, NOON - 9 * DAY, 40)), None, NOON) is None
    assert schedule.track_redirect(feed(move=Move(NEW, NOON - 9 * DAY, 40)), URL, NOON) is None


def test_it_takes_a_week_and_five_polls() -> None:
    known, now, asked = feed(), NOON, 0
    while True:
        asked += 1
        move = schedule.track_redirect(known, NEW, now)
        assert move is not None
        if move.confirmed:
            break
        known, now = feed(move=move), now + 30 * HOUR
    assert now - NOON >= 7 * DAY
    assert asked >= 5


@pytest.mark.parametrize(
    ("why", "old", "new", "confirmed"),
    [
        ("the same host's https", "http://ex.com/feed", "https://ex.com/feed", True),
        ("... in capitals", "HTTP://EX.com/feed", "https://ex.com/feed", True),
        ("... elsewhere on it", "http://ex.com/feed", "https://ex.com/rss", True),
        ("another host's https", "http://ex.com/feed", "https://www.ex.com/feed", False),
        ("down to http", "https://ex.com/feed", "http://ex.com/feed", False),
        ("http to http", "http://ex.com/feed", "http://ex.com/rss", False),
    ],
)
def test_https_is_believed_at_once(why: str, old: str, new: str, confirmed: bool) -> None:
    move = schedule.track_redirect(feed(effective_url=old), new, NOON)
    assert move is not None
    assert move.confirmed is confirmed


@pytest.mark.parametrize(
    ("why", "hours", "days", "want"),
    [
        ("nothing to skip", (), (), datetime(2026, 3, 2, 12, 20)),
        ("this hour", (12,), (), datetime(2026, 3, 2, 13)),
        ("these hours", (12, 13, 14), (), datetime(2026, 3, 2, 15)),
        ("over midnight", tuple(range(12, 24)), (), datetime(2026, 3, 3)),
        ("today", (), (0,), datetime(2026, 3, 3)),
        ("today, and tomorrow's first hours", (0, 1), (0,), datetime(2026, 3, 3, 2)),
        ("every hour: its owner misread the standard", tuple(range(24)), (), datetime(2026, 3, 2, 12, 20)),
        ("every day", (), tuple(range(7)), datetime(2026, 3, 2, 12, 20)),
    ],
)
def test_slots(why: str, hours: tuple[int, ...], days: tuple[int, ...], want: datetime) -> None:
    from aggregator.models import PollHints

    when = NOON.replace(minute=20)
    assert schedule.next_allowed_time(when, PollHints(skip_hours=hours, skip_days=days)) == want.replace(
        tzinfo=NOON.tzinfo
    )
