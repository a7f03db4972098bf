"""From an address that a person types to the feeds behind it: itself, those that its page names, or the usual places."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from aggregator.discovery import Candidate, anchored_feeds, linked_feeds
from aggregator.models import Entry, Fetched, FetchError, FetchRequest, FetchResult, ReadError, ReadFeed
from aggregator.pipeline.self_guard import OwnFeed
from aggregator.subscriptions import (
    common_places,
    feeds_in_lookup,
    site_feeds,
)
from aggregator.subscriptions.formats import decoded

Fetch = Callable[[FetchRequest], Awaitable[FetchResult]]
Read = Callable[[Fetched, datetime], Awaitable[ReadFeed | ReadError]]

# Requests are spent sparingly: a page that names more feeds than this is a directory.
MOST_LINKED, MOST_ANCHORED = 10, 5
SHOWN = 3  # newest entries


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that was fetched and read."""

    url: str  # after permanent redirects
    title: str | None
    format: str
    entries: int
    newest: tuple[Entry, ...]  # at most SHOWN, the newest first
    problem: str | None = None  # what is wrong with it, although it can be read
    is_ours: bool = False  # a copy of what we publish


@dataclass(frozen=True, slots=True)
class FoundFeeds:
    """What was found, best first; `problem`: why nothing was."""

    feeds: tuple[FoundFeed, ...]
    problem: str = ""


class FeedFinder:
    """Finds the feeds of an address, one request after the other."""

    def __init__(self, fetch: Fetch, read: Read, now: datetime, own: OwnFeed | None = None) -> None:
        self._fetch, self._read, self._now, self._own = fetch, read, now, own
        self._asked: dict[str, FoundFeed | str] = {}

    async def find(self, url: str) -> FoundFeeds:
        """The feeds of a feed's or a page's address."""
        site = site_feeds(url)
        if site is not None and site.lookup:
            answer = await self._get(site.urls[0])
            candidates = feeds_in_lookup(bytes(answer.body)) if isinstance(answer, Fetched) else ()
            return await self._first_or_problem(
                candidates, "the podcast directory names no feed for this page"
            )
        if site is not None:
            found = await self._feeds(Candidate(each) for each in site.urls)
            if found:
                return FoundFeeds(found)
        answer = await self._get(url)
        if isinstance(answer, FetchError):
            return FoundFeeds((), answer.message)
        if not isinstance(answer, Fetched):
            return FoundFeeds(
                (), "the server says that nothing has changed, although this is the first request"
            )
        feed = await self._as_feed(answer)
        if isinstance(feed, FoundFeed):
            return FoundFeeds((feed,))
        return await self._feeds_of_page(answer, feed)

    async def _feeds_of_page(self, answer: Fetched, why_no_feed: str) -> FoundFeeds:
        page = decoded(bytes(answer.body))
        for candidates in (
            linked_feeds(page, answer.url)[:MOST_LINKED],
            anchored_feeds(page, answer.url)[:MOST_ANCHORED],
        ):
            if found := await self._feeds(candidates):
                return FoundFeeds(found)
        for place in common_places(answer.url):
            if found := await self._feeds([Candidate(place)]):
                return FoundFeeds(found)
        return FoundFeeds((), f"no feed found: it is {why_no_feed}, and it names none")

    async def _first_or_problem(self, candidates: Iterable[Candidate], problem: str) -> FoundFeeds:
        found = await self._feeds(candidates)
        return FoundFeeds(found, "" if found else problem)

    async def _feeds(self, candidates: Iterable[Candidate]) -> tuple[FoundFeed, ...]:
        found: dict[str, FoundFeed] = {}
        for candidate in candidates:
            feed = await self._feed_at(candidate.url)
            if isinstance(feed, FoundFeed):
                found.setdefault(feed.url, feed)
        return tuple(found.values())

    async def _feed_at(self, url: str) -> FoundFeed | str:
        if url not in self._asked:
            answer = await self._get(url)
            self._asked[url] = (
                await self._as_feed(answer)
                if isinstance(answer, Fetched)
                else getattr(answer, "message", "nothing new")
            )
        return self._asked[url]

    async def _get(self, url: str) -> FetchResult:
        return await self._fetch(FetchRequest(url))

    async def _as_feed(self, answer: Fetched) -> FoundFeed | str:
        """The document as a feed, or what it is instead."""
        read = await self._read(answer, self._now)
        if isinstance(read, ReadError):
            return read.message
        newest = sorted(read.entries, key=lambda entry: entry.published or self._now, reverse=True)
        return FoundFeed(
            answer.moved_to or answer.url,
            read.info.title,
            read.info.format,
            len(read.entries),
            tuple(newest[:SHOWN]),
            read.info.problem,
            self._own is not None and self._own.has_published(read.info),
        )
