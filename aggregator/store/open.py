"""Opens the store that is meant; the one place that names an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.errors import StoreError
from aggregator.store.address import is_postgresql, shown
from aggregator.store.interfaces import Store, Watch
from aggregator.store.sqlite import SqliteStore
from aggregator.store.sqlite.connect import SCHEMA_VERSION

if TYPE_CHECKING:
    from typing import TypeAlias

    from aggregator.store.postgresql.store import PostgresStore
    from aggregator.store.sql.copying import Report

    _Opened: TypeAlias = SqliteStore | PostgresStore


def open_store(
    where: Path | str, trace: Callable[[str], None] | None = None, lock_timeout: float = 30.0
) -> Store:
    """The store at `where`, made or migrated if needed: a path is an SQLite file, postgresql:// a database.

    `trace` is called with each statement; `lock_timeout`: seconds that a call waits for another process to finish
    writing, before it raises StoreBusy. The store belongs to the thread that opened it. Raises StoreError.
    """
    return _finished(_open(where, trace, lock_timeout), where)


def _open(
    where: Path | str, trace: Callable[[str], None] | None = None, lock_timeout: float = 30.0
) -> _Opened:
    if is_postgresql(where):
        return _postgresql().open(str(where), trace, lock_timeout)
    return SqliteStore.open(_path(where), trace, lock_timeout)


def open_library(where: Path | str) -> Store | None:
    """The store at `where` for reading only; None if there is none yet. Raises StoreError.

    Nothing is written, and what would change the store raises StoreError.
    """
    found = _open_to_read(where)
    return None if found is None else _finished(found, where)


def open_watch(where: Path | str) -> Watch:
    """What waits for changes of the store at `where`. Raises StoreError."""
    if is_postgresql(where):
        _postgresql()
        from aggregator.store.postgresql.watch import PostgresWatch

        return PostgresWatch(str(where))
    from aggregator.store.sqlite.watch import SqliteWatch

    return SqliteWatch(_path(where))


def _open_to_read(where: Path | str) -> _Opened | None:
    if is_postgresql(where):
        return _postgresql().open_to_read(str(where))
    return SqliteStore.open_to_read(_path(where))


def _finished(store: _Opened, where: Path | str) -> _Opened:
    if not store.is_unfinished_copy():
        return store
    store.close()
    raise StoreError(
        f"the store {_name(where)} is a copy that is not finished: run `aggregator store copy` again"
    )


def _name(where: Path | str) -> str:
    return shown(str(where)) if is_postgresql(where) else str(where)


def copy_store(source: Path | str, target: Path | str, report: Report) -> int:
    """Copies the store at `source`, which is not changed, to `target`, where none may be; how many rows.

    A copy that was interrupted goes on where it stopped. `report`: see `Report`. Raises StoreError.
    """
    original = _open_to_read(source)
    if original is None:
        raise StoreError(f"there is no store at {_name(source)} yet")
    with closing(_finished(original, source)), closing(_open(target)) as copy:
        return copy.copy_from(original, report)


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


def back_up_store(
    where: Path | str,
    copy: Path,
    notes: Iterable[tuple[str, str]] = (),
    finish: Callable[[], None] = lambda: None,
) -> None:
    """Writes a verified copy, while the store is in use. `notes`: what its `meta` says of it; `finish` is called
    before the copy gets its name, which is the last step. Raises StoreError.
    """
    from aggregator.store.sqlite import care

    care.back_up(_path(where), copy, notes, finish)


def restore_store(copy: Path, where: Path | str, finish: Callable[[], None] = lambda: None) -> Path | None:
    """Puts a copy in the place of the store; where the old one was moved to. `finish` is called before the store is
    replaced, which is the last step. Raises StoreError, changing nothing.
    """
    from aggregator.store.sqlite import care

    return care.restore(copy, _path(where), finish)


def store_schema(where: Path | str) -> tuple[int, int]:
    """The version of the tables in the store's file, and that of this program. Raises StoreError."""
    from aggregator.store.sqlite import care

    return care.schema_of(_path(where)), SCHEMA_VERSION


def store_problems(where: Path | str) -> Sequence[str]:
    """What is wrong with the store, nothing for one that is whole: of a file in the engine's words, of a database what
    this user may not do there. Raises StoreError.
    """
    if is_postgresql(where):
        return _postgresql().problems(str(where))
    from aggregator.store.sqlite import care

    return care.problems(_path(where))


def repair_store(where: Path | str) -> Sequence[str]:
    """Repairs what can be repaired: indexes from the rows, else every row that can be read. What was done, in words.

    No other process may use the store. Raises StoreError.
    """
    from aggregator.store.sqlite import care

    return care.repair(_path(where))
