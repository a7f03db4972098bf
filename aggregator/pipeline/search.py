"""Answers a search over what was published: a page, whatever is asked and however the store is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from aggregator.errors import StoreError
from aggregator.export.pages import pages_in
from aggregator.export.searching import render_search
from aggregator.models import Publication, Story
from aggregator.settings import Config
from aggregator.store.interfaces import LONGEST_QUERY
from aggregator.text import one_line

MOST = 50  # stories on the page
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def render_answer(
    search: Callable[[str, int], tuple[Story, ...]], config: Config, query: str
) -> tuple[int, bytes]:
    """An HTTP status and the page. `search`: the stories that have the words, at most so many."""
    query = one_line(query)
    if len(query) > LONGEST_QUERY:
        return 400, _page(config, query, problem=f"Please search for {LONGEST_QUERY} characters or less.")
    try:
        return 200, _page(config, query, search(query, MOST) if query else ())
    except StoreError:
        return 503, _page(config, query, problem="That took too long. Please try fewer or rarer words.")


def _page(config: Config, query: str, stories: tuple[Story, ...] = (), problem: str = "") -> bytes:
    found = Publication(
        id="",
        title=config.title,
        base_url=config.base_url,
        updated=EPOCH,
        stories=stories,
        sources=(),
        content=config.publish.content,
        search=True,
    )
    return render_search(found, query, LONGEST_QUERY, problem, pages_in(config.templates))
