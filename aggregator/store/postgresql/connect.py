"""Opens the store: makes its tables, brings them up to date, and refuses what it cannot use."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from aggregator.errors import StoreError, StoreOutdated
from aggregator.store.address import shown
from aggregator.store.postgresql.database import PostgresDatabase
from aggregator.store.postgresql.errors import NO_SCHEMA, store_errors
from aggregator.store.postgresql.schema import MIGRATIONS

log = logging.getLogger(__name__)

SCHEMA_VERSION = len(MIGRATIONS)
LOCK_TIMEOUT = 30.0  # seconds that a command waits for another process to finish writing
_OLDEST = 130_000  # the server's version
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('aggregator ' || current_schema()))"


def open_to_write(
    url: str, lock_timeout: float = LOCK_TIMEOUT, trace: Callable[[str], None] | None = None
) -> PostgresDatabase:
    """A connection to the store, made or migrated where needed. Raises StoreError."""
    with store_errors(url):
        db = PostgresDatabase(url, lock_timeout, trace)
        try:
            _check_server(db, url)
            if _version(db, url) < SCHEMA_VERSION:
                _migrate(db, url)
        except BaseException:
            db.close()
            raise
        db.check_schema = partial(_check_schema, url)
        return db


def open_to_read(url: str, lock_timeout: float = LOCK_TIMEOUT) -> PostgresDatabase | None:
    """A connection that writes nothing, or None where there is no store yet. Raises StoreError."""
    with store_errors(url):
        db = PostgresDatabase(url, lock_timeout, read_only=True)
        try:
            version = _version(db, url)
        except BaseException:
            db.close()
            raise
        if version == SCHEMA_VERSION:
            return db
        db.close()
        if version == 0:
            return None
        raise StoreOutdated(
            f"the store {shown(url)} is of an older aggregator (schema {version}, this program's is"
            f" {SCHEMA_VERSION}); `aggregator poll` or a restart of the service brings it up to date"
        )


def _check_server(db: PostgresDatabase, url: str) -> None:
    if db.server_version < _OLDEST:
        raise StoreError(
            f"the store {shown(url)} is on a PostgreSQL that is too old: it should be 13 or newer"
        )
    encoding = db.value("SHOW server_encoding")
    if encoding != "UTF8":
        raise StoreError(
            f"the store {shown(url)} is in a database of encoding {encoding}: create one with ENCODING 'UTF8'"
        )


def _version(db: PostgresDatabase, url: str) -> int:
    """Of the tables; 0 where there are none."""
    if db.value("SELECT to_regclass('store')") is None:
        check_place(db, url)
        return 0
    version = int(db.value("SELECT schema FROM store"))
    _check_schema(url, version)
    return version


def check_place(db: PostgresDatabase, url: str) -> None:
    """Raises StoreError where there is no schema to have tables in."""
    if db.value("SELECT current_schema()") is None:
        raise StoreError(f"the store {shown(url)} {NO_SCHEMA}")


def _check_schema(url: str, version: int) -> None:
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"the store {shown(url)} was written by a newer aggregator (schema {version}, this program knows"
            f" {SCHEMA_VERSION}); upgrade the program, or name another database"
        )


def _migrate(db: PostgresDatabase, url: str) -> None:
    """Applies what is missing, all or nothing. Two processes may start at once: the lock comes first."""
    db.run("BEGIN")
    try:
        db.run(_ONE_AT_A_TIME)
        version = _version(db, url)
        if version:
            log.info("the store %s is brought up to date", shown(url))
        for statement in (each for migration in MIGRATIONS[version:] for each in migration):
            db.run(statement)
        db.run("UPDATE store SET schema = %(version)s", {"version": SCHEMA_VERSION})
        db.run("COMMIT")
    except BaseException:
        if not db.is_closed:
            db.run("ROLLBACK")
        raise
