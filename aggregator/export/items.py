"""A story as the pages show it: title, excerpt, source, where else it was reported, tags."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, tzinfo
from hashlib import sha256

from aggregator.export.places import root_prefix
from aggregator.export.text import clock, excerpt, runs_right_to_left, zone_of
from aggregator.export.values import (
    authors_of,
    language_tag,
    name_of,
    summary_of,
    tags_of,
    title_of,
    web_link,
)
from aggregator.models import Publication, Source, Story, StoryGroup
from aggregator.text import shorten, tag_key
from aggregator.times import format_utc

_ARTICLES = frozenset("the a an der die das le la les el los".split())
MOST_TAGS = 3
MOST_AUTHORS, MOST_NAME = 3, 60  # and characters of a name
MOST_ALSO = 8  # other sources named; the others are counted
WIDE = 3  # sources from which on a story stands out


@dataclass(frozen=True, slots=True)
class Link:
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
    source: Link
    moment: str  # RFC 3339
    clock: str  # as shown
    permalink: str | None
    excerpt: str
    image: str | None
    also: tuple[Link, ...]  # other sources, at most eight
    more: int  # other sources beyond those
    tags: tuple[Link, ...]
    feed_id: int
    sources: int  # that reported it
    face: str | None  # the author's or the source's own picture
    authors: tuple[str, ...] = ()  # whose names are not the source's
    extra: Mapping[str, str] = field(default_factory=dict)  # of its source, as feeds.yaml has it

    @property
    def initials(self) -> str:
        """Of the source's name, as "DE" of The Daily Example: of its first two words, in capitals."""
        return initials_of(self.source.name)

    @property
    def wide(self) -> bool:
        """Whether so many reported it that it stands out."""
        return self.sources >= WIDE

    @property
    def size(self) -> int:
        """About how many bytes it takes in a page."""
        links = (self.source, *self.also, *self.tags)
        texts = [
            *self.authors,
            self.title,
            self.excerpt,
            *(url or "" for url in (self.link, self.image, self.permalink, self.face)),
        ]
        texts += [text for link in links for text in (link.name, link.link or "")]
        tags = 190 + 45 * len(links) + (60 if self.excerpt else 0) + (30 if self.also else 0)
        # Together, since escaping takes longer to begin than to do.
        return tags + len(html.escape("".join(texts)).encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Covered:
    """What most outlets report: the story that leads, and where else it is reported."""

    item: Item
    others: tuple[Link, ...]  # at most eight
    more: int  # beyond those


def initials_of(name: str) -> str:
    """As "DE" of The Daily Example."""
    words = [word for word in re.findall(r"\w+", name) if word.casefold() not in _ARTICLES]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def face_of(source: Source, images: bool) -> str | None:
    """The picture that feeds.yaml names; with images also the one that the feed names for itself."""
    return web_link(source.avatar) or (web_link(source.icon) if images else None)


def story_key(story: Story) -> str:
    """The story in its permalink's address: its number, and a part of its id by which a number given anew is told."""
    return f"{story.id}-{sha256(story.atom_id.encode('utf-8', 'replace')).hexdigest()[:6]}"


class Items:
    """Makes the items of one publication's pages."""

    def __init__(self, publication: Publication, brief: bool = False, own_pages: bool = True) -> None:
        """`brief`: without excerpts, images, tags and other sources; `own_pages`: whether to link to pages of ours."""
        self._publication, self._brief, self._own_pages = publication, brief, own_pages
        self._root = root_prefix(publication)
        # Only the service answers them, and what is frozen in an archive has lost its number.
        self._has_permalinks = publication.search and own_pages and not publication.archived
        self.zone: tzinfo = zone_of(publication.timezone)
        # A page of a tag need not say so beside each of its stories.
        self._tags = {
            tag_key(tag.name): Link(tag.name, f"{self._root}tags/{tag.slug}.html")
            for tag in publication.tags
            if f"tags/{tag.slug}" != publication.place
        }

    def item(self, story: Story, day: date) -> Item:
        """The item; its time says its date unless that is `day`."""
        publication, brief = self._publication, self._brief
        title = title_of(story)
        link = web_link(story.link)
        summary = "" if brief else summary_of(story, publication)
        if story.untitled and summary.startswith(title.rstrip("…")):
            # Its title is made of its first words, and the excerpt goes on from there.
            text = excerpt("…" + summary[len(title.rstrip("…")) :].lstrip())
        else:
            text = excerpt(summary, title)
        also = _also(story, link)
        return Item(
            title=title,
            link=link,
            language=language_tag(story.language, story.source.language),
            right_to_left=runs_right_to_left(title),
            source=self._source(story),
            moment=format_utc(story.published),
            clock=clock(story.published, day, self.zone),
            permalink=f"{self._root}story/{story_key(story)}" if self._has_permalinks else None,
            excerpt=text,
            image=web_link(story.image) if publication.images and not brief else None,
            also=() if brief else also[:MOST_ALSO],
            more=0 if brief else max(0, len(also) - MOST_ALSO),
            tags=() if brief else self._tags_of(story),
            feed_id=story.source.feed_id,
            sources=1 + len(also),
            face=None if brief else face_of(story.source, publication.images),
            authors=() if brief else _authors(story),
            extra=dict(story.source.extra),
        )

    def covered(self, group: StoryGroup, day: date) -> Covered:
        """The group; its other outlets lead to what they report."""
        item = self.item(group.lead, day)
        others = dict.fromkeys(item.also)
        for member in group.members:
            others.setdefault(Link(name_of(member.source), web_link(member.link)))
        named = tuple(others)[:MOST_ALSO]
        return Covered(item, named, max(0, group.outlets - 1 - len(named)))

    def _source(self, story: Story) -> Link:
        source = story.source
        if source.slug and self._own_pages:
            return Link(name_of(source), f"{self._root}sources/{source.slug}.html")
        return Link(name_of(source), web_link(source.link))

    def _tags_of(self, story: Story) -> tuple[Link, ...]:
        """Those that have a page."""
        found = (self._tags.get(tag_key(tag)) for tag in tags_of(story))
        return tuple(dict.fromkeys(tag for tag in found if tag))[:MOST_TAGS]


def _authors(story: Story) -> tuple[str, ...]:
    source = name_of(story.source).casefold()
    names = dict.fromkeys(shorten(person.name or "", MOST_NAME) for person in authors_of(story))
    return tuple(name for name in names if name and name.casefold() != source)[:MOST_AUTHORS]


def _also(story: Story, link: str | None) -> tuple[Link, ...]:
    """The other sources, each once; one that links to the very same page is linked by its site."""
    links: dict[int, Link] = {}
    for also in story.also:
        there = web_link(also.link)
        if there is None or there == link:
            there = web_link(also.source.link)
        if also.source.feed_id != story.source.feed_id:
            links.setdefault(also.source.feed_id, Link(name_of(also.source), there))
    return tuple(links.values())
