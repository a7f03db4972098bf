"""The page on which the service answers a search."""

from __future__ import annotations

from aggregator.export.digest import days_of
from aggregator.export.pages import Pages, own_pages
from aggregator.models import Publication


def render_search(
    publication: Publication, query: str, longest: int, problem: str = "", pages: Pages | None = None
) -> bytes:
    """The form and what was found: the publication's stories. `problem`: why nothing was looked for."""
    return (pages or own_pages()).render(
        "search.html",
        publication,
        heading="Search",
        here="search",
        query=query[:longest],
        longest=longest,
        problem=problem,
        days=days_of(publication),
        stories=len(publication.stories),
    )
