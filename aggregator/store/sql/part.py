"""What the parts of an SQL store share: the connection, and what an engine does in its own way."""

from __future__ import annotations

from contextlib import AbstractContextManager

from aggregator.store.sql.database import Database, SearchIndex


class Part:
    """Belongs to the thread that opened the connection."""

    _filters: str | None = None  # the fingerprint of those that this process marks entries by

    def __init__(self, db: Database, index: SearchIndex) -> None:
        self._db = db
        self._index = index

    def version(self) -> tuple[int, int]:
        """Differs from an earlier one where anything was written since, by whatever process."""
        raise NotImplementedError

    def _reading(self) -> AbstractContextManager[None]:
        """Turns what the engine raises into StoreError."""
        raise NotImplementedError

    def _noting(self) -> AbstractContextManager[None]:
        """A transaction over rows of feeds, hosts and workers alone, which other writers need not wait for."""
        return self._writing(content=False)

    def _writing(self, content: bool = True) -> AbstractContextManager[None]:
        """One transaction, with nobody else writing; what the engine raises becomes StoreError.

        `content`: whether what it changes, if anything, is what PublishStore tells.
        """
        raise NotImplementedError
