"""What the pages say of a source: its state, how much it published in the last thirty days, where it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any

from aggregator.export.chart import bars
from aggregator.export.days import days_of
from aggregator.export.items import Link, face_of, initials_of
from aggregator.export.pages import Pages, own_pages
from aggregator.export.places import root_prefix
from aggregator.export.text import month_abbreviation, zone_of
from aggregator.export.values import name_of, web_link
from aggregator.models import Publication, Source, Status
from aggregator.text import one_line, tag_key
from aggregator.times import format_utc

# `ok` and `unchanged` are one: which it is changes with every poll, and tells a subscriber nothing.
_HEALTH: dict[Status, str] = {
    "new": "not read yet",
    "ok": "OK",
    "unchanged": "OK",
    "paused": "OK",
    "failing": "failing",
    "gone": "gone",
}


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source as a page shows it."""

    name: str
    link: str | None  # to its page, else to its site
    site: str | None
    feed: str | None
    health: str
    error: str
    total: int
    most: int  # in one day
    bars: str  # path of the chart
    counts: tuple[int, ...]
    newest: str | None
    newest_words: str
    tags: tuple[Link, ...]
    face: str | None  # picture of its author
    initials: str
    feed_id: int
    about: str
    extra: Mapping[str, str]  # keys of the operator's own
    links: tuple[Link, ...]  # those of them that are addresses


def source_row(source: Source, publication: Publication, today: date | None) -> SourceRow:
    """The row; `today`: the day of the newest story, by which dates are shortened."""
    root = root_prefix(publication)
    tags = {tag_key(tag.name): Link(tag.name, f"{root}tags/{tag.slug}.html") for tag in publication.tags}
    health = _HEALTH[source.status]
    site = web_link(source.link)
    return SourceRow(
        name=name_of(source),
        link=f"{root}sources/{source.slug}.html" if source.slug else site,
        site=site,
        feed=web_link(source.url),
        health=health,
        error=one_line(source.last_error or "") if is_failing(source) else "",
        total=sum(source.daily),
        most=max(source.daily, default=0),
        bars=bars(source.daily),
        counts=source.daily,
        newest=format_utc(source.updated) if source.updated else None,
        newest_words=_short_date(source, today, zone_of(publication.timezone)),
        tags=tuple(tags[tag_key(tag)] for tag in source.tags if tag_key(tag) in tags),
        face=face_of(source, publication.images),
        initials=initials_of(name_of(source)),
        feed_id=source.feed_id,
        about=one_line(source.about),
        extra=dict(source.extra),
        links=tuple(
            Link(key.replace("_", " "), web_link(text)) for key, text in source.extra if web_link(text)
        ),
    )


def is_failing(source: Source) -> bool:
    return source.status in ("failing", "gone")


def render_source(publication: Publication, pages: Pages | None = None) -> bytes:
    """The page of the one source of this publication: its state, its addresses, its stories."""
    (source,) = publication.sources
    days = days_of(publication)
    newest = publication.stories[0].published.date() if publication.stories else None
    row = source_row(source, publication, newest)
    variables: dict[str, Any] = {"source": row, "days": days, "stories": len(publication.stories)}
    if row.feed:
        variables |= {"atom": row.feed, "json": None}
    return (pages or own_pages()).render("source.html", publication, **variables)


def _short_date(source: Source, today: date | None, zone: tzinfo) -> str:
    if source.updated is None:
        return ""
    day = source.updated.astimezone(zone).date()
    words = f"{day.day} {month_abbreviation(day.month)}"
    return words if today and day.year == today.year else f"{words} {day.year}"
