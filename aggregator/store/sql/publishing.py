"""PublishStore in SQL: what the outputs are made of, and what was published."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from aggregator.models import Archive, ArchiveList, FeedState, StorySummary
from aggregator.records import replace
from aggregator.store.interfaces import Choose, Display, ShownArchive, Weigh
from aggregator.store.sql import feed_states, publication, related, retention, stories
from aggregator.store.sql.part import Part


class SqlPublishing(Part):
    """Answers store.interfaces.PublishStore, but for what it shares with Library."""

    def publish_pending(self, now: datetime) -> int:
        with self._writing():
            published = stories.publish_pending(self._db, now)
        self._keep_feed_states()
        return published

    def _keep_feed_states(self) -> None:
        """In portions: others write in between, and what they change is computed the next time."""
        with self._reading():
            changed = feed_states.missing(self._db)
        for first in range(0, len(changed), feed_states.PORTION):
            with self._writing(content=False):
                feed_states.keep(self._db, changed[first : first + feed_states.PORTION])

    def relate(
        self, now: datetime, off: Collection[int], weigh: Weigh, choose: Choose, display: Display
    ) -> int:
        with self._reading():
            if not related.waits(self._db, off):
                return 0
        with self._writing():
            return related.relate(self._db, now, off, weigh=weigh, choose=choose, display=display)

    def anything_waits(self) -> bool:
        with self._reading():
            return stories.any_pending(self._db) or related.waits(self._db)

    def story_summaries(
        self,
        since: datetime | None = None,
        before: datetime | None = None,
        feed_ids: Collection[int] | None = None,
        subscribed_only: bool = True,
    ) -> Iterator[StorySummary]:
        with self._reading():
            yield from stories.summaries(self._db, since, before, feed_ids, subscribed_only)

    def tagged_stories(
        self, feeds_of: Mapping[str, frozenset[int]], limit: int
    ) -> dict[str, tuple[StorySummary, ...]]:
        with self._reading():
            return publication.tagged(self._db, feeds_of, limit)

    def stories_of_feed(self, feed_id: int, limit: int) -> tuple[tuple[int, datetime], ...]:
        with self._reading():
            return publication.stories_of_feed(self._db, feed_id, limit)

    def feed_states(self) -> Mapping[int, FeedState]:
        with self._reading():
            return feed_states.states(self._db)

    def arrivals(self, limit: int) -> tuple[tuple[int, datetime], ...]:
        with self._reading():
            return publication.arrivals(self._db, limit)

    def daily_counts(
        self, until: datetime, feed_ids: Collection[int] | None = None
    ) -> dict[int, tuple[int, ...]]:
        with self._reading():
            return publication.daily_counts(self._db, until, feed_ids)

    def archives(self) -> ArchiveList:
        with self._reading():
            return replace(publication.archives(self._db), redaction=retention.last_redaction(self._db))

    def unarchived_stories(self, last: Archive | None, limit: int) -> tuple[tuple[int, datetime], ...]:
        with self._reading():
            return publication.unarchived_stories(self._db, last, limit)

    def close_archive(
        self, archive: Archive, entries: bytes, after: Archive | None, redaction: str | None = None
    ) -> bool:
        with self._writing():
            if redaction not in (None, retention.last_redaction(self._db)):
                return False
            return publication.close(self._db, archive, entries, after)

    def redactions(self) -> tuple[tuple[str, datetime], ...]:
        with self._reading():
            return retention.redactions(self._db)

    def archive_bytes(self, name: str, whole: bool = False) -> bytes:
        with self._reading():
            return publication.archive_bytes(self._db, name, whole)

    def archive_rules(self) -> str:
        with self._reading():
            return publication.archive_rules(self._db)

    def show_archives(
        self, rules: str, shown: Mapping[str, ShownArchive], redaction: str | None = None
    ) -> bool:
        with self._writing():
            if redaction not in (None, retention.last_redaction(self._db)):
                return False
            publication.show_archives(self._db, rules, shown)
            return True

    def published_feeds(self, atom_ids: Collection[str]) -> dict[str, int | None]:
        with self._reading():
            return publication.published_feeds(self._db, atom_ids)

    def name_open_archive(self, name: str) -> None:
        with self._writing():
            publication.name_open_archive(self._db, name)
