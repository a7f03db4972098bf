"""Waits for changes of a store in PostgreSQL: each writing transaction notifies those who listen."""

from __future__ import annotations

from aggregator.errors import StoreBusy
from aggregator.store.address import shown
from aggregator.store.postgresql import connect
from aggregator.store.postgresql.database import CHANNEL
from aggregator.store.postgresql.errors import store_errors


class PostgresWatch:
    """Answers store.interfaces.Watch."""

    def __init__(self, url: str) -> None:
        db = connect.open_to_read(url)
        if db is None:
            raise StoreBusy(f"there is no store at {shown(url)} yet")
        self._db, self._url = db, url
        with store_errors(url):
            self._schema = str(db.value("SELECT current_schema()"))
            db.run(f"LISTEN {CHANNEL}")

    def wait(self, seconds: float) -> bool:
        with store_errors(self._url):
            return self._schema in self._db.notifications(seconds)

    def close(self) -> None:
        self._db.close()
