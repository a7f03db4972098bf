"""Opens the store that is meant; the one place that names an engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aggregator.errors import StoreError
from aggregator.store.interfaces import Store
from aggregator.store.sqlite import SqliteStore


def open_store(
    where: Path | str, trace: Callable[[str], None] | None = None, patience: float = 30.0
) -> Store:
    """The store at `where`, made or migrated if needed: a path is an SQLite file.

    `trace` is called with each statement; `patience`: seconds that a call waits for another process to finish
    writing, before it raises StoreBusy. The store belongs to the thread that opened it. Raises StoreError.
    """
    return SqliteStore.open(_path(where), trace, patience)


def open_library(where: Path | str) -> Store | None:
    """The store at `where` for reading only; None if there is none yet. Raises StoreError.

    Nothing is written, and what would change the store raises StoreError.
    """
    return SqliteStore.open_to_read(_path(where))


def _path(where: Path | str) -> Path:
    if "://" in str(where) or str(where).startswith("postgresql:"):
        raise StoreError(f"{str(where).partition(':')[0]} is not supported as a store: name a file")
    return Path(where)
