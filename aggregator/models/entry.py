"""What we keep of a document: clean text, absolute links, UTC dates, keys to compare by."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from aggregator.models.parsed import Enclosure, Episode, Person, PollHints
from aggregator.models.related import EntryWords
from aggregator.records import dataclass


@dataclass(frozen=True, slots=True)
class FeedInfo:
    """What we keep of the feed itself, clean."""

    format: str
    title: str | None  # plain text
    link: str | None  # the site's home page
    id: str | None = None  # the feed's own id, where it has one
    language: str | None = None  # BCP 47, lower-cased primary subtag
    authors: tuple[Person, ...] = ()
    rights: str | None = None
    icon: str | None = None
    hub: str | None = None
    self_link: str | None = None
    hints: PollHints = PollHints()
    problem: str | None = None


DateReason = Literal["source", "updated", "no zone: UTC assumed", "future", "first seen", "rolling"]

Strength = Literal["strong", "medium", "none"]


@dataclass(frozen=True, slots=True)
class Keys:
    """The canonical forms by which entries are compared; never shown."""

    link_key: str | None = None  # None: the link identifies nothing
    title_key: str | None = None
    title_strength: Strength = "none"  # what an equal title proves
    home: bool = False  # the link leads to the feed's own site
    global_id: str | None = None  # the guid, if it names one thing in the world


NO_KEYS = Keys()


class HasKeys:
    """An entry whose keys are read by their own names."""

    __slots__ = ()

    keys: Keys
    date_reason: DateReason

    @property
    def dated(self) -> bool:
        """The source gave a date that stays; else `published` is when we first saw the entry."""
        return self.date_reason in ("source", "updated", "no zone: UTC assumed")

    @property
    def link_key(self) -> str | None:
        return self.keys.link_key

    @property
    def title_key(self) -> str | None:
        return self.keys.title_key

    @property
    def title_strength(self) -> Strength:
        return self.keys.title_strength

    @property
    def home(self) -> bool:
        return self.keys.home

    @property
    def global_id(self) -> str | None:
        return self.keys.global_id


@dataclass(frozen=True, slots=True)
class Entry(HasKeys):
    """One entry as we keep it: absolute links, clean HTML, sane dates, keys to compare it by."""

    guid: str  # the source's id, else the link, else a hash of the title and text; never empty
    link: str | None  # http or https, without tracking parameters
    title: str  # plain text; made from the text where the source has none; never empty
    published: datetime
    date_reason: DateReason
    updated: datetime | None = None  # the source's own word, where sane and later than published
    summary: str = ""  # plain text, at most 500 characters
    content: str = ""  # clean HTML, safe in any page
    authors: tuple[Person, ...] = ()
    tags: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    image: str | None = None
    episode: Episode | None = None
    language: str | None = None
    untitled: bool = False  # the title is of our making
    guid_made: bool = False  # the guid is the link or a hash: the source gives none
    source: str | None = None  # name of where a relayed entry came from (atom:source, RSS source)
    keys: Keys = NO_KEYS  # filled by dedupe.keys
    text_size: int = 0  # filled by dedupe.keys: characters of visible text
    fingerprint: str = ""  # hash of all that an edit could change; equal means nothing to write
    words: EntryWords | None = None  # filled by related.words: what it may be related to others by
    blocked: str | None = None  # filled by filters: the rule that keeps it from being published, in words


@dataclass(frozen=True, slots=True)
class ReadFeed:
    """A document read: what the worker process hands back."""

    info: FeedInfo
    entries: tuple[Entry, ...]  # in document order
    skipped: tuple[str, ...] = ()  # entries that could not be kept, each with its reason


@dataclass(frozen=True, slots=True)
class ReadError:
    """A document that is not a feed, or that could not be read within bounds."""

    message: str
