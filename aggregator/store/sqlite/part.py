"""What the parts of the SQLite store share: the connection, its errors, its transactions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection

from aggregator.store.sqlite import connect, stories


class Part:
    """Belongs to the thread that opened the connection, as SQLite connections do."""

    _filters: str | None = None  # the fingerprint of those that this process marks entries by

    def __init__(self, connection: Connection, path: Path) -> None:
        self._db = connection
        self._path = path
        self._opened = path.stat()

    def close(self) -> None:
        self._db.close()

    def is_in_place(self) -> bool:
        """Whether the file at the path is still the one that was opened."""
        try:
            return os.path.samestat(self._opened, self._path.stat())
        except OSError:
            return False

    def version(self) -> tuple[int, int]:
        """Differs from an earlier one where anything was written since, by whatever process."""
        with self._reading():
            others = self._db.execute("PRAGMA data_version").fetchone()[0]
            return int(others), self._db.total_changes

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Turns what SQLite raises into StoreError."""
        with connect.store_errors(self._path):
            yield

    @contextmanager
    def _writing(self, content: bool = True) -> Iterator[None]:
        """One transaction. IMMEDIATE: a read that turns into a write would fail as locked at once.

        `content`: whether what it changes, if anything, is what PublishStore tells.
        """
        with connect.store_errors(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            before = self._db.total_changes
            try:
                yield
                if content and self._db.total_changes != before:
                    stories.mark_changed(self._db)
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
