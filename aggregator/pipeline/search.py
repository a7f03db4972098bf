"""Answers a search over what was published, and shows one story: a page, however the store is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from aggregator.errors import StoreError
from aggregator.export.about import render_missing
from aggregator.export.items import story_key
from aggregator.export.pages import pages_in
from aggregator.export.places import tag_feed
from aggregator.export.searching import MOST, render_search
from aggregator.export.story import render_story
from aggregator.models import Publication, SearchResult, Story
from aggregator.pipeline.publication import as_published, load_sources
from aggregator.settings import Config
from aggregator.store.interfaces import LONGEST_QUERY, Library
from aggregator.text import one_line

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_ID = "urn:uuid:00000000-0000-0000-0000-000000000000"  # of a page that is no feed
NOTHING = SearchResult((), 0)

# Words, how many stories at most, how many of the newest to skip.
Search = Callable[[str, int, int], SearchResult]


def find(library: Library, config: Config, query: str, limit: int, skip: int = 0) -> SearchResult:
    """What the words find in what is published: of feeds with `content: none`, in titles alone."""
    sources = load_sources(library, config)
    bare = frozenset(
        feed_id for feed_id, source in sources.items() if (source.content or config.publish.content) == "none"
    )
    found = library.search(query, limit, skip, bare)
    return SearchResult(as_published(found.stories, sources), found.total)


def render_answer(search: Search, config: Config, query: str, number: int = 1) -> tuple[int, bytes]:
    """An HTTP status and the page of that number."""
    query = one_line(query)
    if len(query) > LONGEST_QUERY:
        return 400, _page(config, query, problem=f"Please search for {LONGEST_QUERY} characters or less.")
    try:
        found = search(query, MOST, (number - 1) * MOST) if query else NOTHING
    except StoreError:
        return 503, _page(config, query, problem="That took too long. Please try fewer or rarer words.")
    return 200, _page(config, query, found, number)


def render_story_page(library: Library | None, config: Config, key: str) -> tuple[int, bytes]:
    """An HTTP status and the page of a story, by what `story_key` says; 404 where it is not published any more."""
    pages = pages_in(config.templates, config.theme)
    number = re.fullmatch(r"(\d{1,18})-[0-9a-f]{6}", key)
    if library is not None and number:
        stories = library.load_stories([int(number[1])], published_only=True)
        sources = load_sources(library, config)
        for story in as_published(stories, sources):
            if story_key(story) == key:
                return 200, render_story(replace(_bare(config, [story]), place=f"story/{key}"), pages)
    return 404, render_missing(_bare(config), pages)


def _bare(config: Config, stories: Iterable[Story] = ()) -> Publication:
    """A publication that is no feed, as a frame for a page."""
    tags = dict.fromkeys(tag for feed in config.feeds for tag in feed.tags)
    return Publication(
        id="",
        title=config.title,
        base_url=config.base_url,
        updated=EPOCH,
        stories=tuple(stories),
        sources=(),
        content=config.publish.content,
        search=True,
        timezone=config.timezone,
        tags=tuple(tag_feed(NO_ID, tag) for tag in tags),
    )


def _page(
    config: Config, query: str, found: SearchResult = NOTHING, number: int = 1, problem: str = ""
) -> bytes:
    made = _bare(config, found.stories)
    pages = pages_in(config.templates, config.theme)
    return render_search(made, query, LONGEST_QUERY, problem, pages, found=found.total, number=number)
