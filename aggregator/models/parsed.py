"""What a feed said, as it said it: nothing repaired."""

from __future__ import annotations

from datetime import timedelta

from aggregator.records import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text as the feed gave it."""

    value: str
    is_html: bool = False
    base: str | None = None  # xml:base in force, where it differs from the document's
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    url: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Enclosure:
    url: str
    media_type: str | None = None
    length: int | None = None  # bytes


@dataclass(frozen=True, slots=True)
class ParsedEpisode:
    """What a podcast says of an episode beyond its file, as it stood there."""

    duration: str | None = None
    number: str | None = None
    season: str | None = None
    kind: str | None = None
    explicit: str | None = None
    chapters: Enclosure | None = None
    transcripts: tuple[Enclosure, ...] = ()


@dataclass(frozen=True, slots=True)
class Episode:
    """What we keep of that."""

    duration: int | None = None  # seconds
    number: int | None = None
    season: int | None = None
    kind: str = ""  # full, trailer, bonus; "" where the feed does not say
    explicit: bool | None = None
    chapters: Enclosure | None = None
    transcripts: tuple[Enclosure, ...] = ()  # at most five, each with its media type


@dataclass(frozen=True, slots=True)
class ParsedEntry:
    """What the feed said of one entry; nothing repaired, links as they stood or as xml:base made them."""

    id: str | None = None
    link: str | None = None  # Atom rel=alternate, RSS link, or a permalink guid
    original_link: str | None = None  # feedburner:origLink
    title: Text | None = None
    summary: Text | None = None
    content: Text | None = None
    published: str | None = None  # raw text of the date
    updated: str | None = None
    authors: tuple[Person, ...] = ()
    tags: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    image: str | None = None  # thumbnail, media:content image, JSON Feed image
    language: str | None = None
    source_title: str | None = None  # atom:source or RSS source: where an aggregated entry came from
    source_url: str | None = None
    episode: ParsedEpisode | None = None


@dataclass(frozen=True, slots=True)
class PollHints:
    """What a feed says of when to poll again; each only lengthens the interval."""

    ttl: timedelta | None = None  # RSS ttl
    update_period: timedelta | None = None  # sy:updatePeriod over sy:updateFrequency
    skip_hours: tuple[int, ...] = ()  # 0 to 23, UTC
    skip_days: tuple[int, ...] = ()  # 0 is Monday


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    format: str  # as feedparser names them: rss20, atom10, rss10, json11, ...
    entries: tuple[ParsedEntry, ...]
    id: str | None = None
    title: Text | None = None
    subtitle: Text | None = None
    link: str | None = None
    self_link: str | None = None
    hub: str | None = None
    authors: tuple[Person, ...] = ()
    language: str | None = None
    rights: str | None = None
    icon: str | None = None
    generator: str | None = None
    hints: PollHints = PollHints()
    problem: str | None = None  # not well formed, and how; it was read all the same
