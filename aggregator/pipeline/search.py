"""Answers a search over what was published: a page, whatever is asked and however the store is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from aggregator.errors import StoreError
from aggregator.export.pages import pages_in
from aggregator.export.places import tag_feed
from aggregator.export.searching import MOST, render_search
from aggregator.models import Publication, SearchResult
from aggregator.settings import Config
from aggregator.store.interfaces import LONGEST_QUERY
from aggregator.text import one_line

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_ID = "urn:uuid:00000000-0000-0000-0000-000000000000"  # of a page that is no feed
NOTHING = SearchResult((), 0)

Search = Callable[
    [str, int, int], SearchResult
]  # words, how many stories at most, how many of the newest to skip


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


def _page(
    config: Config, query: str, found: SearchResult = NOTHING, number: int = 1, problem: str = ""
) -> bytes:
    tags = dict.fromkeys(tag for feed in config.feeds for tag in feed.tags)
    made = Publication(
        id="",
        title=config.title,
        base_url=config.base_url,
        updated=EPOCH,
        stories=found.stories,
        sources=(),
        content=config.publish.content,
        search=True,
        timezone=config.timezone,
        tags=tuple(tag_feed(NO_ID, tag) for tag in tags),
    )
    return render_search(made, query, LONGEST_QUERY, problem, pages_in(config.templates), found.total, number)
