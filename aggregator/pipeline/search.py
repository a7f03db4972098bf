"""Answers a search over what was published: a page, whatever is asked and however the store is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from aggregator.errors import StoreError
from aggregator.export.pages import pages_in
from aggregator.export.searching import render_search
from aggregator.models import Publication
from aggregator.settings import Config
from aggregator.store.base import Store
from aggregator.store.search import LONGEST_QUERY
from aggregator.text import one_line

MOST = 50  # stories on the page
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def answer(open_store: Callable[[], Store | None], config: Config, query: str) -> tuple[int, bytes]:
    """An HTTP status and the page. `open_store`: for this search alone, so that any thread may ask."""
    query = one_line(query)
    if len(query) > LONGEST_QUERY:
        return 400, _page(config, query, problem=f"Please search for {LONGEST_QUERY} characters or less.")
    try:
        store = open_store()
        if store is None:
            return 200, _page(config, query)
        try:
            return 200, _page(config, query, store)
        finally:
            store.close()
    except StoreError:
        return 503, _page(config, query, problem="That took too long. Please try fewer or rarer words.")


def _page(config: Config, query: str, store: Store | None = None, problem: str = "") -> bytes:
    stories = store.stories(store.search(query, MOST)) if store and query else ()
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
