"""Opens the store: connection settings, migrations, and errors turned into ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aggregator.errors import StoreError

# Kept equal to len(schema.migrations) by a test; here so that reading needs no sqlite_utils, whose import
# costs more than all else that `aggregator latest` does.
SCHEMA_VERSION = 4

_SETTINGS = (
    "PRAGMA busy_timeout = 30000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Turns what SQLite raises into a StoreError that says what to do.

    But for a broken constraint: the store is well, what was to be written is not, and that is one feed's.
    """
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.Error as error:
        raise StoreError(_words(path, error)) from error
    except OSError as error:
        raise StoreError(f"the store {path} cannot be used: {error.strerror or error}") from error


def open_to_write(path: Path) -> sqlite3.Connection:
    """A connection to the store, made or migrated where needed."""
    with store_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        connection = _connect(path, f"{path.resolve().as_uri()}?mode=rwc")
        try:
            if _version(connection, path) < SCHEMA_VERSION:
                _migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def open_to_read(path: Path) -> sqlite3.Connection | None:
    """A connection for reading only, or None where there is no store yet."""
    with store_errors(path):
        if not path.exists():
            return None
        # Read-only connections cannot recover a WAL that a crash left behind; query_only keeps us honest.
        try:
            connection = _connect(path, f"{path.resolve().as_uri()}?mode=rw")
            version = _version(connection, path)
            if 0 < version < SCHEMA_VERSION:
                _migrate(connection)
        except sqlite3.OperationalError:
            connection = _connect(
                path, f"{path.resolve().as_uri()}?mode=ro", ("PRAGMA busy_timeout = 30000",)
            )
            version = _version(connection, path)
        if version == 0:
            connection.close()
            return None
        connection.execute("PRAGMA query_only = ON")
        return connection


def _connect(path: Path, uri: str, settings: tuple[str, ...] = _SETTINGS) -> sqlite3.Connection:
    if path.is_dir():
        raise StoreError(f"the store {path} is a folder; it should be a file, or not be there yet")
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, cached_statements=256)
    connection.row_factory = sqlite3.Row
    try:
        for statement in settings:
            connection.execute(statement)
    except BaseException:
        connection.close()
        raise
    return connection


def _version(connection: sqlite3.Connection, path: Path) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        connection.close()
        raise StoreError(
            f"the store {path} was written by a newer aggregator (schema {version}, this program knows"
            f" {SCHEMA_VERSION}); upgrade the program, or name another `data:` folder"
        )
    return version


def _migrate(connection: sqlite3.Connection) -> None:
    """Applies what is missing. Two processes may start at once: the write lock is taken before looking."""
    from sqlite_utils import Database

    from aggregator.store.sqlite.schema import migrations

    connection.execute("BEGIN IMMEDIATE")
    try:
        migrations.apply(Database(connection))
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _words(path: Path, error: sqlite3.Error) -> str:
    text = str(error)
    if "not a database" in text or "malformed" in text:
        return f"the store {path} is damaged or not an SQLite file ({text}); restore a copy, or move it away"
    if "locked" in text or "busy" in text:
        return f"the store {path} is in use by another process for too long; try again"
    if "readonly" in text or "unable to open" in text:
        return f"the store {path} cannot be opened for writing ({text}); check the folder's owner and permissions"
    if "full" in text:
        return f"the disk of the store {path} is full"
    return f"the store {path} cannot be used: {text}"
