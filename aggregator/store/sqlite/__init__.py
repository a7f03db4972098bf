"""The store in one SQLite file."""

from aggregator.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
