"""The pages that lead to the rest: about this feed with its sources, the tags, the archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from aggregator.export.days import newest_of
from aggregator.export.digest import month_words
from aggregator.export.items import Link
from aggregator.export.pages import Pages, own_pages
from aggregator.export.places import numbered
from aggregator.export.sources import is_failing, source_row
from aggregator.export.text import day_and_month, month_and_year, zone_of
from aggregator.models import Publication
from aggregator.text import counted, one_line

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
    newest = newest_of(publication.stories)
    days = max((len(source.daily) for source in publication.sources), default=0)
    today = newest.astimezone(zone_of(publication.timezone)).date() if newest else None
    sources = sorted(publication.sources, key=lambda source: not is_failing(source))
    title = one_line(publication.title) or "News Feed"
    about = one_line(publication.description) or (
        f"{title} gathers {counted(len(sources), 'feed')} and shows each story once."
    )
    rows = [source_row(source, publication, today) for source in sources]
    variables = {
        "about": about,
        "days": days,
        "total": len(sources),
        "span": _span(today, days) if today and days else None,
        "heading": "About this feed",
        "here": "about.html",
    }
    return _paged("about.html", publication, pages, ("sources", rows), variables)


def _span(last: date, days: int) -> str:
    return f"{day_and_month(last - timedelta(days=days - 1))} to {day_and_month(last)}"


def render_tags(publication: Publication, pages: Pages | None = None) -> bytes:
    """The first page of the tags."""
    return next(tags_pages(publication, pages))


def tags_pages(publication: Publication, pages: Pages | None = None) -> Iterator[bytes]:
    """The tags of feeds.yaml, each with its page and feeds."""
    variables = {"root": "../", "heading": "Tags", "here": "tags/index.html"}
    return _paged("tags.html", publication, pages, ("tags", publication.tags), variables)


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
    listed: tuple[str, Sequence[object]],
    variables: dict[str, Any],
) -> Iterator[bytes]:
    name, (what, rows) = variables["here"], listed
    starts = range(0, max(1, len(rows)), MOST)
    numbers = [
        Link(str(number), numbered(name.rpartition("/")[2], number)) for number in range(1, len(starts) + 1)
    ]
    for number, start in enumerate(starts, 1):
        yield (pages or own_pages()).render(
            template,
            publication,
            **{
                what: rows[start : start + MOST],
                "number": number,
                "numbers": numbers,
                "page_name": numbered(name, number),
                **variables,
            },
        )


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
