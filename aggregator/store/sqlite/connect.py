"""Opens the store: connection settings, migrations, and errors turned into ours."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote_from_bytes

from aggregator.errors import StoreBusy, StoreDamaged, StoreError, StoreOutdated, StoreSlow
from aggregator.store.folder import make_folder
from aggregator.store.sqlite.database import SqliteDatabase

log = logging.getLogger(__name__)

# Kept equal to len(schema.migrations) by a test; here so that reading needs no sqlite_utils, whose import
# costs more than all else that `aggregator latest` does.
SCHEMA_VERSION = 14

LOCK_TIMEOUT = 30.0  # seconds that a command waits for another process to finish writing
_LARGEST_LOG = 16_000_000  # bytes of the log of changes (WAL) that stay on disk when it is empty
_SETTINGS = (
    "PRAGMA auto_vacuum = INCREMENTAL",  # of a new store; see space.py for others
    "PRAGMA journal_mode = WAL",
    f"PRAGMA journal_size_limit = {_LARGEST_LOG}",
    f"PRAGMA wal_autocheckpoint = {_LARGEST_LOG // 4096}",  # pages: as it is copied, both files are synced
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)


_DAMAGED = ("not a database", "malformed")


@contextmanager
def store_errors(path: Path, what: str = "store") -> Iterator[None]:
    """Turns what SQLite raises into a StoreError that says what to do. `what`: the store, or a copy of it.

    But for a broken constraint: the store is well, what was to be written is not, and that is one feed's.
    """
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.Error as error:
        raise _kind(str(error))(_words(f"the {what} {path}", error)) from error
    except OSError as error:
        raise StoreError(f"the {what} {path} cannot be used: {error.strerror or error}") from error


def open_to_write(path: Path, lock_timeout: float = LOCK_TIMEOUT) -> SqliteDatabase:
    """A connection to the store, made or migrated where needed. `lock_timeout`: seconds to wait for another writer."""
    with store_errors(path):
        make_folder(path.parent, 0o755)
        _close_to_others(path)
        connection = _connect(path, "rw", lock_timeout, _SETTINGS)
        try:
            if _version(connection, path) < SCHEMA_VERSION:
                _migrate(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def open_to_read(path: Path, lock_timeout: float = LOCK_TIMEOUT) -> SqliteDatabase | None:
    """A connection that writes nothing, or None where there is no store yet.

    It also works for a reader of the group, and where the disk cannot be written.
    """
    with store_errors(path):
        if not path.exists():
            return None
        connection = connect_to_read(path, lock_timeout)
        version = _version(connection, path)
        if version == SCHEMA_VERSION:
            return connection
        connection.close()
        if version == 0:
            return None
        raise StoreOutdated(
            f"the store {path} is of an older aggregator (schema {version}, this program's is {SCHEMA_VERSION});"
            " `aggregator poll` or a restart of the service brings it up to date"
        )


def connect_to_read(path: Path, lock_timeout: float = LOCK_TIMEOUT) -> SqliteDatabase:
    """A connection that writes nothing, whatever is in the file. Raises sqlite3.Error."""
    settings = ("PRAGMA query_only = ON", "PRAGMA user_version")
    try:
        return _connect(path, "ro", lock_timeout, settings)
    except sqlite3.OperationalError:
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise
        # Where nobody can write, the files that readers share cannot be made, and are not needed.
        return _connect(path, "ro&immutable=1", lock_timeout, settings)


def _close_to_others(path: Path) -> None:
    """Private feeds are in it: others than its owner and group may not read it. Made where it is not there.

    A file that is there is not opened: as it is closed, the kernel would drop the locks of all other connections that this
    process has to it, and SQLite would no longer see them.
    """
    if not path.exists():
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError:
            return  # not ours to write: SQLite says it better
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with contextlib.suppress(OSError):
            mode = stat.S_IMODE(file.stat().st_mode)
            if mode & 0o007:
                file.chmod(mode & ~0o007)


def file_uri(path: Path, mode: str) -> str:
    """The store as SQLite opens it; `mode`: ro, rw or rwc. Path.as_uri() imports an HTTP client from Python 3.14 on."""
    return f"file://{quote_from_bytes(os.fsencode(path.resolve()))}?mode={mode}"


def _connect(path: Path, mode: str, lock_timeout: float, settings: tuple[str, ...]) -> SqliteDatabase:
    if path.is_dir():
        raise StoreError(f"the store {path} is a folder; it should be a file, or not be there yet")
    if (
        path.exists() and not path.is_file()
    ):  # SQLite would wait for who writes into a pipe, and hear no signal
        raise StoreError(f"the store {path} is no regular file; it should be one, or not be there yet")
    connection = sqlite3.connect(
        file_uri(path, mode),
        timeout=lock_timeout,
        uri=True,
        isolation_level=None,
        cached_statements=256,
        factory=SqliteDatabase,
    )
    connection.row_factory = sqlite3.Row
    try:
        refuse_foreign(connection, path)  # before any setting is written to it
        for statement in settings:
            _set(connection, statement, lock_timeout)
    except BaseException:
        connection.close()
        raise
    return connection


def _set(connection: SqliteDatabase, statement: str, lock_timeout: float) -> None:
    """Where two make a store at once, each would wait for the other to change its journal.

    SQLite then refuses one of them without waiting, so that its own time limit does not help.
    """
    deadline = time.monotonic() + lock_timeout
    while True:
        try:
            connection.execute(statement).fetchall()
            return
        except sqlite3.OperationalError as error:
            if _kind(str(error)) is not StoreBusy or time.monotonic() >= deadline:
                raise
        time.sleep(0.01)  # the other one is done in some milliseconds


def refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    """Raises StoreError where the tables are those of another program."""
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if tables and "_sqlite_migrations" not in tables:
        raise StoreError(
            f"{path} is a database of another program, and is left as it is; name another file or `data:` folder"
        )


def _version(connection: SqliteDatabase, path: Path) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        connection.close()
        raise StoreError(
            f"the store {path} was written by a newer aggregator (schema {version}, this program knows"
            f" {SCHEMA_VERSION}); upgrade the program, or name another `data:` folder"
        )
    return version


def _migrate(connection: SqliteDatabase, path: Path) -> None:
    """Applies what is missing, after a copy was made. Two processes may start at once: the lock comes first."""
    from sqlite_utils import Database

    from aggregator.store.sqlite.schema import migrations

    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection, path)
        if 0 < version < SCHEMA_VERSION:
            _back_up(path, path.with_name(f"{path.name}.schema-{version}.bak"))
        migrations.apply(Database(connection))
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # not, where SQLite itself has taken all back, as for a full disk
            connection.execute("ROLLBACK")
        raise


COPIED = 2_000  # pages at a time, so that writers and signals get their turn in between


def hear_signals(*_: object) -> None:
    """As the progress of a copy, which may take minutes: Python handles a signal only as it runs something itself."""


def _back_up(path: Path, copy: Path) -> None:
    """A copy of the store as it was last committed; the caller holds the write lock."""
    log.info("the store %s is brought up to date; a copy is kept as %s", path, copy.name)
    partial = copy.with_name(f"{copy.name}.partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    source, target = sqlite3.connect(path), sqlite3.connect(partial)
    try:
        source.backup(target, pages=COPIED, progress=hear_signals)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if not isinstance(error, sqlite3.Error):
            raise
        raise StoreError(
            f"the store {path} is of an older aggregator, and cannot be copied before it is changed ({error});"
            " make room on its disk"
        ) from error
    finally:
        source.close()
        target.close()
    partial.replace(copy)


def _kind(text: str) -> type[StoreError]:
    if any(words in text for words in _DAMAGED):
        return StoreDamaged
    if text == "interrupted":
        return StoreSlow
    return StoreBusy if "locked" in text or "busy" in text else StoreError


def _words(what: str, error: sqlite3.Error) -> str:
    text = str(error)
    if any(words in text for words in _DAMAGED):
        return (
            f"{what} is damaged or not an SQLite file ({text}): `aggregator doctor` says what is left,"
            " `aggregator restore` brings a copy back"
        )
    if "locked" in text or "busy" in text:
        return f"{what} is in use by another process for too long; try again"
    if text == "interrupted":
        return f"{what} took too long to answer"
    if "readonly" in text or "unable to open" in text:
        return f"{what} cannot be opened for writing ({text}); check the folder's owner and permissions"
    if "full" in text:
        return f"the disk of {what} is full"
    if "disk I/O error" in text:
        return f"{what} cannot be read or written ({text}): its disk is full or failing"
    return f"{what} cannot be used: {text}"
