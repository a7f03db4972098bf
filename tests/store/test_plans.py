"""No query that a large store is asked often reads a whole table: SQLite says how it would find the rows."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.settings import Subscription
from aggregator.store.interfaces import Store
from aggregator.store.open import open_store
from support.make import NOON, entry
from support.saving import answered, changes, new, outcome, query, save

URL = "https://one.ex/feed"
# What grows with the entries; `feeds` is as large as feeds.yaml.
LARGE = (
    "entries|contents|stories|sightings|related|related_words|telling_index|word_counts|tombstones|archives"
)

TABLE = re.compile(
    rf"(?:FROM|JOIN|UPDATE) ({LARGE})\b(?: (?!ON|SET|WHERE|JOIN|LEFT|CROSS|ORDER|GROUP|LIMIT)(\w+))?"
)


def poll(store: Store) -> None:
    feed = store.feeds()[0]
    found = [entry(f"Headline number {n} of this", f"https://one.ex/{n}") for n in range(3, 6)]
    store.begin_poll(feed, "one.ex", NOON, NOON + timedelta(hours=1))
    store.load_context(query(feed, *found))
    store.save_poll(outcome(feed, changes=changes(store, *map(new, found)), response=answered(URL)))


def read(store: Store) -> None:
    story = store.latest(20)[0]
    store.latest(20, tag="tech")
    store.search("headline", 20)
    store.sightings(story.id)
    store.feed_history(1)
    store.due_feeds(NOON)


def publish(store: Store) -> None:
    store.content_version()
    list(store.story_summaries())
    store.stories_of_feed(1, 40)
    store.feed_states()
    store.arrivals(100)
    store.unarchived_stories(None, 500)
    store.daily_counts(NOON)


@pytest.mark.parametrize("ask", [poll, read, publish])
def test_no_hot_query_reads_a_whole_table(tmp_path: Path, ask: Callable[[Store], None]) -> None:
    path, asked = tmp_path / "aggregator.db", list[str]()
    store = open_store(path, asked.append)
    store.sync_subscriptions([Subscription(URL, "One", ("tech",))], NOON)
    (feed,) = store.feeds()
    save(store, feed, *(new(entry(f"Headline number {n} of this", f"https://one.ex/{n}")) for n in range(3)))
    store.publish_pending(NOON)
    asked.clear()
    ask(store)
    store.close()
    queries = {text for text in asked if re.match(r"\s*(SELECT|UPDATE|DELETE)", text)}
    assert queries
    with contextlib.closing(sqlite3.connect(path)) as db:
        for text in queries:
            with contextlib.suppress(sqlite3.OperationalError):  # statements of triggers name NEW and OLD
                assert scans(db, text) == [], text


def scans(db: sqlite3.Connection, text: str) -> list[str]:
    """The steps that read all of a large table, and not an index in its order until enough is found."""
    steps = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {text}")]
    tables = {alias or name for name, alias in TABLE.findall(text)}
    return [
        step
        for step in steps
        if step.startswith("SCAN ") and step.split()[1] in tables and "INDEX" not in step
    ]
