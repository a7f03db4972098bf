"""The digest: the HTML page that a person reads, whole in one file, with no script and no request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby

from aggregator.export.pages import Pages, own_pages
from aggregator.export.places import root_prefix
from aggregator.export.text import (
    clock,
    day_and_month,
    excerpt,
    long_date,
    month_and_year,
    runs_right_to_left,
    weekday,
)
from aggregator.export.values import (
    language_tag,
    name_of,
    tags_of,
    texts_of,
    title_of,
    web_link,
)
from aggregator.models import Publication, Source, Story
from aggregator.text import one_line, tag_key
from aggregator.times import format_utc

MOST_TAGS = 6  # the feeds carry them all


@dataclass(frozen=True, slots=True)
class Place:
    """A name that leads somewhere, or just the name."""

    name: str
    link: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A story as a page shows it."""

    title: str
    link: str | None
    language: str | None
    right_to_left: bool
    source: Place
    moment: str
    clock: str
    excerpt: str
    image: str | None
    also: tuple[Place, ...]
    tags: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """A heading and the stories under it."""

    date: date
    weekday: str
    words: str
    items: tuple[Item, ...]


def render_digest(publication: Publication, pages: Pages | None = None) -> bytes:
    """The page of the merged feed, or of a tag's; it says when the newest story came, never when it was made."""
    newest = newest_of(publication.stories)
    return (pages or own_pages()).render(
        "digest.html",
        publication,
        days=days_of(publication),
        stories=len(publication.stories),
        tellers=len({story.source.feed_id for story in publication.stories}),
        feeds=len(publication.sources),
        newest=format_utc(newest) if newest else None,
        newest_words=f"{long_date(newest)} at {clock(newest)} UTC" if newest else None,
        failing=_failing(publication.sources) if not publication.place else (),
        images=publication.images,
    )


def render_month(publication: Publication, pages: Pages | None = None) -> bytes:
    """The page of an archive document: its stories without their texts."""
    name = publication.place.partition("/")[2]
    names = [archive.name for archive in publication.archives]
    index = names.index(name)
    beside = [names[i] if 0 <= i < len(names) else None for i in (index - 1, index + 1)]
    return (pages or own_pages()).render(
        "month.html",
        publication,
        heading=month_words(name),
        days=days_of(publication, brief=True),
        stories=publication.archives[index].stories,
        earlier=Place(month_words(beside[0]), f"{beside[0]}.html") if beside[0] else None,
        later=Place(month_words(beside[1]), f"{beside[1]}.html") if beside[1] else None,
        images=False,
    )


def month_words(name: str) -> str:
    """An archive document's name in words, as "October 2026, part 2"."""
    part = name[8:]
    return month_and_year(int(name[:4]), int(name[5:7])) + (f", part {part}" if part else "")


def newest_of(stories: Iterable[Story]) -> datetime | None:
    """When the newest of them came to us."""
    return max((story.first_published or story.published for story in stories), default=None)


# ---------------------------------------------------------------- days


def days_of(publication: Publication, brief: bool = False) -> tuple[Day, ...]:
    """The stories in their order, each under its own UTC date or that of the story below it if later.

    So the headings only ever go back in time: a story that came days late stands among those it came
    with, and its time then says its own date. `brief`: without excerpts, tags and other sources.
    """
    heading = date.min
    headed: list[tuple[date, Story]] = []
    for story in reversed(publication.stories):
        heading = max(heading, story.published.astimezone(UTC).date())
        headed.append((heading, story))
    root = root_prefix(publication)
    tags = {tag_key(tag.name): Place(tag.name, f"{root}tags/{tag.slug}.html") for tag in publication.tags}
    return tuple(
        Day(
            day,
            weekday(day),
            day_and_month(day),
            tuple(_item(story, day, publication, tags, brief) for _, story in group),
        )
        for day, group in groupby(reversed(headed), key=lambda pair: pair[0])
    )


def _item(story: Story, day: date, publication: Publication, tags: dict[str, Place], brief: bool) -> Item:
    title = title_of(story)
    link = web_link(story.link)
    summary = "" if brief else texts_of(story, publication.content)[0]
    if story.untitled and summary.startswith(title.rstrip("…")):
        # Its title is made of its first words, and the excerpt goes on from there.
        summary = "…" + summary[len(title.rstrip("…")) :].lstrip()
    return Item(
        title=title,
        link=link,
        language=language_tag(story.language, story.source.language),
        right_to_left=runs_right_to_left(title),
        source=Place(name_of(story.source), web_link(story.source.link)),
        moment=format_utc(story.published),
        clock=clock(story.published, day),
        excerpt="" if summary.strip("….") in title else excerpt(summary),
        image=web_link(story.image) if publication.images and not brief else None,
        also=() if brief else _also(story, link),
        tags=() if brief else _tags(story, tags),
    )


def _also(story: Story, link: str | None) -> tuple[Place, ...]:
    """The other sources, each once; one that links to the very same page is linked by its site."""
    places: dict[int, Place] = {}
    for also in story.also:
        there = web_link(also.link)
        if there is None or there == link:
            there = web_link(also.source.link)
        if also.source.feed_id != story.source.feed_id:
            places.setdefault(also.source.feed_id, Place(name_of(also.source), there))
    return tuple(places.values())


def _tags(story: Story, pages: dict[str, Place]) -> tuple[Place, ...]:
    """Some of the tags, those that have a page first, as they are likely to matter here."""
    found = [pages.get(tag_key(tag), Place(tag)) for tag in tags_of(story)]
    return tuple(dict.fromkeys(sorted(found, key=lambda place: place.link is None)))[:MOST_TAGS]


def _failing(sources: tuple[Source, ...]) -> tuple[Place, ...]:
    return tuple(
        Place(
            name_of(source), web_link(source.link), one_line(source.last_error or "") or "no reason was given"
        )
        for source in sources
        if source.status in ("failing", "gone")
    )
