"""What the outputs are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from typing import Literal

from aggregator.models.feed import Status
from aggregator.models.parsed import Enclosure, Episode, Person
from aggregator.records import dataclass

Amount = Literal["full", "summary", "none"]  # of each story's content


@dataclass(frozen=True, slots=True)
class Source:
    """A feed as readers see it."""

    feed_id: int
    name: str  # the subscription's name, else the feed's title, else its host
    url: str  # as in feeds.yaml, credentials removed
    link: str | None = None
    id: str | None = None  # atom:source id
    rights: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    status: Status = "new"
    last_error: str | None = None
    updated: datetime | None = None  # newest entry's
    icon: str | None = None  # picture that the feed names for itself
    content: Amount | None = None  # how much of its stories the outputs carry; None: as the publication says
    daily: tuple[int, ...] = ()  # its entries by UTC day, the last that of the newest story
    secrets: tuple[str, ...] = field(default=(), repr=False)  # of its address, which are published nowhere
    slug: str = ""  # of its page under sources/; "" where it has none
    avatar: str | None = None  # picture of its author, as feeds.yaml names it
    about: str = ""  # a few words, as feeds.yaml has them
    extra: tuple[tuple[str, str], ...] = ()  # keys of the operator's own, with their texts

    def __hash__(self) -> int:
        """Of what tells it from others: it is looked up several times for each of its stories."""
        return hash((self.feed_id, self.url))


@dataclass(frozen=True, slots=True)
class Also:
    """Another sighting of a story."""

    source: Source
    link: str | None
    title: str


@dataclass(frozen=True, slots=True)
class Related:
    """Another story that probably tells of the same event, in other words."""

    story_id: int
    source: Source
    link: str | None
    title: str
    words: tuple[str, ...]  # what the two share, as their headlines write it
    cosine: float  # how alike their telling words are, 0 to 1


@dataclass(frozen=True, slots=True)
class Story:
    """What a subscriber sees."""

    id: int
    atom_id: str  # frozen at first publication; an absolute IRI
    title: str
    link: str | None
    published: datetime
    updated: datetime
    first_published: datetime | None  # None: kept, but not in the merged feed (backfill)
    source: Source
    authors: tuple[Person, ...] = ()
    tags: tuple[str, ...] = ()  # the source's, then the subscription's
    summary: str = ""
    content: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    image: str | None = None
    episode: Episode | None = None
    language: str | None = None
    untitled: bool = False
    also: tuple[Also, ...] = ()
    related: tuple[Related, ...] = ()  # the most alike first


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Some of the stories that a search found."""

    stories: tuple[Story, ...]
    total: int  # how many it found; 2,000 where there are more


@dataclass(frozen=True, slots=True)
class FeedState:
    """What tells whether a feed has changed: opaque texts, of which none comes again in another state."""

    shown: str  # of what readers see of the feed itself; but not its place in feeds.yaml
    entries: str | None  # of all of its entries and stories; None: not known yet
    newest: str  # of its newest stories on its page, with what all subscribed feeds say of each; equal ones are the same


MOST_OF_SOURCE = 40  # stories on the page of a source


@dataclass(frozen=True, slots=True)
class StorySummary:
    """As much of a story as choosing what to publish looks at."""

    id: int
    feed_id: int
    position: datetime  # its place in the merged feed
    size: int  # bytes of its content
    published: str = ""  # its own date; of those of one position, the newer stands first


@dataclass(frozen=True, slots=True)
class StoryDates:
    """As much of a published story as a digest has to know of all its stories at once."""

    id: int
    published: datetime  # its own date
    first_published: datetime


@dataclass(frozen=True, slots=True)
class TagFeed:
    """A tag of feeds.yaml, which has a feed and a page of its own."""

    name: str  # as feeds.yaml first spells it
    slug: str  # in addresses
    id: str  # urn:uuid, of the publication and the tag
    stories: int = 0  # how many its feed shows
    podcast: bool = False  # whether it has a podcast feed too


@dataclass(frozen=True, slots=True)
class Archive:
    """A document of the archive (RFC 5005): what was first published in one month, or in a part of it."""

    name: str  # in addresses: 2026-10, and for its further parts 2026-10-2, 2026-10-3, ...
    stories: int
    newest: datetime  # when the last of them was first published
    last_id: int  # that story's
    updated: datetime  # newest `updated` of them
    size: int = 0  # bytes of the entries, frozen as Atom; 0 while it is open
    shown: str = ""  # a digest of the entries where they are not shown as they were closed, or were not once


@dataclass(frozen=True, slots=True)
class ArchiveList:
    """The documents of the archive."""

    closed: tuple[Archive, ...]  # oldest first
    open_name: str | None  # of the one that is not closed yet, None before there was any
    redaction: str = ""  # what tells the last one from any other; "" before the first

    @property
    def last(self) -> Archive | None:
        """The newest that is closed."""
        return self.closed[-1] if self.closed else None


@dataclass(frozen=True, slots=True)
class Redacted:
    """What is taken out of a store for good."""

    entries: Sequence[int]  # ids
    atom_ids: Sequence[str] = ()  # of entries in closed archives
    archives: Sequence[tuple[Archive, bytes]] = ()  # the closed documents that change, and their new entries


@dataclass(frozen=True, slots=True)
class StoryGroup:
    """Stories of several outlets that probably tell of one event."""

    lead: Story  # the one whose links reach most outlets
    members: tuple[Story, ...]  # linked to the lead, one for each further outlet, the most alike first
    outlets: int  # how many report it, those that tell one of these stories by its link or headline included


@dataclass(frozen=True, slots=True)
class Publication:
    """All that the renderers need of one feed; equal publications render to equal bytes."""

    id: str  # urn:uuid, fixed once and kept in the store
    title: str
    base_url: str  # ends with a slash
    updated: datetime  # newest `updated` of its stories, or long ago where there are none
    stories: tuple[Story, ...]  # in the order to show
    sources: tuple[Source, ...]  # in the order of feeds.yaml
    content: Amount = "full"
    language: str | None = None
    place: str = ""  # under base_url, without suffix: "tags/tech", "archive/2026-10"; "" for the merged feed
    links: tuple[tuple[str, str], ...] = ()  # further links of the feed: relation, address
    archived: bool = False  # an archive document (RFC 5005, 4), which never changes
    tags: tuple[TagFeed, ...] = ()  # in the order of feeds.yaml
    archives: tuple[Archive, ...] = ()  # oldest first; the last one is still open
    search: bool = False  # whether pages link to the search
    images: bool = False  # whether pages show images, which readers' browsers fetch from other hosts
    members: bool = False  # whether the sources are listed with their faces
    covered: tuple[StoryGroup, ...] = ()  # what most outlets report, within 24 hours of the newest story
    heading: str = ""  # of a part of the merged feed, which its title ends in: the tag's or the source's name
    description: str = ""  # one sentence on the merged feed; "" where feeds.yaml has none
    arrivals: tuple[tuple[Story, datetime], ...] = ()  # by when they came, newest first; dates fall strictly
    deleted: tuple[tuple[str, datetime], ...] = ()  # Atom ids of stories that were taken out, and when
    icon: str = ""  # file in the public folder
    podcast: bool = False  # whether its episodes are a podcast feed too
    attribution: bool = False  # whether content begins with a line that names the sources
    timezone: str = "UTC"  # IANA name of the zone in which pages show times
