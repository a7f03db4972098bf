"""Waits for changes of a store in a file: SQLite tells nobody, so a counter is looked at."""

from __future__ import annotations

import time
from pathlib import Path

from aggregator.errors import StoreBusy
from aggregator.store.sqlite import connect

_LOOKS = 4  # in each wait


class SqliteWatch:
    """Answers store.interfaces.Watch."""

    def __init__(self, path: Path) -> None:
        connection = connect.open_to_read(path)
        if connection is None:
            raise StoreBusy(f"there is no store at {path} yet")
        self._connection, self._path = connection, path
        self._seen = self._version()

    def wait(self, seconds: float) -> bool:
        for _ in range(_LOOKS):
            time.sleep(seconds / _LOOKS)
            before, self._seen = self._seen, self._version()
            if before != self._seen:
                return True
        return False

    def close(self) -> None:
        self._connection.close()

    def _version(self) -> int:
        with connect.store_errors(self._path):
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
