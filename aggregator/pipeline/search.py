"""Answers a search over what was published, and shows one story: a page, however the store is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from aggregator.errors import StoreError, StoreSlow
from aggregator.export.about import render_missing
from aggregator.export.items import story_key
from aggregator.export.pages import pages_in
from aggregator.export.searching import MOST, render_search
from aggregator.export.story import render_story
from aggregator.models import SearchResult
from aggregator.pipeline.page_frame import page_frame
from aggregator.pipeline.publication import as_published, load_sources
from aggregator.settings import Config
from aggregator.store.interfaces import LONGEST_QUERY, Library
from aggregator.text import one_line

NOTHING = SearchResult((), 0)
_UNAVAILABLE = "The stories cannot be looked up just now. Please try again in a minute."

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
    except StoreSlow:
        return 503, _page(config, query, problem="That took too long. Please try fewer or rarer words.")
    except StoreError:
        return 503, _page(config, query, problem=_UNAVAILABLE)
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
                return 200, render_story(replace(page_frame(config, [story]), place=f"story/{key}"), pages)
    return 404, render_missing(page_frame(config), pages)


def render_unavailable(config: Config) -> tuple[int, bytes]:
    """An HTTP status and a page, while the store cannot be read."""
    return 503, _page(config, "", problem=_UNAVAILABLE)


def _page(
    config: Config, query: str, found: SearchResult = NOTHING, number: int = 1, problem: str = ""
) -> bytes:
    made = page_frame(config, found.stories)
    pages = pages_in(config.templates, config.theme)
    return render_search(made, query, LONGEST_QUERY, problem, pages, found=found.total, number=number)
