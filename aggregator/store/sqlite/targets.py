"""Where a copy of a store may be written: in the place of nothing but an older copy."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from aggregator.errors import StoreDamaged, StoreError
from aggregator.store.sqlite import connect

BESIDE = ("-journal", "-wal", "-shm")  # what SQLite writes beside a file, by the end of the name
_BEGINNING = b"SQLite format 3\0"


def refuse(copy: Path, path: Path) -> None:
    """Raises StoreError where a copy of the store at `path` would take the place of something else."""
    with connect.store_errors(copy, "copy"):
        if is_of_store(copy, path):
            raise StoreError(f"{copy} is the store itself; name another file for the copy")
        if not copy.parent.is_dir():
            raise StoreError(f"there is no folder {copy.parent}: make it, or name another file for the copy")
        if not copy.exists():
            return
        if not copy.is_file():
            raise StoreError(f"{copy} is no regular file; name another one for the copy")
        with copy.open("rb") as file:
            beginning = file.read(len(_BEGINNING))
        if beginning not in (b"", _BEGINNING):
            raise StoreError(f"{copy} is no copy of a store, and is left as it is; name another file")
    with (
        contextlib.suppress(StoreDamaged),  # a copy that is damaged is replaced
        connect.store_errors(copy, "copy"),
        contextlib.closing(sqlite3.connect(connect.file_uri(copy, "ro"), uri=True)) as found,
    ):
        connect.refuse_foreign(found, copy)


def is_of_store(file: Path, path: Path) -> bool:
    """Whether it is the store's file, by whatever name, or has the name of one that SQLite keeps beside it."""
    if file.exists() and path.exists() and file.samefile(path):
        return True
    place = path.resolve()
    return file.resolve() in {place.with_name(place.name + suffix) for suffix in ("", *BESIDE)}
