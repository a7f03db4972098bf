"""A connection to SQLite with what the shared statements need besides."""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

_STEPS = 10_000  # of SQLite's machine between two looks at the clock


class SqliteDatabase(sqlite3.Connection):
    """Answers store.sql.database.Database."""

    def new_ids(self, table: str, count: int) -> Iterator[int]:
        """SQLite keeps the count, so that none is ever given twice."""
        if not count:
            return iter(())
        row = self.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
        return itertools.islice(itertools.count((row["seq"] if row else 0) + 1), count)

    @contextmanager
    def time_limit(self, seconds: float) -> Iterator[None]:
        """Raises OperationalError where a statement inside takes longer."""
        deadline = time.monotonic() + seconds
        self.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        try:
            yield
        finally:
            self.set_progress_handler(None, 0)
