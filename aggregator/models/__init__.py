"""Frozen records, in the order in which the data travels: fetched, parsed, entry, feed, decision, published.

Every datetime is aware and in UTC. Every URL is absolute unless its comment says otherwise.
"""

from aggregator.models.decision import (
    Action,
    Decision,
    FeedTrait,
    Keyed,
    KnownEntries,
    KnownEntry,
    Placement,
    Relation,
    SaveCounts,
    Sighting,
    StoredKeys,
)
from aggregator.models.entry import DateReason, Entry, FeedInfo, ReadError, ReadFeed, Strength
from aggregator.models.feed import Feed, Move, Plan, PollNote, PollResult, Status
from aggregator.models.fetched import (
    Body,
    Fetched,
    FetchError,
    FetchErrorKind,
    FetchRequest,
    FetchResult,
    NotModified,
    Validators,
)
from aggregator.models.parsed import Enclosure, ParsedEntry, ParsedFeed, Person, PollHints, Text
from aggregator.models.published import Also, Amount, Archive, Publication, Source, Story, StoryHead, TagFeed

__all__ = [
    "Action",
    "Also",
    "Amount",
    "Archive",
    "Body",
    "DateReason",
    "Decision",
    "Enclosure",
    "Entry",
    "Feed",
    "FeedInfo",
    "FeedTrait",
    "FetchError",
    "FetchErrorKind",
    "FetchRequest",
    "FetchResult",
    "Fetched",
    "Keyed",
    "KnownEntries",
    "KnownEntry",
    "Move",
    "NotModified",
    "ParsedEntry",
    "ParsedFeed",
    "Person",
    "Placement",
    "Plan",
    "PollHints",
    "PollNote",
    "PollResult",
    "Publication",
    "ReadError",
    "ReadFeed",
    "Relation",
    "SaveCounts",
    "Sighting",
    "Source",
    "Status",
    "StoredKeys",
    "Story",
    "StoryHead",
    "Strength",
    "TagFeed",
    "Text",
    "Validators",
]
