"""The store in one SQLite file: each call a transaction, or part of the one that is open."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from sqlite3 import Connection

from aggregator.models import (
    Archive,
    Decision,
    Entry,
    Feed,
    FeedInfo,
    FeedTrait,
    Keyed,
    KnownEntries,
    KnownEntry,
    Move,
    Placement,
    Plan,
    PollNote,
    Relation,
    SaveCounts,
    Sighting,
    Source,
    StoredKeys,
    Story,
    StoryHead,
    Validators,
)
from aggregator.settings import Subscription
from aggregator.store import connect, entries, feeds, keep, publication, retention, search, sightings, stories


class SqliteStore:
    """Answers store.base.Store. Belongs to the thread that made it, as SQLite connections do."""

    def __init__(self, connection: Connection, path: Path) -> None:
        self._db = connection
        self._path = path
        self._opened = path.stat()

    @classmethod
    def open(cls, path: Path) -> SqliteStore:
        """The store at `path`, made or migrated where needed. Raises StoreError."""
        return cls(connect.open_to_write(path), path)

    @classmethod
    def open_to_read(cls, path: Path) -> SqliteStore | None:
        """The store at `path` for reading only; None where there is none yet. Raises StoreError."""
        connection = connect.open_to_read(path)
        return None if connection is None else cls(connection, path)

    def close(self) -> None:
        self._db.close()

    def is_in_place(self) -> bool:
        """Whether the file at the path is still the one that was opened."""
        try:
            return os.path.samestat(self._opened, self._path.stat())
        except OSError:
            return False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What belongs together. IMMEDIATE: a read that turns into a write would fail as locked at once."""
        with connect.store_errors(self._path):
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # ------------------------------------------------------------ feeds

    def sync(self, subscriptions: Iterable[Subscription], now: datetime) -> None:
        with self.transaction():
            dropped_before = feeds.dropped(self._db)
            feeds.sync(self._db, subscriptions, now)
            keep.elect(self._db, stories.touched_by(self._db, dropped_before ^ feeds.dropped(self._db)))

    def feeds(self) -> tuple[Feed, ...]:
        with connect.store_errors(self._path):
            counts = feeds.counts(self._db)
            return tuple(replace(feed, entries=counts.get(feed.id, 0)) for feed in feeds.subscribed(self._db))

    def all_feeds(self) -> tuple[Feed, ...]:
        with connect.store_errors(self._path):
            return feeds.every(self._db)

    def due(self, now: datetime) -> tuple[Feed, ...]:
        with connect.store_errors(self._path):
            return feeds.due(self._db, now)

    def attempted(self, feed: Feed, now: datetime, again: datetime) -> bool:
        with self.transaction():
            return feeds.attempted(self._db, feed, now, again)

    def planned(self, feed_id: int, plan: Plan) -> None:
        with self.transaction():
            feeds.planned(self._db, feed_id, plan)

    def noted(self, feed_id: int, note: PollNote) -> None:
        with self.transaction():
            feeds.noted(self._db, feed_id, note)

    def history(self, feed_id: int) -> tuple[PollNote, ...]:
        with connect.store_errors(self._path):
            return feeds.history(self._db, feed_id)

    def enable(self, feed_id: int) -> None:
        with self.transaction():
            feeds.enable(self._db, feed_id)

    def moved(self, feed_id: int, move: Move | None) -> None:
        with self.transaction():
            feeds.moved(self._db, feed_id, move)

    def dates(self, feed_id: int, limit: int) -> tuple[datetime, ...]:
        with connect.store_errors(self._path):
            return feeds.dates(self._db, feed_id, limit)

    def answered(
        self,
        feed_id: int,
        validators: Validators,
        url: str,
        body_hash: str | None,
        now: datetime,
        full: bool = False,
    ) -> None:
        with self.transaction():
            feeds.answered(self._db, feed_id, validators, url, body_hash, now, full)

    def described(self, feed_id: int, info: FeedInfo, now: datetime) -> None:
        with self.transaction():
            feeds.described(self._db, feed_id, info, now)

    def host_pauses(self, now: datetime) -> dict[str, datetime]:
        with connect.store_errors(self._path):
            return feeds.host_pauses(self._db, now)

    def pause_host(self, host: str, until: datetime, reason: str) -> None:
        with self.transaction():
            feeds.pause_host(self._db, host, until, reason)

    def refusals(self, host: str) -> int:
        with connect.store_errors(self._path):
            return feeds.refusals(self._db, host)

    def welcomed(self, host: str) -> None:
        with self.transaction():
            feeds.welcomed(self._db, host)

    # ------------------------------------------------------------ entries

    def feed_ids(self) -> dict[str, int]:
        with connect.store_errors(self._path):
            return feeds.ids(self._db)

    def learned(self, feed_id: int) -> frozenset[FeedTrait]:
        with connect.store_errors(self._path):
            return entries.learned(self._db, feed_id)

    def learn(self, feed_id: int, facts: Iterable[FeedTrait], now: datetime) -> None:
        with self.transaction():
            entries.learn(self._db, feed_id, tuple(facts), now)

    def known(self, feed_id: int, found: Sequence[Entry], window: timedelta) -> KnownEntries:
        with connect.store_errors(self._path):
            return entries.known(self._db, feed_id, found, window)

    def texts(self, entry_ids: Iterable[int]) -> dict[int, tuple[str | None, str]]:
        with connect.store_errors(self._path):
            return entries.texts(self._db, entry_ids)

    def sharing(self, found: Sequence[KnownEntry], window: timedelta) -> tuple[KnownEntry, ...]:
        with connect.store_errors(self._path):
            return entries.sharing(self._db, found, window)

    def titled(self, feed_id: int, title_keys: Iterable[str], without: Iterable[int]) -> dict[str, int]:
        with connect.store_errors(self._path):
            return entries.titled(self._db, feed_id, title_keys, without)

    def newest(self, feed_id: int) -> datetime | None:
        with connect.store_errors(self._path):
            return entries.newest(self._db, feed_id)

    def rolling(self, said: Iterable[tuple[int, datetime]]) -> None:
        with self.transaction():
            keep.rolling(self._db, said)

    def taken(self, atom_ids: Iterable[str]) -> frozenset[str]:
        with connect.store_errors(self._path):
            return entries.taken(self._db, atom_ids)

    def keep(
        self,
        feed: Feed,
        decisions: Sequence[Decision],
        placements: Sequence[Placement],
        relations: Sequence[Relation],
        now: datetime,
        backfill: int | None,
    ) -> SaveCounts:
        with self.transaction():
            return keep.keep(self._db, feed, decisions, placements, relations, now, backfill)

    def sample(self, limit: int) -> Iterator[tuple[int, str, Entry]]:
        with connect.store_errors(self._path):
            yield from entries.sample(self._db, limit)

    def reapply(self, fingerprint: str, blocked_by: Callable[[Entry, str], str | None]) -> int:
        """Marks all stored entries anew where the filters are others than they were marked by; how many change."""
        with self.transaction():
            if keep.filters(self._db) == fingerprint:
                return 0
            changes = {
                entry_id: by
                for entry_id, url, entry in entries.sample(self._db, -1)
                if (by := blocked_by(entry, url)) != entry.blocked
            }
            keep.mark_blocked(self._db, changes, fingerprint)
            return len(changes)

    # ------------------------------------------------------------ sightings

    def find(self, wanted: str, link_key: str | None) -> tuple[int, ...]:
        with connect.store_errors(self._path):
            return sightings.find(self._db, wanted, link_key)

    def sightings(self, story_id: int) -> tuple[Sighting, ...]:
        with connect.store_errors(self._path):
            return sightings.sightings(self._db, story_id)

    def of_entries(self, entry_ids: Iterable[int]) -> tuple[Sighting, ...]:
        with connect.store_errors(self._path):
            return sightings.of_entries(self._db, entry_ids)

    def related(self, entry_ids: Iterable[int]) -> tuple[tuple[int, int, str], ...]:
        with connect.store_errors(self._path):
            return sightings.related(self._db, entry_ids)

    def every(self) -> tuple[StoredKeys, ...]:
        with connect.store_errors(self._path):
            return sightings.every(self._db)

    def every_fact(self) -> dict[int, frozenset[FeedTrait]]:
        with connect.store_errors(self._path):
            return sightings.every_fact(self._db)

    def regroup(self, keys: Sequence[Keyed], placements: Sequence[Placement], now: datetime) -> None:
        with self.transaction():
            sightings.regroup(self._db, keys, placements, now)

    def rule_counts(self) -> dict[str, int]:
        with connect.store_errors(self._path):
            return sightings.counts(self._db)

    # ------------------------------------------------------------ stories

    def publication_id(self) -> str:
        with self.transaction():
            return stories.publication_id(self._db)

    def release(self, now: datetime) -> int:
        with self.transaction():
            return stories.release(self._db, now)

    def heads(self) -> Iterator[StoryHead]:
        with connect.store_errors(self._path):
            yield from stories.heads(self._db)

    def stories(self, ids: Iterable[int]) -> tuple[Story, ...]:
        with connect.store_errors(self._path):
            return stories.stories(self._db, ids)

    def sources(self) -> tuple[Source, ...]:
        with connect.store_errors(self._path):
            return stories.sources(self._db, subscribed_only=True)

    def latest(
        self, limit: int, feed: str | None = None, tag: str | None = None, since: datetime | None = None
    ) -> tuple[Story, ...]:
        with connect.store_errors(self._path):
            return stories.latest(self._db, limit, feed, tag, since)

    def forget(self, now: datetime, days: int) -> int:
        with self.transaction():
            return retention.forget(self._db, now, days)

    # ------------------------------------------------------------ outputs beyond the merged feed

    def version(self) -> tuple[int, int]:
        """Differs from an earlier one where anything was written since, by whatever process."""
        with connect.store_errors(self._path):
            others = self._db.execute("PRAGMA data_version").fetchone()[0]
            return int(others), self._db.total_changes

    def tagged(self, feeds_of: Mapping[str, frozenset[int]], limit: int) -> dict[str, tuple[StoryHead, ...]]:
        with connect.store_errors(self._path):
            return publication.tagged(self._db, feeds_of, limit)

    def daily(self, until: datetime) -> dict[int, tuple[int, ...]]:
        with connect.store_errors(self._path):
            return publication.daily(self._db, until)

    def archives(self) -> tuple[Archive, ...]:
        with connect.store_errors(self._path):
            return publication.archives(self._db)

    def after(self, last: Archive | None, limit: int) -> tuple[tuple[int, datetime, int], ...]:
        with connect.store_errors(self._path):
            return publication.after(self._db, last, limit)

    def close_archive(self, archive: Archive, frozen: bytes) -> None:
        with self.transaction():
            publication.close(self._db, archive, frozen)

    def open_archive(self, name: str | None = None) -> str | None:
        with self.transaction():
            return publication.open_archive(self._db, name)

    def frozen(self, name: str) -> bytes:
        with connect.store_errors(self._path):
            return publication.frozen(self._db, name)

    def published_since(self, since: datetime, after: int = 0) -> Sequence[int]:
        with connect.store_errors(self._path):
            return publication.published_since(self._db, since, after)

    def mark(self, name: str) -> tuple[datetime, int] | None:
        with connect.store_errors(self._path):
            return publication.mark(self._db, name)

    def set_mark(self, name: str, when: datetime, story_id: int) -> None:
        with self.transaction():
            publication.set_mark(self._db, name, when, story_id)

    def index(self) -> int:
        """Brings a portion of what waits into the search index; how many stories."""
        with self.transaction():
            return search.index(self._db)

    def search(self, query: str, limit: int) -> Sequence[int]:
        """Raises StoreError where it takes too long."""
        deadline = time.monotonic() + search.LONGEST
        with connect.store_errors(self._path):
            self._db.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
            try:
                return search.search(self._db, query, limit)
            finally:
                self._db.set_progress_handler(None, 0)
