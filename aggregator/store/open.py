"""Opens the store that is meant; the one place that names an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.errors import StoreError
from aggregator.store.address import is_postgresql, shown
from aggregator.store.interfaces import Store
from aggregator.store.sqlite import SqliteStore, care
from aggregator.store.sqlite.connect import SCHEMA_VERSION

if TYPE_CHECKING:
    from aggregator.store.postgresql.store import PostgresStore


def open_store(
    where: Path | str, trace: Callable[[str], None] | None = None, patience: float = 30.0
) -> Store:
    """The store at `where`, made or migrated if needed: a path is an SQLite file, postgresql:// a database.

    `trace` is called with each statement; `patience`: seconds that a call waits for another process to finish
    writing, before it raises StoreBusy. The store belongs to the thread that opened it. Raises StoreError.
    """
    if is_postgresql(where):
        return _postgresql().open(str(where), trace, patience)
    return SqliteStore.open(_path(where), trace, patience)


def open_library(where: Path | str) -> Store | None:
    """The store at `where` for reading only; None if there is none yet. Raises StoreError.

    Nothing is written, and what would change the store raises StoreError.
    """
    if is_postgresql(where):
        return _postgresql().open_to_read(str(where))
    return SqliteStore.open_to_read(_path(where))


def _postgresql() -> type[PostgresStore]:
    try:
        from aggregator.store.postgresql.store import PostgresStore
    except ImportError as error:
        raise StoreError(
            "a store in PostgreSQL needs psycopg: pip install 'news-feed-aggregator[postgres]'"
            f" ({error.name or error} is missing)"
        ) from None
    return PostgresStore


def _path(where: Path | str) -> Path:
    if is_postgresql(where):
        raise StoreError(
            f"{shown(str(where))} is PostgreSQL's to look after: pg_dump makes copies of it, pg_restore brings them"
            " back"
        )
    if "://" in str(where):
        raise StoreError(
            f"{str(where).partition(':')[0]} is not supported as a store: name a file or postgresql://"
        )
    return Path(where)


def back_up_store(where: Path | str, copy: Path, notes: Iterable[tuple[str, str]] = ()) -> None:
    """Writes a verified copy, while the store is in use. `notes`: what its `meta` says of it. Raises StoreError."""
    care.back_up(_path(where), copy, notes)


def restore_store(copy: Path, where: Path | str) -> Path | None:
    """Puts a copy in the place of the store; where the old one was moved to. Raises StoreError, changing nothing."""
    return care.restore(copy, _path(where))


def store_schema(where: Path | str) -> tuple[int, int]:
    """The version of the tables in the store's file, and that of this program. Raises StoreError."""
    return care.schema_of(_path(where)), SCHEMA_VERSION


def store_problems(where: Path | str) -> Sequence[str]:
    """What is wrong with the store's file, in the engine's words; nothing for one that is whole."""
    return care.problems(_path(where))


def repair_store(where: Path | str) -> Sequence[str]:
    """Repairs what can be repaired: indexes from the rows, else every row that can be read. What was done, in words.

    No other process may use the store. Raises StoreError.
    """
    return care.repair(_path(where))
