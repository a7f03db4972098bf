"""Upkeep in SQL: what is removed, marked or grouped anew, in portions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

from aggregator.models import ArchiveList, Entry, Keyed, Placement, Redacted, StoredIndex, StoredKeys
from aggregator.settings import Keep
from aggregator.store.sql import (
    clock,
    entries,
    feeds,
    publication,
    retention,
    save,
    search,
    sightings,
    stories,
)
from aggregator.store.sql.part import Part


class SqlUpkeep(Part):
    """Answers store.interfaces.Upkeep."""

    def refilter(self, fingerprint: str, blocked_by: Callable[[Entry, str], str | None]) -> int:
        self._filters = fingerprint
        with self._writing():
            if save.filters(self._db) == fingerprint:
                return 0
            changes = {
                entry_id: by
                for entry_id, url, entry in entries.sample(self._db, -1)
                if (by := blocked_by(entry, url)) != entry.blocked
            }
            save.mark_blocked(self._db, changes, fingerprint)
            return len(changes)

    def forget(self, now: datetime, keep: Keep, limit: int = 500) -> int:
        with self._writing(content=False):
            corrected = clock.take_back(self._db, now)
            removed = retention.forget(self._db, now, keep, limit)
            if corrected or removed:
                stories.mark_changed(self._db)
            return removed

    def load_index(self) -> StoredIndex:
        revision = self.version()
        with self._reading():
            return StoredIndex(sightings.every_trait(self._db), feeds.every(self._db), revision)

    def stored_keys(self, ids: Collection[int] | None = None) -> Iterator[StoredKeys]:
        with self._reading():
            yield from sightings.stored_keys(self._db, ids)

    def save_regrouping(
        self, keys: Sequence[Keyed], placements: Sequence[Placement], now: datetime, revision: tuple[int, int]
    ) -> bool:
        with self._writing():
            if revision != self.version():
                return False
            sightings.regroup(self._db, keys, placements, now)
            return True

    def index_search(self) -> int:
        with self._writing(content=False):
            return search.index_portion(self._db, self._index)

    def redact(self, redacted: Redacted, now: datetime, known: ArchiveList | None = None) -> bool:
        with self._writing():
            if known is not None and (
                publication.last_closed(self._db) != (known.last and known.last.name)
                or retention.last_redaction(self._db) != known.redaction
            ):
                return False
            for archive, content in redacted.archives:
                publication.rewrite(self._db, archive, content)
            retention.redact(self._db, redacted.entries, redacted.atom_ids, now)
            return True

    def set_read_cursor(self, name: str, when: datetime, story_id: int) -> None:
        with self._writing(content=False):
            publication.set_read_cursor(self._db, name, when, story_id)
