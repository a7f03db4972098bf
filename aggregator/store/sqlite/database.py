"""A connection to SQLite with what the shared statements need besides."""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

_STEPS = 10_000  # of SQLite's machine between two looks at the clock


class SqliteDatabase(sqlite3.Connection):
    """Answers store.sql.database.Database."""

    def execute_each(self, statement: str, parameters: Iterable[Any], /) -> list[list[Any]]:
        return [self.execute(statement, each).fetchall() for each in parameters]

    def new_ids(self, table: str, count: int) -> Iterator[int]:
        """SQLite keeps the count, so that none is ever given twice."""
        if not count:
            return iter(())
        return itertools.islice(itertools.count(self.last_id(table) + 1), count)

    def last_id(self, table: str) -> int:
        row = self.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
        return int(row[0]) if row else 0

    def set_last_id(self, table: str, last: int) -> None:
        self.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        self.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))

    def columns(self, table: str) -> Sequence[str]:
        return [row["name"] for row in self.execute("SELECT name FROM pragma_table_info(?)", (table,))]

    def stream(self, statement: str, parameters: Sequence[Any] | Mapping[str, Any] = (), /) -> Generator[Any]:
        yield from self.execute(statement, parameters)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        self.execute("BEGIN")
        try:
            yield
        finally:
            self.execute("COMMIT")

    def pipeline(self) -> AbstractContextManager[None]:
        return nullcontext()

    @contextmanager
    def time_limit(self, seconds: float) -> Iterator[None]:
        """Raises OperationalError where a statement inside takes longer."""
        deadline = time.monotonic() + seconds
        self.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        try:
            yield
        finally:
            self.set_progress_handler(None, 0)
