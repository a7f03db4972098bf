"""What a user may not do with a store in PostgreSQL. What is wrong with the data is for the server's own programs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing

from aggregator.store.postgresql.connect import check_place
from aggregator.store.postgresql.database import PostgresDatabase
from aggregator.store.postgresql.errors import store_errors
from aggregator.store.postgresql.schema import MIGRATIONS

_TABLES = re.findall(r"CREATE TABLE (\w+)", " ".join(each for migration in MIGRATIONS for each in migration))
_NAMED = ", ".join(f"'{table}', '{table}_id_seq'" for table in _TABLES)
_OURS = (
    " FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = '{kind}'"
    f" AND relname IN ({_NAMED}) AND "
)
_NAMES = "SELECT string_agg(relname, ', ' ORDER BY relname)"
# What is asked, and what is said where the answer is neither empty nor 0.
_QUESTIONS = (
    (
        "SELECT nullif(current_setting('server_encoding'), 'UTF8')",
        "the database is of encoding {found}, which cannot hold all text: create one with ENCODING 'UTF8'",
    ),
    (
        "SELECT pg_is_in_recovery()::int",
        "it is a standby, which cannot be written: name the primary in `store`, or several hosts with"
        " target_session_attrs=read-write",
    ),
    (
        f"{_NAMES}{_OURS.format(kind='r')}NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')"
        " AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))",
        "this user cannot write: let it own the tables, or GRANT SELECT, INSERT, UPDATE, DELETE on {found} to it",
    ),
    (
        f"{_NAMES}{_OURS.format(kind='S')}CASE WHEN relkind = 'S' THEN NOT has_sequence_privilege(oid, 'USAGE') END",
        "this user cannot give new ids: GRANT USAGE ON SEQUENCE {found} to it",
    ),
    (
        f"SELECT count(*){_OURS.format(kind='r')}NOT pg_has_role(relowner, 'USAGE')",
        "this user does not own the tables, so that it cannot bring them up to date at an upgrade: let it own them,"
        " or start each new version once as their owner",
    ),
    (
        "SELECT CASE WHEN setting::int BETWEEN 1 AND 599999 THEN current_setting(name) END FROM pg_settings"
        " WHERE name = 'statement_timeout'",
        "the server ends statements of this user after {found}, but migrating a large store takes minutes: ALTER ROLE"
        " ... SET statement_timeout = 0",
    ),
    (
        "SELECT CASE WHEN has_schema_privilege(current_schema(), 'CREATE') THEN NULL ELSE current_schema() END",
        "this user cannot make tables: GRANT CREATE ON SCHEMA {found} to it",
    ),
)


def problems(url: str, lock_timeout: float) -> Sequence[str]:
    """What will fail as it is written, or at an upgrade. Writes nothing. Raises StoreError."""
    with store_errors(url), closing(PostgresDatabase(url, lock_timeout, read_only=True)) as db:
        check_place(db, url)
        return [words.format(found=found) for text, words in _QUESTIONS if (found := db.value(text))]
