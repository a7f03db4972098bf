"""The store in one SQLite file: its parts on one connection."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aggregator.store.sqlite import connect
from aggregator.store.sqlite.library import SqliteLibrary
from aggregator.store.sqlite.polling import SqlitePolling
from aggregator.store.sqlite.publishing import SqlitePublishing
from aggregator.store.sqlite.upkeep import SqliteUpkeep


class SqliteStore(SqlitePolling, SqlitePublishing, SqliteLibrary, SqliteUpkeep):
    """Answers all of store.interfaces."""

    @classmethod
    def open(
        cls, path: Path, trace: Callable[[str], None] | None = None, patience: float = connect.PATIENCE
    ) -> SqliteStore:
        """The store at `path`, made or migrated where needed. `trace` is called with each statement.

        Raises StoreError.
        """
        connection = connect.open_to_write(path, patience)
        connection.set_trace_callback(trace)
        return cls(connection, path)

    @classmethod
    def open_to_read(cls, path: Path) -> SqliteStore | None:
        """The store at `path` for reading only; None where there is none yet. Raises StoreError."""
        connection = connect.open_to_read(path)
        return None if connection is None else cls(connection, path)
