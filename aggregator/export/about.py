"""The pages that lead to the rest: about this feed with its sources, the tags, the archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from aggregator.export.chart import bars
from aggregator.export.digest import Place, month_words, newest_of
from aggregator.export.pages import Pages, own_pages
from aggregator.export.text import day_and_month, month_and_year
from aggregator.export.values import name_of, web_link
from aggregator.models import Publication, Source, Status
from aggregator.text import one_line, tag_key

# `ok` and `unchanged` are one: which it is changes with every poll, and tells a subscriber nothing.
_HEALTH: dict[Status, str] = {
    "new": "not read yet",
    "ok": "well",
    "unchanged": "well",
    "paused": "well",
    "failing": "failing",
    "gone": "gone",
}


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source as the page shows it."""

    name: str
    link: str | None
    feed: str | None
    health: str
    error: str
    total: int
    most: int
    bars: str  # path of the chart
    counts: tuple[int, ...]
    tags: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the archive with its documents."""

    words: str
    parts: tuple[Place, ...]  # to the pages
    stories: int
    open: bool


def render_about(publication: Publication, pages: Pages | None = None) -> bytes:
    """What this is, how to subscribe, and how each source does."""
    newest = newest_of(publication.stories)
    days = max((len(source.daily) for source in publication.sources), default=0)
    last = newest.astimezone(UTC).date() if newest else None
    tags = {tag_key(tag.name): Place(tag.name, f"tags/{tag.slug}.html") for tag in publication.tags}
    return (pages or own_pages()).render(
        "about.html",
        publication,
        sources=[_teller(source, tags) for source in publication.sources],
        days=days,
        span=_span(last, days) if last and days else None,
        heading="About this feed",
        here="about.html",
    )


def _teller(source: Source, tags: dict[str, Place]) -> SourceRow:
    return SourceRow(
        name=name_of(source),
        link=web_link(source.link),
        feed=web_link(source.url),
        health=_HEALTH[source.status],
        error=one_line(source.last_error or "") if _HEALTH[source.status] in ("failing", "gone") else "",
        total=sum(source.daily),
        most=max(source.daily, default=0),
        bars=bars(source.daily),
        counts=source.daily,
        tags=tuple(tags.get(tag_key(tag), Place(one_line(tag))) for tag in source.tags if one_line(tag)),
    )


def _span(last: date, days: int) -> str:
    return f"{day_and_month(last - timedelta(days=days - 1))} to {day_and_month(last)}"


def render_tags(publication: Publication, pages: Pages | None = None) -> bytes:
    """The tags of feeds.yaml, each with its page and feeds."""
    return (pages or own_pages()).render(
        "tags.html", publication, tags=publication.tags, root="../", heading="Tags", here="tags/index.html"
    )


def render_archive(publication: Publication, pages: Pages | None = None) -> bytes:
    """The months, newest first."""
    return (pages or own_pages()).render(
        "archive.html",
        publication,
        months=_months(publication),
        root="../",
        heading="Archive",
        here="archive/index.html",
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
                Place(month_words(publication.archives[i].name), publication.archives[i].name)
                for i in indexes
            ),
            sum(publication.archives[i].stories for i in indexes),
            last in indexes,
        )
        for month, indexes in reversed(by_month.items())
    ]
