"""What PostgreSQL raises, turned into a StoreError that says what to do, and never says the password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from aggregator.errors import StoreBusy, StoreDamaged, StoreError, StoreSlow
from aggregator.store.address import shown

# What is wrong with the row that one feed gave, and not with the store.
_OF_A_FEED = (psycopg.IntegrityError, psycopg.DataError)
_PASSWORD = re.compile(r"(password\s*=\s*)('[^']*'|\S+)", re.I)

# The class of an error, whether trying again helps, and what is said of it.
_WORDS: tuple[tuple[type[psycopg.Error] | tuple[type[psycopg.Error], ...], type[StoreError], str], ...] = (
    (errors.LockNotAvailable, StoreBusy, "is in use by another process for too long; try again"),
    (errors.DeadlockDetected, StoreBusy, "is in use by another process; try again"),
    (errors.SerializationFailure, StoreBusy, "is in use by another process; try again"),
    (errors.QueryCanceled, StoreSlow, "took too long to answer"),
    (
        (errors.DiskFull, errors.OutOfMemory),
        StoreError,
        "cannot be written: its server has no space left; make room on the server's disk",
    ),
    (
        (errors.InvalidPassword, errors.InvalidAuthorizationSpecification),
        StoreError,
        "refuses this user: check the name and password in `store`",
    ),
    (errors.InvalidCatalogName, StoreError, "is not there: create the database, or check its name"),
    (
        errors.InvalidSchemaName,
        StoreError,
        "has no schema to make tables in: create the one that search_path names, or GRANT USAGE, CREATE ON it to this user",
    ),
    (
        errors.InsufficientPrivilege,
        StoreError,
        "does not let this user do that: GRANT USAGE, CREATE ON SCHEMA to it, or let it own the tables",
    ),
    (errors.ReadOnlySqlTransaction, StoreError, "cannot be written: it is open for reading, or a standby"),
    (errors.TooManyConnections, StoreBusy, "has no connection left; try again, or raise max_connections"),
    (
        (errors.AdminShutdown, errors.CrashShutdown, errors.CannotConnectNow),
        StoreBusy,
        "is being stopped or started; try again",
    ),
    (
        (errors.DataCorrupted, errors.IndexCorrupted),
        StoreDamaged,
        "is damaged: restore a copy of its server's",
    ),
)
# Of an error as connections are made there is text only.
_CONNECTING = (
    (r"authentication failed|no password supplied|password is wrong", 5),
    (r"does not exist", 6),
    (r"too many (clients|connections)|remaining connection slots", 10),
    (r"starting up|shutting down|recovery mode", 11),
    (r"no space left", 4),
)


@contextmanager
def store_errors(url: str) -> Iterator[None]:
    """Turns what psycopg raises into a StoreError, but for what is wrong with a single feed's rows."""
    try:
        yield
    except _OF_A_FEED:
        raise
    except psycopg.Error as error:
        raise _explained(url, error) from None


def _explained(url: str, error: psycopg.Error) -> StoreError:
    said = _PASSWORD.sub(r"\1***", " ".join((error.diag.message_primary or str(error)).split()))
    for kinds, kind, words in _WORDS:
        if isinstance(error, kinds):
            return kind(f"the store {shown(url)} {words} ({said})")
    if isinstance(error, psycopg.OperationalError):
        for pattern, row in _CONNECTING:
            if re.search(pattern, said, re.I):
                _, kind, words = _WORDS[row]
                return kind(f"the store {shown(url)} {words} ({said})")
        return StoreBusy(f"the store {shown(url)} does not answer: is its server running? ({said})")
    return StoreError(f"the store {shown(url)} cannot be used: {said}")
