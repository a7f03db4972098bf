"""The page on which the service answers a search."""

from __future__ import annotations

from urllib.parse import urlencode

from aggregator.export.days import days_of
from aggregator.export.pages import Pages, own_pages
from aggregator.models import Publication

MOST = 50  # stories on a page


def render_search(
    publication: Publication,
    query: str,
    longest: int,
    problem: str = "",
    pages: Pages | None = None,
    *,
    found: int | None = None,
    number: int = 1,
) -> bytes:
    """The form and what was found: the publication's stories. `problem`: why nothing was looked for.

    `found`: how many stories there are in all, of which these are the page of that number.
    """
    shown = len(publication.stories)
    total = shown if found is None else found
    first = (number - 1) * MOST + 1
    last = first + shown - 1
    return (pages or own_pages()).render(
        "search.html",
        publication,
        heading="Search",
        here="search",
        robots="noindex",
        query=query[:longest],
        longest=longest,
        problem=problem,
        days=days_of(publication),
        found=total,
        first=first,
        last=last,
        newer=_address(query, number - 1) if number > 1 else None,
        older=_address(query, number + 1) if last < total else None,
    )


def _address(query: str, number: int) -> str:
    return "search?" + urlencode({"q": query, **({"page": number} if number > 1 else {})})
