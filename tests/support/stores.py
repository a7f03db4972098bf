"""New stores, fast: the schema is made once, and its file copied for each test."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from aggregator.store.sqlite import SqliteStore


def new_store(path: Path) -> SqliteStore:
    """An empty store at this path, opened; the caller closes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_template())
    return SqliteStore.open(path)


@functools.cache
def _template() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "aggregator.db"
        SqliteStore.open(path).close()
        return path.read_bytes()
