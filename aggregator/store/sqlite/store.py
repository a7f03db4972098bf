"""The store in one SQLite file: its parts on one connection."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from aggregator.store.sql import stories
from aggregator.store.sql.copying import SqlCopying
from aggregator.store.sql.library import SqlLibrary
from aggregator.store.sql.polling import SqlPolling
from aggregator.store.sql.publishing import SqlPublishing
from aggregator.store.sql.upkeep import SqlUpkeep
from aggregator.store.sql.workers import SqlWorkers
from aggregator.store.sqlite import connect, space
from aggregator.store.sqlite.database import SqliteDatabase
from aggregator.store.sqlite.search import FtsIndex


class SqliteStore(SqlPolling, SqlPublishing, SqlLibrary, SqlWorkers, SqlUpkeep, SqlCopying):
    """Answers all of store.interfaces. Belongs to the thread that opened it, as SQLite connections do."""

    def __init__(self, connection: SqliteDatabase, path: Path) -> None:
        super().__init__(connection, FtsIndex(connection))
        self._connection = connection
        self._path = path
        self._opened = path.stat()

    @classmethod
    def open(
        cls,
        path: Path,
        trace: Callable[[str], None] | None = None,
        lock_timeout: float = connect.LOCK_TIMEOUT,
    ) -> SqliteStore:
        """The store at `path`, made or migrated where needed. `trace` is called with each statement.

        Raises StoreError.
        """
        connection = connect.open_to_write(path, lock_timeout)
        connection.set_trace_callback(trace)
        return cls(connection, path)

    @classmethod
    def open_to_read(cls, path: Path) -> SqliteStore | None:
        """The store at `path` for reading only; None where there is none yet. Raises StoreError."""
        connection = connect.open_to_read(path)
        return None if connection is None else cls(connection, path)

    def close(self) -> None:
        self._connection.close()

    def is_in_place(self) -> bool:
        """Whether the file at the path is still the one that was opened."""
        try:
            return os.path.samestat(self._opened, self._path.stat())
        except OSError:
            return False

    def version(self) -> tuple[int, int]:
        with self._reading():
            others = self._connection.execute("PRAGMA data_version").fetchone()[0]
            return int(others), self._connection.total_changes

    def server_time(self) -> datetime | None:
        return None

    def release_space(self) -> int:
        with self._reading():
            return space.release(self._connection)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with connect.store_errors(self._path):
            yield

    @contextmanager
    def _writing(self, content: bool = True) -> Iterator[None]:
        """IMMEDIATE: a read that turns into a write would fail as locked at once."""
        with connect.store_errors(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            before = self._connection.total_changes
            try:
                yield
                if content and self._connection.total_changes != before:
                    stories.mark_changed(self._connection)
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
