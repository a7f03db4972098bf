"""Copies of the store, what is wrong with it, and what can be repaired: backup, restore, check, salvage."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from aggregator.errors import StoreDamaged, StoreError
from aggregator.store.sqlite import connect, targets
from aggregator.store.sqlite.connect import SCHEMA_VERSION, store_errors

log = logging.getLogger(__name__)

_MOST = 100  # findings


def back_up(
    path: Path, copy: Path, notes: Iterable[tuple[str, str]] = (), finish: Callable[[], None] = lambda: None
) -> None:
    """Writes a verified copy, while the store is in use. `notes` are put into its `meta`.

    The copy is there whole or not at all; an older copy is replaced, no other file. `finish` is called before that
    last step: what ends the process until then changes nothing. Raises StoreError.
    """
    targets.refuse(copy, path)
    partial = copy.with_name(f".{copy.name}.partial")
    source = connect.open_to_read(path)
    if source is None:
        raise StoreError(f"there is no store at {path} yet")
    try:
        with store_errors(copy, "copy"):
            _begin(partial)
            with contextlib.closing(sqlite3.connect(partial)) as target:
                source.backup(target, pages=connect.COPIED, sleep=0.01, progress=connect.hear_signals)
                target.execute("PRAGMA journal_mode = DELETE").fetchall()  # one file, whole in itself
                rows = [(f"backup {name}", words) for name, words in notes]
                target.executemany("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", rows)
                target.commit()
        if wrong := problems(partial):
            raise StoreDamaged(f"the copy of {path} is damaged, and so is the store: {wrong[0]}")
        with store_errors(copy, "copy"):
            finish()
            partial.replace(copy)
    finally:
        source.close()
        with contextlib.suppress(OSError):
            _remove(partial)


def restore(copy: Path, path: Path, finish: Callable[[], None] = lambda: None) -> Path | None:
    """Puts a copy in the place of the store; where the store that stood there was moved to.

    `finish` is called before the store is replaced: what ends the process until then changes nothing.
    Raises StoreError where the copy is damaged or newer than this program; then nothing has changed.
    """
    with store_errors(copy, "copy"):
        if not copy.is_file():
            raise StoreError(f"there is no copy at {copy}")
        if targets.is_of_store(copy, path):
            raise StoreError(
                f"{copy} is the store itself; name the file that `aggregator backup` has written"
            )
    if wrong := problems(copy):
        raise StoreDamaged(f"the copy {copy} is damaged: {wrong[0]}")
    version = schema_of(copy)
    if not 0 < version <= SCHEMA_VERSION:
        raise StoreError(
            f"{copy} is no store of this program (schema {version}, known are 1 to {SCHEMA_VERSION})"
        )
    partial = path.with_name(f".{path.name}.restored")
    with store_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _begin(partial)
            with (
                contextlib.closing(sqlite3.connect(copy)) as source,
                contextlib.closing(sqlite3.connect(partial)) as target,
            ):
                source.backup(target, pages=connect.COPIED, progress=connect.hear_signals)
            finish()
            return _put_in_place(partial, path)
        finally:
            _remove(partial)  # where the disk was full


# What was published from a damaged store is published anew.
_UNKNOWN = "INSERT OR REPLACE INTO meta (key, value) VALUES ('content version', hex(randomblob(16)))"


def _put_in_place(new: Path, path: Path) -> Path | None:
    """Makes `new` the store, in one step; the one that stood there gets another name, from which it can be opened.

    There is a store at every moment: a service that starts after a crash would else begin an empty one.
    """
    with contextlib.suppress(StoreError, sqlite3.Error), contextlib.closing(_open(path, write=True)) as old:
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()  # one file then, if it can be read at all
    aside = _free_name(path) if path.exists() else None
    log, shared = path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")
    if aside is not None:
        try:
            os.link(path, aside)
        except OSError:  # not every file system has links
            path.rename(aside)
    if log.exists():  # it would be taken for that of the new one
        log.rename(aside.with_name(f"{aside.name}-wal")) if aside else log.unlink()
    shared.unlink(missing_ok=True)
    new.replace(path)
    return aside


def _free_name(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.replaced-{number}")).exists():
        number += 1
    return aside


def _begin(partial: Path) -> None:
    """An empty file that only its owner reads; what a run that was killed has left goes."""
    _remove(partial)
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _remove(file: Path) -> None:
    for suffix in ("", *targets.BESIDE):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def problems(path: Path, quick: bool = False) -> Sequence[str]:
    """What is wrong with the file, in SQLite's words; nothing for a store that is whole."""
    try:
        with contextlib.closing(_open(path)) as db:
            check = "quick_check" if quick else "integrity_check"
            found = [str(row[0]) for row in db.execute(f"PRAGMA {check}({_MOST})")]
            found += [
                f"{row[0]}: a row refers to one of {row[2]} that is not there"
                for row in db.execute("PRAGMA foreign_key_check").fetchmany(_MOST)
            ]
    except sqlite3.Error as error:
        return [str(error)]
    return [] if found == ["ok"] else [words for words in found if words != "ok"]


def rebuild_indexes(path: Path) -> Sequence[str]:
    """Makes all indexes anew, from the rows; what is still wrong then."""
    with store_errors(path), contextlib.closing(_open(path, write=True)) as db:
        db.execute("REINDEX")
        db.execute(_UNKNOWN)
        for made_of_others in ("INSERT INTO search (search) VALUES ('rebuild')", "DELETE FROM feed_states"):
            with contextlib.suppress(sqlite3.Error):
                db.execute(made_of_others)
    return problems(path)


