"""WorkerStore in SQL: leases, workers, and the files that were published.

A host or a part is leased by one statement, an upsert, which is atomic in both engines: nobody has to wait for a row
that another worker looks at, and there is nothing to skip.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from aggregator import links
from aggregator.models import Feed, Lease, PublishedFile, Worker
from aggregator.store.interfaces import host_lease
from aggregator.store.sql import feeds
from aggregator.store.sql.part import Part
from aggregator.store.sql.values import dumps, to_text, to_time

_AHEAD = timedelta(days=1)  # of what is asked for: no clock that is right lets a lease hold so long
_TRIES = 3  # where others have just taken what was first in the queue


class SqlWorkers(Part):
    """Answers store.interfaces.WorkerStore, but for `server_time`."""

    def lease_feeds(self, owner: str, now: datetime, until: datetime, limit: int) -> tuple[Feed, ...]:
        for _ in range(_TRIES):
            with self._reading():
                found = feeds.queue(self._db, now, limit)
            if not found:
                break
            hosts = {feed.id: host_lease(links.host(feed.effective_url)) for feed in found}
            granted = self.lease(set(hosts.values()), owner, now, until)
            if granted:
                return tuple(feed for feed in found if hosts[feed.id] in granted)
        return ()

    def lease(self, names: Collection[str], owner: str, now: datetime, until: datetime) -> dict[str, int]:
        with self._reading():  # one statement is a transaction of its own
            found = self._db.execute(
                "INSERT INTO leases (name, owner, until, token)"
                " SELECT value, :owner, :until, 1 FROM json_each(:names) WHERE 1 = 1"
                " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until,"
                " token = leases.token + 1 WHERE leases.until <= :now OR leases.owner = :owner"
                " OR (leases.until > :wrong AND leases.owner <> '')"
                " RETURNING name, token",
                {
                    "names": dumps(
                        sorted(names)
                    ),  # in one order, so that two workers do not wait for each other
                    "owner": owner,
                    "now": to_text(now),
                    "until": to_text(until),
                    "wrong": to_text(until + _AHEAD),
                },
            ).fetchall()
        return {row["name"]: row["token"] for row in found}

    def renew(self, names: Collection[str], owner: str, until: datetime) -> frozenset[str]:
        with self._reading():
            found = self._db.execute(
                "UPDATE leases SET until = ? WHERE owner = ? AND name IN (SELECT value FROM json_each(?))"
                " RETURNING name",
                (to_text(until), owner, dumps(sorted(names))),
            ).fetchall()
        return frozenset(row["name"] for row in found)

    def release(self, names: Collection[str], owner: str, free: datetime) -> None:
        with self._reading():
            self._db.execute(
                "UPDATE leases SET owner = '', until = ? WHERE owner = ?"
                " AND name IN (SELECT value FROM json_each(?))",
                (to_text(free), owner, dumps(sorted(names))),
            )

    def leases(self, names: Collection[str], now: datetime) -> dict[str, str]:
        with self._reading():
            found = self._db.execute(
                "SELECT name, owner FROM leases WHERE until > ? AND owner <> ''"
                " AND name IN (SELECT value FROM json_each(?))",
                (to_text(now), dumps(sorted(names))),
            ).fetchall()
        return {row["name"]: row["owner"] for row in found}

    def note_worker(self, worker: Worker) -> None:
        with self._noting():
            self._db.execute(
                "INSERT INTO workers (name, role, started, seen) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET seen = excluded.seen",
                (worker.name, worker.role, to_text(worker.started), to_text(worker.seen)),
            )

    def forget_worker(self, name: str, before: datetime) -> None:
        with self._noting():
            self._db.execute("DELETE FROM workers WHERE name = ? OR seen < ?", (name, to_text(before)))
            self._db.execute("DELETE FROM leases WHERE owner = ?", (name,))
            self._db.execute("DELETE FROM leases WHERE until < ? AND name LIKE 'host %'", (to_text(before),))

    def workers(self, since: datetime) -> tuple[Worker, ...]:
        with self._reading():
            found = self._db.execute(
                "SELECT name, role, started, seen FROM workers WHERE seen >= ? ORDER BY name",
                (to_text(since),),
            ).fetchall()
        return tuple(
            Worker(row["name"], row["role"], to_time(row["started"]), to_time(row["seen"])) for row in found
        )

    def save_outputs(self, files: Iterable[PublishedFile], publisher: Lease) -> bool:
        with self._writing(content=False):
            held = self._db.execute("SELECT owner, token FROM leases WHERE name = ?", (publisher.name,))
            row = held.fetchone()
            if row is None or (row["owner"], row["token"]) != (publisher.owner, publisher.token):
                return False
            version = self._db.execute("SELECT coalesce(max(version), 0) + 1 FROM outputs").fetchone()[0]
            self._db.executemany(
                "INSERT INTO outputs (name, version, modified, body) VALUES (?, ?, ?, ?) ON CONFLICT (name)"
                " DO UPDATE SET version = excluded.version, modified = excluded.modified, body = excluded.body",
                [
                    (
                        each.name,
                        version,
                        each.modified,
                        None if each.body is None else zlib.compress(each.body),
                    )
                    for each in files
                ],
            )
            return True

    def published_at(self) -> datetime | None:
        with self._reading():
            found = self._db.execute("SELECT modified FROM outputs ORDER BY version DESC LIMIT 1").fetchone()
        return datetime.fromtimestamp(found["modified"], UTC) if found else None

    def published_files(self, after: int) -> Iterator[PublishedFile]:
        with self._reading():
            last = self._db.execute("SELECT coalesce(max(version), 0) FROM outputs").fetchone()[0]
            names = self._db.execute(
                "SELECT name FROM outputs WHERE version > ? ORDER BY version, name",
                (after if after <= last else 0,),
            ).fetchall()
        for (name,) in names:
            with self._reading():
                row = self._db.execute(
                    "SELECT version, modified, body FROM outputs WHERE name = ?", (name,)
                ).fetchone()
            body = None if row["body"] is None else zlib.decompress(row["body"])
            # What changes meanwhile has a later version, as may others that are not among these.
            yield PublishedFile(name, body, row["modified"], min(row["version"], last))
