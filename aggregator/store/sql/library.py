"""Library in SQL: what commands, the web and other programs ask."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from aggregator.models import (
    Entry,
    Feed,
    FeedLine,
    KnownEntry,
    NearSightings,
    PollNote,
    SearchResult,
    Sighting,
    Source,
    Story,
    StoryDates,
    WeighedEntry,
    WordCounts,
)
from aggregator.store.sql import entries, feed_states, feeds, publication, related, search, sightings, stories
from aggregator.store.sql.part import Part


class SqlLibrary(Part):
    """Answers store.interfaces.Library, and what PublishStore shares with it."""

    _known_sources: tuple[tuple[int, int], tuple[Source, ...], int] | None = None

    def feeds(self, ids: Collection[int] | None = None) -> tuple[Feed, ...]:
        with self._reading():
            return feeds.subscribed(self._db, ids)

    def feed_lines(self) -> tuple[FeedLine, ...]:
        with self._reading():
            return feeds.lines(self._db)

    def counts(self) -> Mapping[str, int]:
        with self._reading():
            total, told = feed_states.totals(self._db)
            waiting = self._db.execute("SELECT count(*) FROM search_waiting").fetchone()[0]
        return {"entries": total, "stories": told, "waiting_for_search": int(waiting)}

    def feed_history(self, feed_id: int) -> tuple[PollNote, ...]:
        with self._reading():
            return feeds.history(self._db, feed_id)

    def publication_id(self) -> str:
        with self._reading():
            found = stories.publication_id(self._db)
        if found is not None:
            return found
        with self._writing():
            return stories.make_publication_id(self._db)

    def content_version(self) -> str:
        with self._reading():
            return stories.content_version(self._db)

    def sources(self, ids: Collection[int] | None = None) -> tuple[Source, ...]:
        with self._reading():
            if ids is not None:
                return stories.sources(self._db, subscribed_only=True, ids=ids)
            every, subscribed = self._every_source()
            return every[:subscribed]

    def latest(
        self, limit: int, feed: str | None = None, tag: str | None = None, since: datetime | None = None
    ) -> tuple[Story, ...]:
        with self._reading():
            return stories.latest(self._db, limit, feed, tag, since)

    def load_stories(self, ids: Iterable[int], published_only: bool = False) -> tuple[Story, ...]:
        with self._reading():
            chosen = stories.published(self._db, ids) if published_only else ids
            return stories.load_stories(self._db, chosen, self._sources_at_hand())

    def _sources_at_hand(self) -> tuple[Source, ...] | None:
        """All of them, where they were read since anything was written: who shows one story needs one or two."""
        known = self._known_sources
        return known[1] if known is not None and known[0] == self.version() else None

    def _every_source(self) -> tuple[tuple[Source, ...], int]:
        """All feeds as readers see them, and how many are subscribed, which come first.

        Read anew only after something was written: each page asks for them.
        """
        version = self.version()
        if self._known_sources is None or self._known_sources[0] != version:
            row = self._db.execute("SELECT count(*) FROM feeds WHERE subscribed = 1").fetchone()
            self._known_sources = (version, stories.sources(self._db), int(row[0]))
        return self._known_sources[1:]

    def search(
        self, query: str, limit: int, skip: int = 0, titles_only: Collection[int] = ()
    ) -> SearchResult:
        with self._reading():
            with self._db.time_limit(search.LONGEST):
                found = self._index.find(query, search.MOST, titles_only)
            return SearchResult(stories.load_stories(self._db, found[skip : skip + limit]), len(found))

    def find_stories(self, wanted: str, link_key: str | None) -> tuple[int, ...]:
        with self._reading():
            return sightings.find_stories(self._db, wanted, link_key)

    def sightings(self, story_id: int) -> tuple[Sighting, ...]:
        with self._reading():
            return sightings.of_story(self._db, story_id)

    def near_sightings(self, found: Sequence[KnownEntry], window: timedelta) -> NearSightings:
        with self._reading():
            near = [entry.id for entry in entries.entries_sharing_keys(self._db, found, window)]
            return NearSightings(
                sightings.of_entries(self._db, near), sightings.related(self._db, [each.id for each in found])
            )

    def near_entries(self, story_ids: Collection[int]) -> tuple[tuple[WeighedEntry, WeighedEntry], ...]:
        with self._reading():
            return tuple(related.near_entries(self._db, story_ids))

    def word_counts(self, words: Iterable[str]) -> WordCounts:
        with self._reading():
            return related.word_counts(self._db, words)

    def sample_entries(self, limit: int) -> Iterator[tuple[int, str, Entry]]:
        with self._reading():
            yield from entries.sample(self._db, limit)

    def rule_counts(self) -> dict[str, int]:
        with self._reading():
            return sightings.counts(self._db)

    def published_since(self, since: datetime, after: int = 0) -> Iterator[StoryDates]:
        with self._reading():
            yield from publication.published_since(self._db, since, after)

    def read_cursor(self, name: str) -> tuple[datetime, int] | None:
        with self._reading():
            return publication.read_cursor(self._db, name)
