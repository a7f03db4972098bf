"""What was read to decide about a document, kept to ask again: whether anything of it has changed since.

Other processes write all the time, and hardly ever what a decision depends on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, overload

from aggregator.store.sql.database import Cursor, Database, Row


class _Rows(Sequence[Row]):
    """The rows of a statement, waited for when they are looked at."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    @cached_property
    def _found(self) -> list[Row]:
        return self._cursor.fetchall()

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...
    def __getitem__(self, place: int | slice) -> Any:
        return self._found[place]

    def __len__(self) -> int:
        return len(self._found)


Reads = Sequence[tuple[str, Any, Sequence[Row]]]  # statements, their parameters and rows


class Answered:
    """Asks a database, and keeps each statement with its rows."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._reads: list[tuple[str, Any, Sequence[Row]]] = []

    def execute(self, statement: str, parameters: Any) -> Sequence[Row]:
        found = _Rows(self._db.execute(statement, parameters))
        self._reads.append((statement, parameters, found))
        return found

    @property
    def reads(self) -> Reads:
        """What was asked and answered, waiting for what nobody has looked at."""
        return tuple((statement, parameters, tuple(found)) for statement, parameters, found in self._reads)


def still_hold(db: Database, reads: Reads) -> bool:
    """Whether the database gives the same rows again; inside a transaction that writes. False where nothing was read."""
    again = [db.execute(statement, parameters) for statement, parameters, _ in reads]
    same = [_values(new) == _values(old) for new, (*_, old) in zip(again, reads, strict=True)]
    return bool(same) and all(same)


def _values(found: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in found]
