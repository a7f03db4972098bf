"""A hub is told of what has changed when whoever it asks can give it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.app import App, load_config
from aggregator.app.opening import FixedClock
from aggregator.models import Role
from aggregator.models import Worker as WorkerNote
from aggregator.pipeline.worker import Worker
from aggregator.service.announcements import COPIED, Announcements
from aggregator.store.open import open_store
from support.command import Folder
from support.make import NOON

SECOND = timedelta(seconds=1)


def test_what_one_machine_serves_is_told_at_once() -> None:
    found = Announcements()
    found.add(["feed.atom", "index.html"], NOON)
    assert found.take(NOON, is_copied=False) == ("feed.atom", "index.html")
    assert found.take(NOON, is_copied=False) == ()


def test_what_others_copy_is_told_when_they_have_it() -> None:
    found = Announcements()
    found.add(["feed.atom"], NOON)
    found.add(["feed.atom", "feed.json"], NOON + 5 * SECOND)  # it changes again and again
    assert found.take(NOON + COPIED - SECOND, is_copied=True) == ()
    assert found.take(NOON + COPIED, is_copied=True) == ("feed.atom",)
    assert found.take(NOON + COPIED + 5 * SECOND, is_copied=True) == ("feed.json",)
    assert found.take(NOON + 9 * COPIED, is_copied=True) == ()


def test_a_clock_that_is_set_back_holds_nothing_back() -> None:
    found = Announcements()
    found.add(["feed.atom"], NOON)
    assert found.take(NOON - timedelta(days=1), is_copied=True) == ("feed.atom",)


@pytest.mark.parametrize(
    ("store", "role", "is_copied"),
    [
        ("postgresql://news@db.example/news", "web", True),
        ("postgresql://news@db.example/news", "all", True),
        ("postgresql://news@db.example/news", "poller", False),
        (None, "web", False),  # which has the same folder
    ],
)
def test_who_copies_what_a_worker_publishes(
    folder: Folder, store: str | None, role: Role, is_copied: bool
) -> None:
    folder.configure(["https://a.example/feed"], f"store: '{store}'\n" if store else "")
    config = load_config(folder.path / "feeds.yaml")
    worker = Worker(lambda: open_store(":memory:"), FixedClock(lambda: NOON), "publisher")
    worker.others = (WorkerNote(worker.name, "publisher", NOON, NOON), WorkerNote("other", role, NOON, NOON))
    assert App(config, lambda: NOON, worker=worker).is_copied == is_copied
    worker.others = worker.others[:1]
    assert not App(config, lambda: NOON, worker=worker).is_copied
    assert not App(config, lambda: NOON).is_copied
