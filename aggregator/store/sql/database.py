"""What the shared statements are run on: a connection of either engine."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = Any  # values by the names of columns, and by place


class Cursor(Protocol):
    """The rows that a statement gives."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Row: ...
    def fetchall(self) -> list[Row]: ...
    def __iter__(self) -> Iterator[Row]: ...


class Database(Protocol):
    """A connection.

    Statements are such as SQLite takes. Parameters are `?`, `?1` or `:name`; a list is one parameter, as JSON, and
    stands as `IN (SELECT value FROM json_each(?))`. What another engine says otherwise, its `dialect` translates.
    """

    def execute(self, statement: str, parameters: Any = ..., /) -> Cursor: ...
    def executemany(self, statement: str, parameters: Iterable[Any], /) -> Cursor: ...

    def execute_each(self, statement: str, parameters: Iterable[Any], /) -> list[list[Row]]:
        """The rows that the statement gives for each set of parameters."""

    def new_ids(self, table: str, count: int) -> Iterator[int]:
        """Ids for so many rows of `entries` or `stories` that no row ever had; inside a transaction that writes."""

    def last_id(self, table: str) -> int:
        """The highest id that a row of `feeds`, `entries` or `stories` ever had; 0 if there was none."""

    def set_last_id(self, table: str, last: int) -> None:
        """Later rows get higher ids than this."""

    def columns(self, table: str) -> Sequence[str]:
        """The names of a table's columns."""

    def stream(self, statement: str, parameters: Sequence[Any] | Mapping[str, Any] = (), /) -> Generator[Row]:
        """The rows that the statement gives, never many of them in memory, and until it is closed of one moment.

        The first of them come at once. Nothing is written before it is read to its end or closed.
        """

    def snapshot(self) -> AbstractContextManager[None]:
        """What is read inside is as it was at its beginning, whoever writes."""

    def pipeline(self) -> AbstractContextManager[None]:
        """Statements inside may be sent before the answers to those before have come; errors may come later.

        Only `execute` and `executemany` are used inside. A cursor waits for what it is asked.
        """

    def time_limit(self, seconds: float) -> AbstractContextManager[None]:
        """Statements inside that take longer raise an error of the engine's own."""


class SearchIndex(Protocol):
    """The full-text index of one engine."""

    def remove(self, ids: Sequence[int]) -> None:
        """Takes stories out, whether they are in it or not."""

    def add(self, stories: Sequence[tuple[int, str, str]]) -> None:
        """Adds stories that are not in it: id, title, summary."""

    def find(self, query: str, limit: int, titles_only: Collection[int]) -> Sequence[int]:
        """Published stories that have all the words, the newest first; none for a query without words."""
