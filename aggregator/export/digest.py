"""The digest: the HTML page that a person reads, whole in one file, with no script and no request."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, date
from hashlib import sha256
from importlib.resources import files
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined

from aggregator.export.values import language_tag, moment, name_of, tags_of, texts_of, title_of, web_link
from aggregator.export.words import clock, day_and_month, excerpt, long_date, runs_right_to_left, weekday
from aggregator.models import Publication, Source, Story
from aggregator.text import one_line

MOST_TAGS = 6  # the feeds carry them all


@dataclass(frozen=True, slots=True)
class Place:
    """A name that leads somewhere, or just the name."""

    name: str
    link: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A story as the page shows it."""

    title: str
    link: str | None
    language: str | None
    right_to_left: bool
    source: Place
    moment: str
    clock: str
    excerpt: str
    also: tuple[Place, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """A heading and the stories under it."""

    date: date
    weekday: str
    words: str
    items: tuple[Item, ...]


def render_digest(publication: Publication) -> bytes:
    """The whole page in UTF-8. It says when the newest story came, never when the page was made."""
    newest = max((story.first_published or story.published for story in publication.stories), default=None)
    page = _TEMPLATE.render(
        title=one_line(publication.title) or "News Feed",
        language=language_tag(publication.language),
        style=_STYLE,
        policy=_POLICY,
        days=_days(publication),
        stories=len(publication.stories),
        tellers=len({story.source.feed_id for story in publication.stories}),
        feeds=len(publication.sources),
        newest=moment(newest) if newest else None,
        newest_words=f"{long_date(newest)} at {clock(newest)} UTC" if newest else None,
        failing=_failing(publication.sources),
    )
    return page.encode()


# ---------------------------------------------------------------- days


def _days(publication: Publication) -> tuple[Day, ...]:
    """The stories in their order, each under its own UTC date or that of the story below it if later.

    So the headings only ever go back in time: a story that came days late stands among those it came
    with, and its time then says its own date.
    """
    heading = date.min
    headed: list[tuple[date, Story]] = []
    for story in reversed(publication.stories):
        heading = max(heading, story.published.astimezone(UTC).date())
        headed.append((heading, story))
    return tuple(
        Day(
            day,
            weekday(day),
            day_and_month(day),
            tuple(_item(story, day, publication) for _, story in group),
        )
        for day, group in groupby(reversed(headed), key=lambda pair: pair[0])
    )


def _item(story: Story, day: date, publication: Publication) -> Item:
    title = title_of(story)
    link = web_link(story.link)
    summary = texts_of(story, publication.content)[0]
    if story.untitled and summary.startswith(title.rstrip("…")):
        # Its title is made of its first words, and the excerpt goes on from there.
        summary = "…" + summary[len(title.rstrip("…")) :].lstrip()
    return Item(
        title=title,
        link=link,
        language=language_tag(story.language, story.source.language),
        right_to_left=runs_right_to_left(title),
        source=Place(name_of(story.source), web_link(story.source.link)),
        moment=moment(story.published),
        clock=clock(story.published, day),
        excerpt="" if summary.strip("….") in title else excerpt(summary),
        also=_also(story, link),
        tags=tags_of(story)[:MOST_TAGS],
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


def _failing(sources: tuple[Source, ...]) -> tuple[Place, ...]:
    return tuple(
        Place(
            name_of(source), web_link(source.link), one_line(source.last_error or "") or "no reason was given"
        )
        for source in sources
        if source.status in ("failing", "gone")
    )


# ---------------------------------------------------------------- page

_STYLE = (files("aggregator.export") / "templates" / "digest.css").read_text("utf-8").strip()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "img-src data:; base-uri 'none'; form-action 'none'"
)
_TEMPLATE = Environment(
    loader=PackageLoader("aggregator.export"),
    autoescape=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
).get_template("digest.html")