def repair(path: Path) -> Sequence[str]:
    """Indexes first; where that does not help, a new store of all rows that can be read, the old one beside it.

    Raises StoreDamaged where nothing can be read; then nothing has changed.
    """
    with contextlib.suppress(StoreError):
        if not rebuild_indexes(path):
            return ("indexes were made anew",)
    partial = path.with_name(f".{path.name}.salvaged")
    try:
        _remove(partial)
        tables = salvage(path, partial)
        with store_errors(path):
            aside = _put_in_place(partial, path)
    finally:
        _remove(partial)
    rows = sum(count for count, _ in tables.values())
    broken = ", ".join(name for name, (_, gaps) in tables.items() if gaps)
    lost = f"not all of {broken}" if broken else "nothing was lost"
    return (f"{rows:,} rows were saved into a new store ({lost}); the damaged one is {aside}",)


def salvage(path: Path, target: Path) -> dict[str, tuple[int, int]]:
    """Copies every row that can be read into a new store; of each table how many, and how many gaps there were.

    Rows that refer to lost ones are left out. Raises StoreDamaged where nothing can be read.
    """
    try:
        damaged = _open(path)
    except sqlite3.Error as error:
        raise StoreDamaged(f"nothing can be read of {path}: {error}") from error
    connect.open_to_write(target).close()
    result: dict[str, tuple[int, int]] = {}
    with (
        contextlib.closing(damaged),
        store_errors(target),
        contextlib.closing(_open(target, write=True)) as whole,
    ):
        whole.execute("PRAGMA foreign_keys = OFF")
        for table in _tables(whole):
            result[table] = _copy_rows(damaged, whole, table)
        _save_feeds(damaged, whole)
        whole.execute(_SIGHTINGS)
        whole.execute("PRAGMA foreign_keys = ON")
        for table, rowid, *_ in whole.execute("PRAGMA foreign_key_check").fetchall():
            with contextlib.suppress(sqlite3.Error):
                whole.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (rowid,))
        whole.execute("DELETE FROM stories WHERE id NOT IN (SELECT story_id FROM sightings)")
        # Nothing would ever publish these; the next poll brings those that their feeds still list.
        whole.execute("DELETE FROM entries WHERE id NOT IN (SELECT entry_id FROM sightings)")
        whole.execute(
            "INSERT OR IGNORE INTO search_waiting SELECT id FROM stories WHERE first_published IS NOT NULL"
        )
        whole.execute(_UNKNOWN)
        whole.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return result


# Of a story, the entry that began it is known without them.
_SIGHTINGS = """
INSERT OR IGNORE INTO sightings (entry_id, story_id, rule, key, decided_at)
SELECT first_entry_id, id, 'new', '', created_at FROM stories WHERE first_entry_id IN (SELECT id FROM entries)
"""


def _save_feeds(damaged: sqlite3.Connection, whole: sqlite3.Connection) -> None:
    """All else hangs on feeds; of one that is lost, the index of their URLs still has what the others refer to."""
    with contextlib.suppress(sqlite3.Error):
        for number, url in damaged.execute("SELECT id, url FROM feeds INDEXED BY sqlite_autoindex_feeds_1"):
            whole.execute(
                "INSERT OR IGNORE INTO feeds (id, url, effective_url, created_at)"
                " VALUES (?, ?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))",
                (number, url, url),
            )


def _tables(db: sqlite3.Connection) -> Sequence[str]:
    """Those that hold what cannot be made anew, in the order in which they were made."""
    found = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid").fetchall()
    return [row[0] for row in found if not row[0].startswith(("sqlite_", "search", "_sqlite", "feed_states"))]


def _copy_rows(damaged: sqlite3.Connection, whole: sqlite3.Connection, table: str) -> tuple[int, int]:
    """Forwards until a page cannot be read, then backwards: what lies between is lost."""
    source, columns = _columns(damaged, whole, table)
    if not columns:
        return 0, 0
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" for _ in columns)
    insert = f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({marks})'
    asked = ", ".join(f'"{name}"' for name in columns.values())
    before, gaps = whole.total_changes, 0
    for order in ("", " ORDER BY rowid DESC"):
        try:
            for row in damaged.execute(f'SELECT {asked} FROM "{source}"{order}'):
                whole.execute(insert, tuple(row))
        except sqlite3.Error:
            gaps = 1
        else:
            break
    return whole.total_changes - before, gaps


def _columns(
    damaged: sqlite3.Connection, whole: sqlite3.Connection, table: str
) -> tuple[str, dict[str, str]]:
    """The table as the damaged store calls it, which may be an older one; its columns by the names of today."""
    from aggregator.store.sqlite.schema import FORMER_NAMES

    def names_of(db: sqlite3.Connection, name: str) -> list[str]:
        return [row[1] for row in db.execute(f'PRAGMA table_info("{name}")')]

    former, renamed = FORMER_NAMES.get(table, (table, {}))
    source = table if names_of(damaged, table) else former
    known = names_of(damaged, source)
    chosen = {name: name if name in known else renamed.get(name, name) for name in names_of(whole, table)}
    return source, {name: before for name, before in chosen.items() if before in known}


def _open(path: Path, write: bool = False) -> sqlite3.Connection:
    if not write:
        return connect.connect_to_read(path)
    return sqlite3.connect(connect.file_uri(path, "rw"), uri=True, timeout=30, isolation_level=None)


def schema_of(path: Path) -> int:
    """The version of its tables; 0 where there are none. Raises StoreError."""
    with store_errors(path), contextlib.closing(_open(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])
