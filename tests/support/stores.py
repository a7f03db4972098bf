"""New stores, fast, and a look into one from outside, as with any other tool that opens the file."""

from __future__ import annotations

import contextlib
import functools
import sqlite3
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from aggregator.models import Feed, Fetched, PollResult, ReadFeed
from aggregator.pipeline.record import Answer, PollRecorder
from aggregator.settings import Subscription
from aggregator.store.interfaces import Store
from aggregator.store.open import open_store


def new_store(path: Path) -> Store:
    """An empty store at this path, opened; the caller closes it. The schema is made once, and its file copied."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_template())
    return open_store(path)


@functools.cache
def _template() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "aggregator.db"
        open_store(path).close()
        return path.read_bytes()


def sql(path: Path, statement: str, *parameters: object) -> Sequence[Any]:
    """Runs the statement on the file over a connection of its own; the rows that it gives."""
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection, connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(statement, parameters).fetchall()


def tables(path: Path, names: Sequence[str]) -> list[tuple[Any, ...]]:
    """All rows of these tables, each after its table's name."""
    return [(name, *row) for name in names for row in sql(path, f"SELECT * FROM {name} ORDER BY 1, 2")]


def save_document(recorder: PollRecorder, feed: Feed, document: ReadFeed, now: datetime) -> PollResult:
    """What came of a poll that brought this document."""
    fetched = Fetched(feed.url, b"", feed.validators, {})
    return recorder.record(Answer(feed, Subscription(feed.url), fetched, document, "x"), now).result
