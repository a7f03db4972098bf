"""No query that a large store is asked often reads a whole table: SQLite says how it would find the rows."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aggregator.settings import Keep
from aggregator.store import interfaces
from aggregator.store.interfaces import Store
from aggregator.store.open import open_store
from support.hot import BY_HAND, HOT, subscriptions
from support.make import NOON, entry
from support.saving import new, save

FEEDS = 60
# What grows with the entries; `feeds` and its like are as large as feeds.yaml.
LARGE = frozenset(
    "entries contents stories sightings related related_words telling_index word_counts tombstones poll_log".split()
)
_NAMES = re.compile(
    rf"(?:FROM|JOIN|UPDATE|INTO) ({'|'.join(LARGE)})\b"
    r"(?: (?:AS )?(?!ON|SET|WHERE|JOIN|LEFT|CROSS|ORDER|GROUP|LIMIT|INDEXED|NOT)(\w+))?"
)
_OF_A_ROW = re.compile(r"\b(?:NEW|OLD)\.\w+")
_OF_WHAT_WAITS = re.compile(r"INDEX \w+_waiting\b")  # it has no other rows
# What is read in the order of an index, by who stops as soon as there is enough.
_STREAMED = re.compile(r"LIMIT|FROM stories s JOIN .*ORDER BY s\.position DESC", re.DOTALL)


class Answers:
    """A store of some feeds, what it was asked, and by which plan it would answer."""

    def __init__(self, path: Path) -> None:
        self.path, self.asked = path, list[str]()
        self.store = open_store(path, self.asked.append)
        self.store.sync_subscriptions(subscriptions(FEEDS), NOON)
        for number, feed in enumerate(self.store.feeds()[:9], 1):
            link = f"https://f{number}.ex/story/7"
            found = entry(f"Headline w1 number {number} of this", link, guid=link)
            save(self.store, feed, new(found), new(entry(f"Another w{number}", f"{link}7")))
        self.store.publish_pending(NOON)
        self.store.index_search()
        self.store.forget(NOON, Keep())

    def scanning(self, statement: str) -> list[str]:
        """The steps of its plan that read all of a large table."""
        with contextlib.closing(sqlite3.connect(self.path)) as db:
            steps = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {_OF_A_ROW.sub('1', statement)}")]
        names = {alias or name for name, alias in _NAMES.findall(statement)}
        found = [step for step in steps if step.startswith("SCAN ") and step.split()[1] in names]
        is_streamed = _STREAMED.search(statement) is not None
        return [
            step
            for step in found
            if not _OF_WHAT_WAITS.search(step) and not ("INDEX" in step and is_streamed)
        ]

    def sql(self, statement: str) -> list[Any]:
        with contextlib.closing(sqlite3.connect(self.path)) as db:
            return db.execute(statement).fetchall()


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    answers = Answers(tmp_path_factory.mktemp("plans") / "aggregator.db")
    yield answers
    answers.store.close()


@pytest.mark.parametrize("name", HOT)
def test_no_hot_query_reads_a_whole_table(answers: Answers, name: str) -> None:
    answers.asked.clear()
    HOT[name](answers.store)
    statements = {text for text in answers.asked if re.match(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)", text)}
    assert statements
    assert {text: steps for text in statements if (steps := answers.scanning(text))} == {}


def test_no_trigger_reads_a_whole_table(answers: Answers) -> None:
    bodies = [row[0] for row in answers.sql("SELECT sql FROM sqlite_master WHERE type = 'trigger'")]
    statements = [
        statement.strip()
        for body in bodies
        for statement in body.partition("BEGIN")[2].rpartition("END")[0].split(";")
        if statement.strip()
    ]
    assert len(statements) >= len(bodies) > 20
    assert {text: steps for text in statements if (steps := answers.scanning(text))} == {}


def test_rows_that_go_with_others_are_found_by_an_index(answers: Answers) -> None:
    """Else each row that is removed would read the whole table that refers to it."""
    tables = [row[0] for row in answers.sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
    seen = 0
    for table in tables:
        for key in answers.sql(f"PRAGMA foreign_key_list({table})"):
            seen += 1
            assert answers.scanning(f"SELECT 1 FROM {table} WHERE {key[3]} = 7") == [], (table, key[3])
    assert seen > 10


def test_a_query_that_reads_a_whole_table_is_seen(answers: Answers) -> None:
    for statement in (
        "SELECT count(*) FROM entries",
        "SELECT id FROM stories s WHERE s.title = 'x'",
        "UPDATE entries SET blocked = NULL WHERE blocked = NEW.title",
        "DELETE FROM tombstones WHERE guid = 'x' OR removed_at < 'y'",
    ):
        assert answers.scanning(statement), statement
    assert answers.scanning("SELECT id FROM stories ORDER BY published DESC, id LIMIT 20") == []


def test_every_question_to_a_store_is_hot_or_asked_by_hand(answers: Answers) -> None:
    """A new method belongs into one of the tables of support/hot.py."""
    asked = set[str]()

    class Noting:
        def __getattr__(self, name: str) -> Callable[..., object]:
            asked.add(name)
            found: Callable[..., object] = getattr(answers.store, name)
            return found

    noting: Any = Noting()
    store: Store = noting
    for ask in HOT.values():
        ask(store)
    protocols = [each for each in vars(interfaces).values() if getattr(each, "_is_protocol", False)]
    methods = {
        name
        for protocol in protocols
        if protocol.__module__ == interfaces.__name__ and protocol is not interfaces.Watch
        for name, found in vars(protocol).items()
        if callable(found) and not name.startswith("_")
    }
    assert asked | BY_HAND.keys() == methods
    assert asked & BY_HAND.keys() <= {"version"}
