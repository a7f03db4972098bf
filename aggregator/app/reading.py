"""What an app reads from its store: stories, why they are grouped so, feeds and their history."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aggregator import links
from aggregator.app.opening import AppBase
from aggregator.models import (
    PUBLISH,
    SEEN,
    Entry,
    Feed,
    FeedLine,
    PollNote,
    SearchResult,
    Source,
    Story,
    StoryGroup,
    WorkersSeen,
)

if TYPE_CHECKING:  # heavy, and not needed by the commands that only read
    from aggregator.health.report import Report
    from aggregator.health.state import Problem
    from aggregator.pipeline.explain import Explanation


class AppReading(AppBase):
    """Reads the store as it is, and makes none."""

    @property
    def has_store(self) -> bool:
        """Whether anything was ever polled here."""
        with self._library() as library:
            return library is not None

    def latest(
        self,
        number: int = 20,
        feed: str | None = None,
        tag: str | None = None,
        since: datetime | None = None,
    ) -> tuple[Story, ...]:
        """The newest stories by their own date.

        `feed`: told by the feed with this URL, or with this in its name; `tag`: in any spelling.
        """
        with self._library() as library:
            return library.latest(number, feed, tag, since) if library else ()

    def search(self, query: str, number: int = 50) -> tuple[Story, ...]:
        """Published stories with all these words in title or summary, the newest first; "in quotes" is a phrase.

        Raises StoreError if it takes too long.
        """
        with self._library() as library:
            return library.search(query, number).stories if library else ()

    def covered(self) -> tuple[StoryGroup, ...]:
        """What three outlets or more report, in the 24 hours before the newest story; most covered first."""
        from aggregator.pipeline.covered import covered_now

        with self._library() as library:
            return covered_now(library) if library else ()

    def story(self, story_id: int) -> Story | None:
        """The story with this id, as `Story.id` has it."""
        with self._library() as library:
            return next(iter(library.load_stories([story_id])), None) if library else None

    def find_stories(self, wanted: str) -> tuple[int, ...]:
        """Ids of the stories that a person can mean by a number, an Atom id, a guid or a link in any form."""
        from aggregator.pipeline.explain import find

        with self._library() as library:
            return find(library, wanted) if library else ()

    def explain(self, story_id: int) -> Explanation | None:
        """Why the story is one story: its sightings, who leads and why, what was nearly the same."""
        from aggregator.pipeline.explain import explain

        with self._library() as library:
            return explain(library, self.config, story_id) if library else None

    def search_page(self, query: str, number: int = 1) -> tuple[int, bytes]:
        """That page of the answer to a search, and its HTTP status."""
        from aggregator.pipeline.search import NOTHING, find, render_answer

        def search(query: str, limit: int, skip: int) -> SearchResult:
            with self._library() as library:
                return find(library, self.config, query, limit, skip) if library else NOTHING

        return render_answer(search, self.config, query, number)

    def story_page(self, key: str) -> tuple[int, bytes]:
        """The page of one story by the key in its permalink, and its HTTP status."""
        from aggregator.errors import StoreError
        from aggregator.pipeline.search import render_story_page, render_unavailable

        try:
            with self._library() as library:
                return render_story_page(library, self.config, key)
        except StoreError:
            return render_unavailable(self.config)

    def sample_entries(self, limit: int) -> Iterator[tuple[str, Entry]]:
        """Stored entries, those stored last first, each with the URL of its feed."""
        with self._library() as library:
            if library is not None:
                yield from ((url, entry) for _, url, entry in library.sample_entries(limit))

    def sources(self) -> tuple[Source, ...]:
        """The feeds as readers see them, in the order of feeds.yaml, as far as they are known."""
        with self._library() as library:
            return library.sources() if library else ()

    def moved_feeds(self) -> tuple[Feed, ...]:
        """Feeds that have moved for good, and whose new URL is not in feeds.yaml yet."""
        with self._library() as library:
            feeds = library.feeds() if library else ()
        return tuple(feed for feed in feeds if feed.effective_url != feed.url)

    def health(self, service: Mapping[str, Any] | None = None, problems: Iterable[Problem] = ()) -> Report:
        """How the service, the store, the disk and the feeds stand; raises nothing.

        `service` and `problems`: what a running service says of itself.
        """
        from aggregator.health.collect import collect
        from aggregator.health.report import make_report

        return make_report(collect(self, service, tuple(problems)), self.clock())

    def health_page(self, report: Report) -> bytes:
        """The report as a page. Reads nothing of the store."""
        from aggregator.export.pages import pages_in
        from aggregator.health.page import render_health
        from aggregator.pipeline.page_frame import page_frame

        return render_health(
            report, page_frame(self.config), pages_in(self.config.templates, self.config.theme)
        )

    def workers_seen(self) -> WorkersSeen:
        """Who works on the store, of all machines; nobody where one service works alone."""
        with self._library() as library:
            if library is None:
                return WorkersSeen()
            now = library.server_time() or self.clock()
            leader = library.leases([PUBLISH], now).get(PUBLISH, "")
            return WorkersSeen(library.workers(now - SEEN), leader, library.published_at())

    def counts(self) -> Mapping[str, int]:
        """How many `entries` and `stories` there are, and stories `waiting_for_search`."""
        with self._library() as library:
            return library.counts() if library else {}

    def feeds(self, ids: Collection[int] | None = None) -> tuple[Feed, ...]:
        """The feeds of feeds.yaml, in its order: how each stands, and when it is polled next and why.

        Those that no command has polled yet have ids below 0, and are not in the store. `ids`: these alone.
        """
        with self._library() as library:
            known = {feed.url: feed for feed in library.feeds(ids)} if library else {}
        return tuple(
            known.get(sub.url) or Feed(-1 - place, sub.url, sub.url, position=place)
            for place, sub in enumerate(self.config.feeds)
            if ids is None or sub.url in known or -1 - place in ids
        )

    def feed_lines(self) -> tuple[FeedLine, ...]:
        """The same feeds in the same order, with what a list shows of each."""
        with self._library() as library:
            known = {line.url: line for line in library.feed_lines()} if library else {}
        return tuple(
            known.get(sub.url) or FeedLine(-1 - place, sub.url, sub.name or links.host(sub.url))
            for place, sub in enumerate(self.config.feeds)
        )

    def feed_names(self, feeds: Iterable[Feed] | None = None) -> dict[int, str]:
        """What readers call these feeds, or all of feeds.yaml, by their ids."""
        given = {sub.url: sub.name for sub in self.config.feeds}
        return {
            feed.id: links.feed_name(given.get(feed.url), feed.info.title if feed.info else None, feed.url)
            for feed in (self.feeds() if feeds is None else feeds)
        }

    def feed_history(self, feed_id: int) -> tuple[PollNote, ...]:
        """The feed's last polls, the newest first."""
        with self._library() as library:
            return library.feed_history(feed_id) if library else ()

    def rule_counts(self) -> dict[str, int]:
        """How many entries each rule of dedupe decided."""
        with self._library() as library:
            return library.rule_counts() if library else {}

    def read_cursor(self, name: str) -> tuple[datetime, int] | None:
        """How far a reader of this name has read: the moment and the id of the newest that it has read."""
        with self._library() as library:
            return library.read_cursor(name) if library else None
