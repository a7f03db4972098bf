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

NO_SCHEMA = (
    "has no schema for its tables that this user may use: create the one that search_path names, or GRANT USAGE,"
    " CREATE ON it to this user"
)

REFUSED = "refuses this user: check the name and password in `store`"
NO_DATABASE = "is not there: create the database, or check its name"
NO_CONNECTION = "has no connection left; try again, or raise max_connections or the user's CONNECTION LIMIT"
STARTING = "is being stopped or started; try again"
STOOD_STILL = "has ended our transaction, in which this process stood still for too long; try again"
IDLE = "has ended our connection, which was idle: raise idle_session_timeout for this user, or whatever ends it on the way"
TOO_SLOW = (
    "took too long to answer: where the server or this user has a statement_timeout, raise it (ALTER ROLE ... SET"
    " statement_timeout)"
)
NO_RIGHT = (
    "does not let this user do that: let it own the tables, or GRANT USAGE, CREATE ON SCHEMA to it, and what `aggregator"
    " doctor` says that it lacks"
)
NO_TABLE = (  # to who may not use a schema its tables are not there
    "cannot be used: a table is gone, or this user's right to its schema: GRANT USAGE, CREATE ON SCHEMA to it, or restore a"
    " copy of the database"
)
NOT_WRITABLE = "has no server that can be written now, as target_session_attrs asks for; try again"
NO_SPACE = "cannot be written: its server has no space left; make room on the server's disk"

# The class of an error, whether trying again helps, and what is said of it.
_WORDS: tuple[tuple[type[psycopg.Error] | tuple[type[psycopg.Error], ...], type[StoreError], str], ...] = (
    (errors.LockNotAvailable, StoreBusy, "is in use by another process for too long; try again"),
    (errors.DeadlockDetected, StoreBusy, "is in use by another process; try again"),
    (errors.SerializationFailure, StoreBusy, "is in use by another process; try again"),
    (errors.QueryCanceled, StoreSlow, TOO_SLOW),
    ((errors.DiskFull, errors.OutOfMemory), StoreError, NO_SPACE),
    ((errors.InvalidPassword, errors.InvalidAuthorizationSpecification), StoreError, REFUSED),
    (errors.InvalidCatalogName, StoreError, NO_DATABASE),
    (errors.InvalidSchemaName, StoreError, NO_SCHEMA),
    (errors.InsufficientPrivilege, StoreError, NO_RIGHT),
    (errors.UndefinedTable, StoreError, NO_TABLE),
    (errors.ReadOnlySqlTransaction, StoreError, "cannot be written: it is open for reading, or a standby"),
    (errors.TooManyConnections, StoreBusy, NO_CONNECTION),
    ((errors.AdminShutdown, errors.CrashShutdown, errors.CannotConnectNow), StoreBusy, STARTING),
    (
        (errors.DataCorrupted, errors.IndexCorrupted),
        StoreDamaged,
        "is damaged: restore a copy of its server's",
    ),
    (errors.IdleInTransactionSessionTimeout, StoreBusy, STOOD_STILL),
    (errors.IdleSessionTimeout, StoreBusy, IDLE),
)
# Of an error as a connection is made, or is found ended, there is text only.
_OF_CONNECTIONS: tuple[tuple[str, type[StoreError], str], ...] = (
    (
        r"authentication failed|no password supplied|password is wrong|role .* does not exist",
        StoreError,
        REFUSED,
    ),
    (r"role .* is not permitted to log in", StoreError, REFUSED),
    (
        r"^(?!.*SSL encryption).*pg_hba\.conf.*no encryption",
        StoreError,
        "lets nobody in from here by this name without encryption: write sslmode=require in `store`, or add a line to"
        " the server's pg_hba.conf",
    ),
    (
        r"pg_hba\.conf",
        StoreError,
        "lets nobody in from here by this name: add a line to the server's pg_hba.conf",
    ),
    (
        r"permission denied for database",
        StoreError,
        "does not let this user in: GRANT CONNECT ON DATABASE to it",
    ),
    (r"database .* does not exist", StoreError, NO_DATABASE),
    (r"too many (clients|connections)|remaining connection slots", StoreBusy, NO_CONNECTION),
    (r"starting up|shutting down|recovery mode|due to administrator command", StoreBusy, STARTING),
    (r"due to idle-in-transaction timeout", StoreBusy, STOOD_STILL),
    (r"due to idle-session timeout", StoreBusy, IDLE),
    (r"session is read-only|server is in hot standby mode", StoreBusy, NOT_WRITABLE),
    (r"no space left", StoreError, NO_SPACE),
    (r"SSL|certificate", StoreError, "cannot be reached safely: check sslmode and sslrootcert in `store`"),
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
        for pattern, kind, words in _OF_CONNECTIONS:
            if re.search(pattern, said, re.I):
                return kind(f"the store {shown(url)} {words} ({said})")
        return StoreBusy(
            f"the store {shown(url)} does not answer: is its server running, and the address right? ({said})"
        )
    if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
        return StoreError(f"the store {shown(url)} has an address that is wrong: check `store` ({said})")
    return StoreError(f"the store {shown(url)} cannot be used: {said}")
