"""The clock of the program, and that of a database which it may follow."""

from __future__ import annotations

from datetime import datetime, timedelta

from aggregator.app.opening import Clock
from support.make import NOON


def test_a_clock_follows_that_of_a_database() -> None:
    ours = [NOON + timedelta(hours=2, microseconds=7)]
    clock = Clock(lambda: ours[0])
    assert clock() == NOON + timedelta(hours=2)
    clock.follow(lambda: None)
    assert clock() == NOON + timedelta(hours=2)
    clock.follow(lambda: NOON)
    followed = clock()
    assert NOON <= followed < NOON + timedelta(hours=1)
    ours[0] = NOON - timedelta(days=400)  # set back: it is not asked any more
    assert clock() >= followed


def test_a_database_that_cannot_be_asked_changes_nothing() -> None:
    clock = Clock(lambda: NOON)
    clock.follow(lambda: NOON + timedelta(days=1))

    def fail() -> datetime:
        raise RuntimeError

    try:
        clock.follow(fail)
    except RuntimeError:
        assert clock() >= NOON + timedelta(days=1)
