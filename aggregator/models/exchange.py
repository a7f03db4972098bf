"""What one poll reads from the store, and what it hands back to be saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

from aggregator.models.decision import (
    Decision,
    FeedTrait,
    KnownEntry,
    Placement,
    Relation,
    StoredContent,
)
from aggregator.models.entry import FeedInfo
from aggregator.models.feed import Feed, Move, Plan, PollNote
from aggregator.models.fetched import Validators
from aggregator.records import dataclass


@dataclass(frozen=True, slots=True)
class HostBackoff:
    """How a host stands: how often in a row it told us to wait, and until when."""

    count: int = 0
    paused_until: datetime | None = None  # None where requests are allowed now
    spacing: timedelta | None = (
        None  # between two requests, where the host has lately asked for a short pause
    )


@dataclass(frozen=True, slots=True)
class EntryLookup:
    """Every key by which one entry of a document could be found in the store."""

    guid: str
    fingerprint: str
    published: datetime
    link_keys: tuple[str, ...]  # each form that the link key could have, whatever the traits of the feed
    title_key: str | None
    title_counts: bool  # whether an equal title key proves anything
    global_id: str | None


@dataclass(frozen=True, slots=True)
class ContextQuery:
    """What the store is queried with about a document."""

    feed_id: int
    entries: tuple[EntryLookup, ...]
    title_window: timedelta  # how far apart entries with the same title are still compared


@dataclass(frozen=True, slots=True)
class PollContext:
    """All of the store that deciding about one document can need. It may hold more than is used."""

    traits: frozenset[FeedTrait] = frozenset()  # of this feed
    entries: tuple[
        KnownEntry, ...
    ] = ()  # of any feed, that share a key with the document's entries or each other
    same_title: tuple[
        KnownEntry, ...
    ] = ()  # of this feed, with the title of an unseen entry, oldest row first
    removed: frozenset[str] = frozenset()  # guids and link keys of this feed that retention removed
    content: Mapping[int, StoredContent] = field(default_factory=dict)  # of entries that may be edited
    count: int = 0  # entries stored of this feed, at most as many as the document lists
    oldest: datetime | None = None  # date of the feed's oldest entry that was no backlog
    revision: tuple[int, int] = (0, 0)  # opaque: differs when anything was written since
    reads: Sequence[Any] = ()  # opaque: by which the store finds out whether anything of this was


@dataclass(frozen=True, slots=True)
class DocumentChanges:
    """What one document changes: the decisions on its entries, and the stories that they belong to."""

    decisions: tuple[Decision, ...]
    placements: tuple[Placement, ...]
    relations: tuple[Relation, ...]
    traits: tuple[FeedTrait, ...]  # newly learned of the feed
    unstable_dates: tuple[int, ...]  # stored entries whose date the source changes while the rest stays
    is_first: bool  # the feed's first document with entries: each takes the place of its own date
    revision: tuple[int, int] = (0, 0)  # of the context that this was decided from
    reads: Sequence[Any] = ()  # likewise


@dataclass(frozen=True, slots=True)
class Response:
    """What a 200 that was read, or a 304, leaves to remember for the next request."""

    validators: Validators
    url: str  # which gave them
    first_success: datetime  # of this feed
    body_hash: str | None = None  # None: as it was
    is_full: bool = False  # the whole document came, be it the same as before


@dataclass(frozen=True, slots=True)
class PollOutcome:
    """Everything that one poll of a feed changes in the store."""

    feed_id: int
    at: datetime
    plan: Plan
    note: PollNote
    host: str  # which answered
    clears_backoff: bool = False  # the host had asked us to wait, and now answered as it should
    spaced_until: datetime | None = (
        None  # instead: it gets no request before, so that it need not refuse again
    )
    response: Response | None = None  # None where nothing could be read
    move: Move | None = None  # where permanent redirects lead; None: nowhere
    info: FeedInfo | None = None  # what a whole document said of its feed
    changes: DocumentChanges | None = None  # None where no document was read
    is_shown: bool = True  # False: readers see nothing of what it changes
    poll_number: int | None = None  # as begun, of the feed; None: whoever has begun one since, this is saved

    @property
    def changes_schedule_only(self) -> bool:
        """Whether it changes when the feed is polled next, and nothing that readers see nor its host."""
        paused = self.clears_backoff or self.spaced_until or self.plan.host_paused_until
        return self.changes is None and not self.is_shown and not paused


@dataclass(frozen=True, slots=True)
class StoredIndex:
    """What keys are made by, to make those of all that is stored anew."""

    traits: Mapping[int, frozenset[FeedTrait]]  # by feed
    feeds: tuple[Feed, ...]  # also those that feeds.yaml does not list any more
    revision: tuple[int, int]  # opaque: differs when anything was written since
