"""The pages that lead to the rest: about this feed with its sources, the tags, the archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from aggregator.export.days import newest_of
from aggregator.export.digest import month_words
from aggregator.export.items import Link
from aggregator.export.pages import Pages, own_pages
from aggregator.export.places import numbered
from aggregator.export.sources import SourceRow, is_failing, source_row
from aggregator.export.text import day_and_month, month_and_year, zone_of
from aggregator.models import Publication, Source
from aggregator.text import counted, one_line

T = TypeVar("T")

MOST = 120  # rows of a page; with long names and addresses they stay under 100 KB


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the archive with its documents."""

    words: str
    parts: tuple[Link, ...]  # to the pages
    stories: int
    open: bool


def render_about(publication: Publication, pages: Pages | None = None) -> bytes:
    """The first page about the feed."""
    return next(about_pages(publication, pages))


def about_pages(publication: Publication, pages: Pages | None = None) -> Iterator[bytes]:
    """What this is, how to subscribe, and how each source does; failing sources first."""
    return (make() for _, make in about_parts(publication, pages))


def about_parts(
    publication: Publication, pages: Pages | None = None
) -> Iterator[tuple[tuple[Sequence[Source], object], Callable[[], bytes]]]:
    """Each of these pages as what makes it, and what it says beside what stands on every page: its sources, and more."""
    newest = newest_of(publication.stories)
    days = max((len(source.daily) for source in publication.sources), default=0)
    today = newest.astimezone(zone_of(publication.timezone)).date() if newest else None
    sources = sorted(publication.sources, key=lambda source: not is_failing(source))
    title = one_line(publication.title) or "News Feed"
    about = one_line(publication.description) or (
        f"{title} gathers {counted(len(sources), 'feed')} and shows each story once."
    )
    variables = {
        "about": about,
        "days": days,
        "total": len(sources),
        "span": _span(today, days) if today and days else None,
        "heading": "About this feed",
        "here": "about.html",
    }

    def rows(some: Sequence[Source]) -> list[SourceRow]:
        return [source_row(source, publication, today) for source in some]

    for (number, listed), make in _paged(
        "about.html", publication, pages, ("sources", sources, rows), variables
    ):
        yield (listed, (number, len(sources), today, variables)), make


def _span(last: date, days: int) -> str:
    return f"{day_and_month(last - timedelta(days=days - 1))} to {day_and_month(last)}"


def render_tags(publication: Publication, pages: Pages | None = None) -> bytes:
    """The first page of the tags."""
    return next(tags_pages(publication, pages))


def tags_pages(publication: Publication, pages: Pages | None = None) -> Iterator[bytes]:
    """The tags of feeds.yaml, each with its page and feeds."""
    variables = {"root": "../", "heading": "Tags", "here": "tags/index.html"}
    made = _paged("tags.html", publication, pages, ("tags", publication.tags, list), variables)
    return (make() for _, make in made)


def render_archive(publication: Publication, pages: Pages | None = None) -> bytes:
    """The months, newest first."""
    return (pages or own_pages()).render(
        "archive.html",
        publication,
        months=_months(publication),
        root="../",
        heading="Archive",
        here="archive/index.html",
        page_name="archive/index.html",
    )


def render_missing(publication: Publication, pages: Pages | None = None) -> bytes:
    """What is shown at an address where there is nothing; hosts of static sites know a 404.html, too."""
    return (pages or own_pages()).render(
        "missing.html",
        publication,
        root=urlsplit(publication.base_url).path or "/",  # as it is shown at any address
        heading="Not found",
        here=None,
        robots="noindex",
    )


def _paged(
    template: str,
    publication: Publication,
    pages: Pages | None,
    listed: tuple[str, Sequence[T], Callable[[Sequence[T]], list[Any]]],
    variables: dict[str, Any],
) -> Iterator[tuple[tuple[int, Sequence[T]], Callable[[], bytes]]]:
    """What makes each page, with its number and what it lists. `listed`: by what name, what, and how as rows."""
    name, (what, all_of_it, rows) = variables["here"], listed
    starts = range(0, max(1, len(all_of_it)), MOST)
    numbers = [
        Link(str(number), numbered(name.rpartition("/")[2], number)) for number in range(1, len(starts) + 1)
    ]

    def make(number: int, some: Sequence[T]) -> bytes:
        return (pages or own_pages()).render(
            template,
            publication,
            **{
                what: rows(some),
                "number": number,
                "numbers": numbers,
                "page_name": numbered(name, number),
                **variables,
            },
        )

    for number, start in enumerate(starts, 1):
        page = number, all_of_it[start : start + MOST]
        yield page, partial(make, *page)


def _months(publication: Publication) -> Sequence[Month]:
    by_month: dict[str, list[int]] = {}
    for index, archive in enumerate(publication.archives):
        by_month.setdefault(archive.name[:7], []).append(index)
    last = len(publication.archives) - 1
    return [
        Month(
            month_and_year(int(month[:4]), int(month[5:])),
            tuple(
                Link(month_words(publication.archives[i].name), publication.archives[i].name) for i in indexes
            ),
            sum(publication.archives[i].stories for i in indexes),
            last in indexes,
        )
        for month, indexes in reversed(by_month.items())
    ]
