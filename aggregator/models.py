"""Frozen records, in the order in which the data travels: fetched, parsed, kept, decided, published.

Every datetime is aware and in UTC. Every URL is absolute unless its comment says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

# ---------------------------------------------------------------- fetch


@dataclass(frozen=True, slots=True)
class Validators:
    """What the server gave to ask again with; opaque, sent back byte for byte (RFC 9110, 8.8)."""

    etag: bytes | None = None
    last_modified: bytes | None = None


@dataclass(frozen=True, slots=True)
class FetchRequest:
    url: str
    validators: Validators = Validators()
    validators_url: str | None = None  # which URL gave them and alone is sent them; None: `url`
    # As in feeds.yaml: secrets are named here, and looked up only when the request is made.
    auth: str | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


class Body(Protocol):
    """A document's bytes, in memory or elsewhere: `bytes(body)` has them."""

    def __len__(self) -> int: ...
    def __bytes__(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """A 200 with its body, unpacked."""

    url: str  # the effective URL, after redirects; credentials removed
    body: Body
    validators: Validators
    headers: Mapping[str, str]  # names in lower case, values decoded as Latin-1
    moved_to: str | None = None  # effective URL when every redirect on the way was permanent
    elapsed: float = 0.0  # seconds
    delta: bool = False  # a 226: only what is new to us (RFC 3229)


@dataclass(frozen=True, slots=True)
class NotModified:
    """A 304; its validators, where it had any, replace the old ones."""

    url: str
    validators: Validators
    headers: Mapping[str, str]
    moved_to: str | None = None
    elapsed: float = 0.0


FetchErrorKind = Literal[
    "address",  # the URL or where it leads is not allowed
    "unreachable",  # DNS, connect, TLS: no answer from a server
    "timeout",
    "protocol",  # an answer that is not HTTP, or breaks off
    "status",  # an answer other than 200 and 304
    "redirect",  # too many, or to nowhere
    "size",  # larger than the cap
    "encoding",  # a content coding that was not asked for, or broken
    "secret",  # what feeds.yaml says to sign in with cannot be had
    "waiting",  # not asked after all: it is not our turn
]


@dataclass(frozen=True, slots=True)
class FetchError:
    """No document, and why, in words that the feed's owner understands."""

    url: str
    kind: FetchErrorKind
    message: str
    status: int | None = None
    retry_after: timedelta | None = None  # 429 and 503 only; from seconds or a date
    headers: Mapping[str, str] = field(default_factory=dict)
    elapsed: float = 0.0


FetchResult = Fetched | NotModified | FetchError

# ---------------------------------------------------------------- parse: what the feed said


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


@dataclass(frozen=True, slots=True)
class PollHints:
    """What a feed says of when to ask again; each only lengthens the interval."""

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


# ---------------------------------------------------------------- normalise: what we keep


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
class Entry:
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
    language: str | None = None
    untitled: bool = False  # the title is of our making
    guid_made: bool = False  # the guid is the link or a hash: the source gives none
    source: str | None = None  # name of where a relayed entry came from (atom:source, RSS source)
    link_key: str | None = None  # filled by dedupe.keys
    title_key: str | None = None
    title_strength: Strength = "none"
    home: bool = False  # filled by dedupe.keys: the link leads to the feed's own site
    global_id: str | None = None  # filled by dedupe.keys: the guid, where it names one thing in the world
    text_size: int = 0  # filled by dedupe.keys: characters of visible text
    fingerprint: str = ""  # hash of all that an edit could change; equal means nothing to write
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


# ---------------------------------------------------------------- store: feeds as remembered

Status = Literal["new", "ok", "unchanged", "failing", "gone", "paused"]


@dataclass(frozen=True, slots=True)
class Move:
    """Where permanent redirects have led a feed's polls, since when and how often."""

    url: str
    since: datetime
    count: int  # polls
    settled: bool = False  # believed: the feed is asked there from now on


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed and what we remember of polling it."""

    id: int
    url: str  # as in feeds.yaml
    effective_url: str
    status: Status = "new"
    last_error: str | None = None
    info: FeedInfo | None = None  # None until the first document was read
    validators: Validators = Validators()
    validators_url: str | None = None  # which URL gave them
    body_hash: str | None = None
    first_success: datetime | None = None
    last_attempt: datetime | None = None
    last_success: datetime | None = None
    next_poll: datetime | None = None  # None: as soon as may be
    next_reason: str = "new feed"
    next_steps: tuple[str, ...] = ()  # how that was decided, in words
    failures: int = 0  # in a row
    failing_since: datetime | None = None
    last_full: datetime | None = None  # when a whole document last came, not a 304
    move: Move | None = None
    position: int = 0  # its place in feeds.yaml
    entries: int = 0  # how many are kept


# ---------------------------------------------------------------- dedupe: what is decided


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """As much of an entry as the rules look at, stored or on its way (numbered below zero)."""

    id: int
    feed_id: int
    story_id: int  # 0 for one on its way
    guid: str
    guid_turn: int
    global_id: str | None
    link_key: str | None
    title_key: str | None
    title_strength: Strength
    site: str  # host of its link, by which sites are compared
    home: bool  # the link leads to the feed's own site
    text_size: int  # characters of its own text
    published: datetime
    fingerprint: str
    edits: int = 0
    leads: bool = True  # the story's representative or its first sighting: titles match only these
    settled: bool = False  # its story was published: it stays where it is


@dataclass(frozen=True, slots=True)
class FeedTrait:
    """Something that a feed has taught about itself."""

    fact: Literal["shared-link", "untrusted-ids", "keep-fragment", "recurring-title"]
    key: str = ""


@dataclass(frozen=True, slots=True)
class KnownEntries:
    """What the store holds that the entries of one document could be."""

    entries: tuple[KnownEntry, ...] = ()
    forgotten: frozenset[str] = frozenset()  # guids and link keys that retention removed from this feed


Action = Literal["new", "edit", "same", "repeat", "forgotten"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one entry of a document.

    new: a row of its own; edit: the stored row changes; same: nothing to write; repeat: the document lists
    it twice; forgotten: retention removed it earlier.
    """

    entry: Entry
    action: Action
    rule: str  # same-id, same-link, ...; "new" where no rule matched
    key: str = ""  # what the rule matched on
    entry_id: int | None = None  # the stored entry: of edit and same
    guid_turn: int = 0
    quiet: bool = False  # new to us but no news: kept, not published
    atom_id: str = ""  # what its story is called, should it begin one
    revised: datetime | None = None  # a significant edit: the story's new `updated`


@dataclass(frozen=True, slots=True)
class Placement:
    """Which story an entry tells. Entries of one group tell one story."""

    entry: int  # a stored entry's id, or -index - 1 of a new one in its document
    group: int
    story_id: int | None  # the stored story, or None for one that begins with this group
    rule: str  # same-link-other-feed, ...; "new" for the first of its story
    key: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """Two stories that stay two, and why one might have thought otherwise."""

    entry: int  # as in Placement
    other: int  # a stored entry's id, or below zero as well
    rule: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One entry and the story it tells, as `aggregator explain` shows it."""

    entry: KnownEntry
    title: str
    link: str | None
    feed: str  # its name
    feed_url: str
    priority: int
    position: int  # its feed's place in feeds.yaml
    date_reason: DateReason
    rule: str
    key: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class StoredKeys:
    """An entry and what its keys are made of, to make them anew."""

    entry: KnownEntry
    link: str | None
    title: str
    authors: tuple[Person, ...]
    source: str | None
    untitled: bool


@dataclass(frozen=True, slots=True)
class Keyed:
    """Keys that an entry gets instead of those it has."""

    id: int
    link_key: str | None
    title_key: str | None
    title_strength: Strength
    home: bool


@dataclass(frozen=True, slots=True)
class SaveCounts:
    """How much one document added to the store."""

    new: int = 0  # entries
    stories: int = 0  # new stories among them
    edited: int = 0


# ---------------------------------------------------------------- a poll's result


@dataclass(frozen=True, slots=True)
class Plan:
    """When a feed is asked next and why, and how it stands."""

    status: Status
    next_poll: datetime
    reason: str
    failures: int = 0
    last_error: str | None = None
    host_paused_until: datetime | None = None
    steps: tuple[str, ...] = ()  # how it was decided, in words
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class PollNote:
    """One line of what is remembered of a feed's polls."""

    at: datetime
    status: Status
    words: str  # what came, or what went wrong
    reason: str  # of when it was asked next


@dataclass(frozen=True, slots=True)
class PollResult:
    """What came of polling one feed; what the log line, the progress table and --json show."""

    url: str  # as in feeds.yaml, credentials removed
    name: str
    status: Status
    new: int = 0  # entries
    stories: int = 0  # new stories among them
    edited: int = 0
    message: str | None = None  # the error, or what was skipped
    next_poll: datetime | None = None
    elapsed: float = 0.0  # seconds, of the exchange
    overrides: str | None = None  # asked before its time, which was decided so


# ---------------------------------------------------------------- publish


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
    content: Amount | None = None  # how much of its stories the outputs carry; None: as the publication says
    daily: tuple[int, ...] = ()  # its entries by UTC day, the last that of the newest story


@dataclass(frozen=True, slots=True)
class Also:
    """Another sighting of a story."""

    source: Source
    link: str | None
    title: str


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
    language: str | None = None
    untitled: bool = False
    also: tuple[Also, ...] = ()


@dataclass(frozen=True, slots=True)
class StoryHead:
    """As much of a story as choosing what to publish looks at."""

    id: int
    feed_id: int
    position: datetime  # its place in the merged feed
    size: int  # bytes of its content


@dataclass(frozen=True, slots=True)
class TagFeed:
    """A tag of feeds.yaml, which has a feed and a page of its own."""

    name: str  # as feeds.yaml first spells it
    slug: str  # in addresses
    id: str  # urn:uuid, of the publication and the tag
    stories: int = 0  # how many its feed shows


@dataclass(frozen=True, slots=True)
class Archive:
    """A document of the archive (RFC 5005): what was first published in one month, or in a part of it."""

    name: str  # in addresses: 2026-10, and for its further parts 2026-10-2, 2026-10-3, ...
    stories: int
    newest: datetime  # when the last of them was first published
    last_id: int  # that story's
    updated: datetime  # newest `updated` of them
    size: int = 0  # bytes of the entries, frozen as Atom; 0 while it is open


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
