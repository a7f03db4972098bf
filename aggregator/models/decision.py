"""What dedupe decides: which entry each entry is, and which story it tells."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

from aggregator.models.entry import DateReason, Entry, HasKeys, Keys
from aggregator.models.parsed import Person
from aggregator.records import dataclass

EntryRef: TypeAlias = int  # names an entry: the id of a stored one, or what `ref_of_new` gives


def ref_of_new(index: int) -> EntryRef:
    """Names the new entry at this place of its document, until it is stored and has an id; below zero."""
    return -1 - index


@dataclass(frozen=True, slots=True)
class KnownEntry(HasKeys):
    """As much of an entry as the rules look at, stored or new."""

    id: EntryRef
    feed_id: int
    story_id: int  # 0 for a new one
    guid: str
    guid_turn: int
    keys: Keys
    site: str  # host of its link, by which sites are compared
    text_size: int  # characters of its own text
    published: datetime
    fingerprint: str
    link: str | None = None
    text: str = ""  # the beginning of its text, plain
    enclosure: str = ""  # URL of its first enclosure
    date_reason: DateReason = "source"
    last_listed: datetime | None = None  # when its feed last listed it; None for a new one
    backlog: bool = False  # it was old when a later document than the feed's first brought it
    edits: int = 0  # insignificant ones on the day of the last
    edited_at: datetime | None = None  # when the last insignificant edit was stored
    leads: bool = True  # the story's representative or its first sighting: titles match only these
    blocked: bool = False  # by a filter
    is_published: bool = False  # its story was published: it stays where it is

    @property
    def own_guid(self) -> bool:
        """The source gave the guid; else it is the link or a hash."""
        return self.guid != self.link and not self.guid.startswith("sha256:")


@dataclass(frozen=True, slots=True)
class StoredContent:
    """What an edit of a stored entry is compared with."""

    title: str
    title_key: str | None
    html: str  # its content; its summary where it has none


@dataclass(frozen=True, slots=True)
class FeedTrait:
    """Something that documents have shown of their feed."""

    name: Literal[
        "shared-link", "untrusted-ids", "keep-fragment", "recurring-title", "unsorted-dates", "newest-first"
    ]
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
    news: str = (
        ""  # why a new entry is news or backlog, or an edited one news again: unseen, first-document, ...
    )
    is_backlog: bool = False  # kept, not published
    atom_id: str = ""  # what its story is called, should it begin one ...
    minted_id: str = ""  # ... and what instead, if another story is called so
    revised: datetime | None = None  # a significant edit: the story's new `updated`


@dataclass(frozen=True, slots=True)
class Placement:
    """Which story an entry tells. Entries of one group tell one story."""

    entry: EntryRef
    group: int
    story_id: int | None  # the stored story, or None for one that begins with this group
    rule: str  # same-link-other-feed, ...; "new" for the first of its story
    key: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """Two stories that stay two, and why one might have thought otherwise."""

    entry: EntryRef
    other: EntryRef
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
    subscribed: bool  # its feed is in feeds.yaml
    priority: int
    position: int  # its feed's place in feeds.yaml
    date_reason: DateReason
    rule: str
    key: str
    decided_at: datetime
    news: str = ""  # why it was news or backlog when it came; "" for what an old version stored


@dataclass(frozen=True, slots=True)
class StoredKeys:
    """An entry and what its keys are made of, to make them anew."""

    entry: KnownEntry
    link: str | None
    title: str
    authors: tuple[Person, ...]
    source: str | None
    untitled: bool
    rule: str  # of its sighting


@dataclass(frozen=True, slots=True)
class Keyed:
    """Keys that an entry gets instead of those it has."""

    id: int
    keys: Keys


@dataclass(frozen=True, slots=True)
class SaveCounts:
    """How much one document added to the store."""

    new: int = 0  # entries
    stories: int = 0  # new stories among them
    edited: int = 0


@dataclass(frozen=True, slots=True)
class NearSightings:
    """Entries that share a key with some others, which a store was queried for."""

    sightings: tuple[Sighting, ...]
    noted: Mapping[
        tuple[int, int], str
    ]  # by ids of one asked about and one near: the rule that keeps them apart
