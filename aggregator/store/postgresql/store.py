"""The store in a PostgreSQL database: its parts on one connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from aggregator.store.postgresql import care, connect
from aggregator.store.postgresql.database import PostgresDatabase
from aggregator.store.postgresql.errors import store_errors
from aggregator.store.postgresql.search import TsvectorIndex
from aggregator.store.sql import stories
from aggregator.store.sql.copying import SqlCopying
from aggregator.store.sql.library import SqlLibrary
from aggregator.store.sql.polling import SqlPolling
from aggregator.store.sql.publishing import SqlPublishing
from aggregator.store.sql.upkeep import SqlUpkeep
from aggregator.store.sql.workers import SqlWorkers

# Counting rows reads an index whole, which takes a second for ten million. The server's own estimate, renewed as it
# vacuums, is told from so many on.
_COUNTED = 200_000
_SIZES = (
    "SELECT CAST(coalesce(sum(pg_total_relation_size(oid)), 0) AS bigint),"
    " CAST(coalesce(max(reltuples) FILTER (WHERE relname = 'entries'), 0) AS bigint),"
    " CAST(coalesce(max(reltuples) FILTER (WHERE relname = 'stories'), 0) AS bigint)"
    " FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
)


class PostgresStore(SqlPolling, SqlPublishing, SqlLibrary, SqlWorkers, SqlUpkeep, SqlCopying):
    """Answers all of store.interfaces."""

    def __init__(self, db: PostgresDatabase, url: str) -> None:
        super().__init__(db, TsvectorIndex(db))
        self._postgres, self._url = db, url

    @classmethod
    def open(
        cls, url: str, trace: Callable[[str], None] | None = None, lock_timeout: float = connect.LOCK_TIMEOUT
    ) -> PostgresStore:
        """The store at `url`, made or migrated where needed. `trace` is called with each statement.

        Raises StoreError.
        """
        return cls(connect.open_to_write(url, lock_timeout, trace), url)

    @classmethod
    def open_to_read(cls, url: str) -> PostgresStore | None:
        """The store at `url` for reading only; None where there is none yet. Raises StoreError."""
        db = connect.open_to_read(url)
        return None if db is None else cls(db, url)

    @staticmethod
    def problems(url: str) -> Sequence[str]:
        """What this user may not do with the store at `url`. Raises StoreError."""
        return care.problems(url, connect.LOCK_TIMEOUT)

    def close(self) -> None:
        self._postgres.close()

    def is_in_place(self) -> bool:
        """A database is where its address says."""
        return True

    def version(self) -> tuple[int, int]:
        with self._reading():
            return self._postgres.revision()

    def counts(self) -> Mapping[str, int]:
        with self._reading():
            size, entries, stories = self._postgres.run(_SIZES).fetchall()[0]
            if entries < _COUNTED:
                return {**super().counts(), "bytes": size}
            waiting = self._postgres.value("SELECT count(*) FROM search_waiting")
        return {"entries": entries, "stories": stories, "waiting_for_search": waiting, "bytes": size}

    def server_time(self) -> datetime | None:
        with self._reading():
            now: datetime = self._postgres.value("SELECT clock_timestamp()")
            return now.astimezone(UTC)

    def release_space(self) -> int:
        """The server gives it back by itself."""
        return 0

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with store_errors(self._url):
            yield

    @contextmanager
    def _noting(self) -> Iterator[None]:
        with store_errors(self._url), self._postgres.transaction(alone=False):
            yield

    @contextmanager
    def _writing(self, content: bool = True) -> Iterator[None]:
        with store_errors(self._url), self._postgres.transaction():
            yield
            if content and self._postgres.has_changed:
                stories.mark_changed(self._postgres)
