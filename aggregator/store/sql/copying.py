"""Copies a store row by row into another one, of whichever engine, and compares the two.

A copy that was interrupted goes on where it stopped, as long as the source is the same; until it is whole, the target
is marked as unfinished and no other command opens it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

from aggregator.errors import StoreError
from aggregator.store.sql.database import Database
from aggregator.store.sql.part import Part
from aggregator.store.sql.rows import SET_META

# Tables and the columns that identify a row, so that a row comes after those that it refers to. The search index is
# made anew: each engine has its own.
TABLES: dict[str, tuple[str, ...]] = {
    "feeds": ("id",),
    "entries": ("id",),
    "contents": ("entry_id",),
    "stories": ("id",),
    "sightings": ("entry_id",),
    "related": ("entry_id", "other_id"),
    "tombstones": ("feed_id", "guid"),
    "feed_traits": ("feed_id", "name", "key"),
    "hosts": ("host",),
    "poll_log": ("feed_id", "at"),
    "archives": ("name",),
    "related_words": ("entry_id",),
    "telling_index": ("word", "entry_id"),
    "word_counts": ("word",),
}
# What workers say to each other of this store alone, and what is made of the other tables.
NOT_COPIED = ("leases", "workers", "outputs", "feed_states")
NUMBERED = ("feeds", "entries", "stories")  # a number that was given is never given again
_UNFINISHED = "copy unfinished"
_PORTION = 1000  # rows in a transaction

Report = Callable[[str, int, int], None]
"""Called with what is being done, and how many rows of how many are."""


class SqlCopying(Part):
    """A store that can be the source or the target of a copy."""

    def is_unfinished_copy(self) -> bool:
        """Whether a copy into this store began and did not end."""
        with self._reading():
            return self._marked() is not None

    def copy_from(self, source: SqlCopying, report: Report) -> int:
        """Takes over all that is in `source`, which is not changed; how many rows.

        Raises StoreError if this store has anything that is not of an unfinished copy, if `source` was written to
        meanwhile, or if the rows differ in the end.
        """
        with source._reading(), source._db.snapshot():
            fingerprint = _fingerprint(source._db)
            sizes = {table: _count(source._db, table) for table in TABLES}
            self._begin(fingerprint)
            done, total = 0, sum(sizes.values())
            for table in TABLES:
                for count in self._copy_table(source._db, table):
                    done += count
                    report("copying", done, total)
            self._compare(source._db, sizes, report)
            meta = [tuple(row) for row in source._db.stream("SELECT key, value FROM meta ORDER BY key")]
            last_ids = {table: source._db.last_id(table) for table in NUMBERED}
        with source._reading(), source._db.snapshot():
            if _fingerprint(source._db) != fingerprint:
                raise StoreError(
                    "the store was written to while it was copied: stop the service, and what else writes, and"
                    " copy again"
                )
        with self._writing(content=False):
            for table, last in last_ids.items():
                self._db.set_last_id(table, last)
            self._db.execute("DELETE FROM meta")
            self._db.executemany(SET_META, meta)
            self._db.execute(
                "INSERT INTO search_waiting SELECT id FROM stories WHERE first_published IS NOT NULL"
                " ON CONFLICT DO NOTHING"
            )
        return total + len(meta)

    def _begin(self, fingerprint: str) -> None:
        """Marks this store as unfinished; what an earlier attempt copied stays, if it was of the same."""
        with self._writing(content=False):
            marked = self._marked()
            if marked is None:
                for table in (*TABLES, "meta"):
                    if self._db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():
                        raise StoreError(
                            "there is a store already where the copy should be: name a file that does not exist,"
                            " or an empty database"
                        )
            elif marked != fingerprint:
                for table in reversed(TABLES):
                    self._db.execute(f"DELETE FROM {table}")
            self._db.execute(SET_META, (_UNFINISHED, fingerprint))

    def _marked(self) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (_UNFINISHED,)).fetchone()
        return str(row[0]) if row else None

    def _copy_table(self, source: Database, table: str) -> Iterator[int]:
        """The rows that are missing, in portions; how many each time, at first those that were there."""
        keys = TABLES[table]
        yield _count(self._db, table)
        order, backwards = ", ".join(keys), ", ".join(f"{key} DESC" for key in keys)
        last = self._db.execute(f"SELECT {order} FROM {table} ORDER BY {backwards} LIMIT 1").fetchone()
        columns = sorted(self._db.columns(table))
        after = f"WHERE ({order}) > ({_marks(keys)})" if last else ""
        chosen = f"SELECT {', '.join(columns)} FROM {table} {after} ORDER BY {order}"
        put = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({_marks(columns)})"
        with closing(source.stream(chosen, tuple(last or ()))) as rows:
            while portion := [tuple(row) for row in islice(rows, _PORTION)]:
                with self._writing(content=False):
                    self._db.executemany(put, portion)
                yield len(portion)

    def _compare(self, source: Database, sizes: dict[str, int], report: Report) -> None:
        """Raises StoreError where a table is not the same in both."""
        done, total = 0, sum(sizes.values())
        with self._reading(), self._db.snapshot():
            for table, keys in TABLES.items():
                if _digest(source, table, keys) != _digest(self._db, table, keys):
                    raise StoreError(
                        f"the copy is not the same as the store in the table {table}: remove the copy, and copy again"
                    )
                done += sizes[table]
                report("comparing", done, total)


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _count(db: Database, table: str) -> int:
    return int(db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])


def _fingerprint(db: Database) -> str:
    """Differs where anything that matters was written: every poll changes its feed's row."""
    from hashlib import sha256  # here, since every command imports this file, and few copy a store

    state: list[Any] = [(table, _count(db, table), db.last_id(table)) for table in NUMBERED]
    state += [(table, _digest(db, table, TABLES[table])) for table in ("feeds", "hosts")]
    state.append(("meta", _digest(db, "meta", ("key",))))
    return sha256(json.dumps(state).encode()).hexdigest()


def _digest(db: Database, table: str, keys: Sequence[str]) -> str:
    """Of all rows, in the order of their keys."""
    from hashlib import sha256

    found = sha256()
    columns = ", ".join(sorted(db.columns(table)))
    with closing(db.stream(f"SELECT {columns} FROM {table} ORDER BY {', '.join(keys)}")) as rows:
        for row in rows:
            found.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
    return found.hexdigest()
