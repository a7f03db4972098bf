"""The digest: the HTML pages that a person reads, with no script and no request to anybody else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from aggregator.export.days import Day, days_of, newest_of, split
from aggregator.export.items import Covered, Items, Link
from aggregator.export.pages import Pages, own_pages
from aggregator.export.places import index_name, numbered
from aggregator.export.sources import is_failing
from aggregator.export.text import date_and_time, month_and_year, zone_of
from aggregator.models import Publication
from aggregator.records import dataclass
from aggregator.times import format_utc

MOST, MOST_COMPACT, MOST_MONTH = 100, 250, 250  # stories in a page
MOST_COVERED = 5
_MOST_JUMPS = 10  # headings that one can jump to


def render_digest(publication: Publication, pages: Pages | None = None) -> bytes:
    """The first page of the merged feed, or of a tag's; it says when the newest story came, never when it was made."""
    return next(digest_pages(publication, pages))


def digest_pages(publication: Publication, pages: Pages | None = None) -> Iterator[bytes]:
    """All pages, the newest stories first, at most 100 on each."""
    days = days_of(publication)
    variables = {**_about(publication), "covered": _covered(publication)}
    return _paged(_Layout("digest.html", index_name(publication), MOST), publication, pages, days, variables)


def compact_pages(publication: Publication, pages: Pages | None = None) -> Iterator[bytes]:
    """The same as a list of headlines, with an address of its own, so that who prefers it can keep it."""
    days = days_of(publication, brief=True)
    variables = {**_about(publication), "compact": True, "covered": ()}
    return _paged(_Layout("digest.html", "compact.html", MOST_COMPACT), publication, pages, days, variables)


def render_month(publication: Publication, pages: Pages | None = None) -> bytes:
    """The first page of an archive document."""
    return next(month_pages(publication, pages))


def month_pages(publication: Publication, pages: Pages | None = None) -> Iterator[bytes]:
    """An archive document: its stories without their texts."""
    name = publication.place.partition("/")[2]
    names = [archive.name for archive in publication.archives]
    index = names.index(name)
    beside = [names[i] if 0 <= i < len(names) else None for i in (index - 1, index + 1)]
    earlier, later = (Link(month_words(other), f"{other}.html") if other else None for other in beside)
    variables: dict[str, Any] = {
        "heading": month_words(name),
        "stories": publication.archives[index].stories,
        "earlier": earlier,
        "later": later,
        "images": False,
    }
    days = days_of(publication, brief=True)
    return _paged(
        _Layout("month.html", f"archive/{name}.html", MOST_MONTH), publication, pages, days, variables
    )


def month_words(name: str) -> str:
    """An archive document's name in words, as "October 2026, part 2"."""
    part = name[8:]
    return month_and_year(int(name[:4]), int(name[5:7])) + (f", part {part}" if part else "")


def _covered(publication: Publication) -> tuple[Covered, ...]:
    """What most outlets report, as the first of the pages shows it."""
    newest = newest_of(publication.stories)
    if newest is None:
        return ()
    make = Items(publication)
    day = newest.astimezone(make.zone).date()
    return tuple(make.covered(group, day) for group in publication.covered[:MOST_COVERED])


def _about(publication: Publication) -> dict[str, Any]:
    newest = newest_of(publication.stories)
    sources = publication.sources
    return {
        "stories": len(publication.stories),
        "reporting": len({story.source.feed_id for story in publication.stories}),
        "feeds": len(sources),
        "failing": sum(map(is_failing, sources)) if not publication.place else 0,
        "newest": format_utc(newest) if newest else None,
        "newest_words": date_and_time(newest, zone_of(publication.timezone)) if newest else None,
        "images": publication.images,
        "compact": False,
    }


@dataclass(frozen=True, slots=True)
class _Layout:
    """How stories are laid out on pages."""

    template: str
    name: str  # of the first page
    most: int  # stories on a page


def _paged(
    layout: _Layout,
    publication: Publication,
    pages: Pages | None,
    days: Sequence[Day],
    variables: dict[str, Any],
) -> Iterator[bytes]:
    name, parts = layout.name, split(days, layout.most)
    links = [numbered(name.rpartition("/")[2], number) for number in range(1, len(parts) + 1)]
    days_links: dict[str, str] = {}
    for link, part in zip(links, parts, strict=True):
        for day in part:
            days_links.setdefault(day.key, f"{link}#day-{day.key}")
    # One source's stories would fold to nothing.
    fold = len({story.source.feed_id for story in publication.stories}) > 1
    for number, part in enumerate(parts, 1):
        here = {day.key for day in part}
        jumps = [
            replace(day, items=(), link=f"#day-{day.key}" if day.key in here else days_links[day.key])
            for day in days[:_MOST_JUMPS]
        ]
        yield (pages or own_pages()).render(
            layout.template,
            publication,
            **{
                "page_name": numbered(name, number),
                "days": part,
                "jumps": jumps if len(jumps) > 1 else [],
                "fold": fold,
                "number": number,
                "numbers": [Link(str(n), link) for n, link in enumerate(links, 1)],
                **variables,
            },
        )
