"""WorkerStore in SQL: leases, workers, and the files that were published.

A host or a part is leased by one statement, an upsert, which is atomic in both engines: nobody has to wait for a row
that another worker looks at, and there is nothing to skip.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from aggregator import links
from aggregator.models import Feed, Lease, PublishedFile, Worker
from aggregator.store.interfaces import host_lease
from aggregator.store.sql import feeds
from aggregator.store.sql.part import Part
from aggregator.store.sql.rows import SET_META
from aggregator.store.sql.values import dumps, to_text, to_time

_AHEAD = timedelta(days=1)  # of what is asked for: no clock that is right lets a lease hold so long
_VERSIONS = "outputs versions"  # in `meta`
_MOST_VERSIONS = 300  # that are remembered: who has read up to one before these reads all files again
_TRIES = 3  # where others have just taken what was first in the queue


class SqlWorkers(Part):
    """Answers store.interfaces.WorkerStore, but for `server_time`."""

    def lease_feeds(self, owner: str, now: datetime, until: datetime, limit: int) -> tuple[Feed, ...]:
        for _ in range(_TRIES):
            with self._reading():
                found = feeds.queue(self._db, now, until + _AHEAD, limit)
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
                " OR leases.until > :wrong"
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
        # Compressed before, as nobody else writes during the transaction.
        kept = [(f.name, f.modified, None if f.body is None else zlib.compress(f.body)) for f in files]
        with self._writing(content=False):
            # It writes, so that the lease is granted to nobody until what follows is saved.
            held = self._db.execute(
                "UPDATE leases SET owner = owner WHERE name = ? AND owner = ? AND token = ? RETURNING token",
                (publisher.name, publisher.owner, publisher.token),
            )
            if held.fetchone() is None:
                return False
            versions = self._output_versions()
            version = versions[-1] + 1 + _by_chance()
            self._db.executemany(
                "INSERT INTO outputs (name, version, modified, body) VALUES (?, ?, ?, ?) ON CONFLICT (name)"
                " DO UPDATE SET version = excluded.version, modified = excluded.modified, body = excluded.body",
                [(name, version, modified, body) for name, modified, body in kept],
            )
            self._db.execute(SET_META, (_VERSIONS, dumps([*versions, version][-_MOST_VERSIONS:])))
            return True

    def outputs_version(self) -> int:
        with self._reading():
            return self._output_versions()[-1]

    def _output_versions(self) -> list[int]:
        """The last versions that the outputs had, the newest last."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (_VERSIONS,)).fetchone()
        if row is not None:
            return [int(version) for version in json.loads(row["value"])]
        # Before the first, or as an older program has counted them.
        return [self._db.execute("SELECT coalesce(max(version), 0) FROM outputs").fetchone()[0]]

    def published_at(self) -> datetime | None:
        with self._reading():
            found = self._db.execute(
                "SELECT modified FROM outputs WHERE body IS NOT NULL ORDER BY version DESC LIMIT 1"
            ).fetchone()
        return datetime.fromtimestamp(found["modified"], UTC) if found else None

    def published_files(self, after: int) -> Iterator[PublishedFile]:
        with self._reading():
            versions = self._output_versions()
            names = self._db.execute(
                "SELECT name FROM outputs WHERE version > ? ORDER BY version, name",
                (after if after in versions else 0,),
            ).fetchall()
        for (name,) in names:
            with self._reading():
                row = self._db.execute(
                    "SELECT version, modified, body FROM outputs WHERE name = ?", (name,)
                ).fetchone()
            body = None if row["body"] is None else zlib.decompress(row["body"])
            # What changes meanwhile has a later version, as may others that are not among these.
            yield PublishedFile(name, body, row["modified"], min(row["version"], versions[-1]))


def _by_chance() -> int:
    """So that no version comes again for other files, in a backup that is restored or a standby that has lost some."""
    import secrets  # here, since every command imports this file, and few publish for others

    return secrets.randbelow(1_000_000)
