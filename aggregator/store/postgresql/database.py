"""A connection to PostgreSQL that takes the shared statements, as an SQLite connection does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import psycopg

from aggregator.store.postgresql.cursors import Awaited, make_rows
from aggregator.store.postgresql.dialect import translate
from aggregator.store.postgresql.pooler import check_pooler

_CONNECT_SECONDS = 10  # that a server may take to answer, where the address says nothing else
_PREPARED = 500  # statements that the server keeps ready
_FETCHED = 1000  # rows at a time of many
CHANNEL = "aggregator"  # where the schema is named whose store was changed
# By chance, so that none comes again in another state, as on a standby that has not got all and takes over.
_COMMIT_CHANGES = (
    "UPDATE store SET revision = revision + 1 + CAST(floor(random() * 1000000) AS bigint);"
    f" SELECT pg_notify('{CHANNEL}', current_schema()); COMMIT"
)

logging.getLogger("psycopg").setLevel(logging.ERROR)  # it warns of what we raise and say in our words

# A process that is stopped, or cut off, in the middle of a transaction would hold up all others. Not where the server
# or the address says how long that may be.
_LIMIT_STANDSTILL = (
    "SELECT set_config('idle_in_transaction_session_timeout', '5min', false)"
    " WHERE current_setting('idle_in_transaction_session_timeout') = '0'"
)
# A service is idle between polls. Servers before 14 have no such limit.
_STAY_IDLE = (
    "SELECT set_config('idle_session_timeout', '0', false)"
    " WHERE current_setting('idle_session_timeout', true) <> '0'"
)


class PostgresDatabase:
    """Answers store.sql.database.Database. A lost connection is made anew by the next statement."""

    def __init__(
        self,
        url: str,
        lock_timeout: float,
        trace: Callable[[str], None] | None = None,
        read_only: bool = False,
    ) -> None:
        """Connects. `lock_timeout`: seconds that a call waits for another process. Raises psycopg.Error."""
        self._url, self._lock_timeout, self._trace, self._read_only = url, lock_timeout, trace, read_only
        self._changed = False  # in this transaction
        self._pipeline: psycopg.Pipeline | None = None
        self._sent: list[Any] = []  # cursors in it that write
        self._streams = 0
        self._revision = 0  # of the store, as this transaction has locked it
        self.check_schema: Callable[[int], None] | None = None  # raises where a newer program has been here
        self._connection = self._connect()

    def _connect(self) -> psycopg.Connection[Any]:
        found = self._connect_only()
        try:
            check_pooler(self._url, found, found.info.backend_pid, self._connect_only)
        except BaseException:
            found.close()
            raise
        found.prepared_max = _PREPARED
        mode = "on" if self._read_only else "off"
        settings = [
            f"SET lock_timeout = {int(self._lock_timeout * 1000)}",
            f"SET default_transaction_read_only = {mode}",
            _STAY_IDLE,
            "SET cursor_tuple_fraction = 0.00001",  # who streams often reads the first rows only
        ]
        if not self._read_only:
            settings.append(_LIMIT_STANDSTILL)
        found.execute("; ".join(settings))  # in one round trip
        return found

    def _connect_only(self) -> psycopg.Connection[Any]:
        found: psycopg.Connection[Any] = psycopg.connect(
            self._url, autocommit=True, row_factory=make_rows, **self._defaults()
        )
        return found

    def _defaults(self) -> dict[str, Any]:
        said = psycopg.conninfo.conninfo_to_dict(self._url)
        given = {
            "connect_timeout": _CONNECT_SECONDS,
            "application_name": "aggregator",
        }
        # A server that vanished is noticed within a minute.
        given |= {"keepalives_idle": 20, "keepalives_interval": 10, "keepalives_count": 3}
        return {key: value for key, value in given.items() if key not in said} | {"client_encoding": "utf8"}

    def close(self) -> None:
        self._connection.close()

    @property
    def is_closed(self) -> bool:
        return bool(self._connection.closed)

    @property
    def has_changed(self) -> bool:
        """Whether this transaction has changed anything."""
        return self._changed

    @property
    def server_version(self) -> int:
        """As 150004 for 15.4."""
        return int(self._open.info.server_version)

    # ------------------------------------------------------------ statements

    def execute(self, statement: str, parameters: Sequence[Any] | Mapping[str, Any] = (), /) -> Any:
        """A cursor over the rows that the statement gives."""
        translated = translate(statement)
        cursor: Any = self.run(translated.text, translated.parameters(parameters))
        if self._pipeline is not None:
            cursor = Awaited(cursor, self._pipeline)
        return self._note(cursor) if translated.writes else cursor

    def executemany(self, statement: str, parameters: Iterable[Any], /) -> Any:
        """Runs the statement for each set of parameters, all in one round trip."""
        translated = translate(statement)
        values = [translated.parameters(each) for each in parameters]
        cursor = self._open.cursor()
        if values:
            self._tell(translated.text)
            cursor.executemany(translated.text, values)
            self._note(cursor)
        return cursor

    def execute_each(self, statement: str, parameters: Iterable[Any], /) -> list[list[Any]]:
        """The rows for each set of parameters, all in one round trip."""
        translated = translate(statement)
        values = [translated.parameters(each) for each in parameters]
        if not values:
            return []
        cursor = self._open.cursor()
        self._tell(translated.text)
        cursor.executemany(translated.text, values, returning=True)
        found = [cursor.fetchall()]
        while cursor.nextset():
            found.append(cursor.fetchall())
        self._changed |= translated.writes and any(found)
        return found

    def run(
        self, text: str, parameters: Mapping[str, Any] | None = None, prepare: bool | None = None
    ) -> psycopg.Cursor[Any]:
        """A statement in PostgreSQL's own words; several, where there are no parameters.

        `prepare`: False where each set of parameters is to have a plan of its own.
        """
        self._tell(text)
        return self._open.execute(text, parameters, prepare=prepare)

    def value(self, text: str) -> Any:
        """The first value that a statement in PostgreSQL's own words gives."""
        row = self.run(text).fetchone()
        return row[0] if row else None

    def run_many(self, text: str, parameters: Sequence[Mapping[str, Any]]) -> None:
        """A statement in PostgreSQL's own words for each set of parameters."""
        if parameters:
            self._tell(text)
            self._open.cursor().executemany(text, parameters)

    def _note(self, cursor: Any) -> Any:
        """Notes what it changes, once its answer has come."""
        if self._pipeline is None:
            self._changed |= cursor.rowcount > 0
        else:
            self._sent.append(cursor)
        return cursor

    @contextmanager
    def pipeline(self) -> Iterator[None]:
        if not psycopg.Pipeline.is_supported():
            yield
            return
        try:
            with self._open.pipeline() as self._pipeline:
                yield
            self._changed |= any(cursor.rowcount > 0 for cursor in self._sent)
        finally:
            self._pipeline = None
            self._sent.clear()

    def _tell(self, text: str) -> None:
        if self._trace is not None:
            self._trace(text)

    @property
    def _open(self) -> psycopg.Connection[Any]:
        if self._connection.closed and not self._in_transaction:
            self._connection.close()
            self._connection = self._connect()
        return self._connection

    # ------------------------------------------------------------ transactions

    _in_transaction = False

    @contextmanager
    def transaction(self, alone: bool = True) -> Iterator[None]:
        """One writer at a time, as in SQLite: what it reads nobody changes until it has written.

        Not `alone`: beside other writers; the revision stays as it is.
        """
        lock = "FOR UPDATE" if alone else ""
        try:
            locked = self.run(f"BEGIN; SELECT revision, schema FROM store {lock}")
            self._in_transaction = True
            locked.nextset()
            self._revision, schema = locked.fetchall()[0]
            self._changed = False
            if self.check_schema is not None:
                self.check_schema(schema)
            yield
            self.run(_COMMIT_CHANGES if alone and self._changed else "COMMIT")
        except BaseException:
            if not self._connection.closed:
                self._connection.execute("ROLLBACK")
            raise
        finally:
            self._in_transaction = False

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        self.run(
            "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0"
        )
        self._in_transaction = True
        try:
            yield
        finally:
            self._in_transaction = False
            if not self._connection.closed:
                self._connection.execute("ROLLBACK")

    def stream(self, statement: str, parameters: Sequence[Any] | Mapping[str, Any] = (), /) -> Generator[Any]:
        translated = translate(statement)
        self._tell(translated.text)
        self._streams += 1
        within = nullcontext() if self._in_transaction else self.snapshot()
        with within, self._open.cursor(name=f"rows_{self._streams}") as cursor:
            cursor.itersize = _FETCHED
            cursor.execute(translated.text, translated.parameters(parameters))
            yield from cursor

    @contextmanager
    def time_limit(self, seconds: float) -> Iterator[None]:
        """Raises QueryCanceled where a statement inside takes longer."""
        limit = max(1, int(seconds * 1000))
        self.run(f"SET statement_timeout = {limit}")
        try:
            yield
        finally:
            if not self._connection.closed:
                self.run("RESET statement_timeout")  # to what the server says

    def revision(self) -> tuple[int, int]:
        """Differs from an earlier one where a transaction has changed anything since."""
        if self._in_transaction:
            return self._revision, 0
        return int(self.value("SELECT revision FROM store")), 0

    def notifications(self, seconds: float) -> set[str]:
        """What was told on the channels that are listened to, once anything is or the time is over."""
        return {found.payload for found in self._connection.notifies(timeout=seconds, stop_after=1)}

    def new_ids(self, table: str, count: int) -> Iterator[int]:
        """Ids that were never given before."""
        if not count:
            return iter(())
        found = self.run(
            "SELECT nextval(pg_get_serial_sequence(%(table)s, 'id')) FROM generate_series(1, %(count)s)",
            {"table": table, "count": count},
        )
        return iter([row[0] for row in found])

    def last_id(self, table: str) -> int:
        found = self.run(
            "SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence(%(table)s, 'id') AS regclass))",
            {"table": table},
        )
        return int(found.fetchall()[0][0] or 0)

    def set_last_id(self, table: str, last: int) -> None:
        if last:
            self.run(
                "SELECT setval(pg_get_serial_sequence(%(table)s, 'id'), %(last)s)",
                {"table": table, "last": last},
            )

    def columns(self, table: str) -> Sequence[str]:
        found = self.run(
            "SELECT attname FROM pg_attribute WHERE attrelid = CAST(%(table)s AS regclass) AND attnum > 0"
            " AND NOT attisdropped",
            {"table": table},
        )
        return [row[0] for row in found]
