"""Saves what a test decided by hand, as a poll does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from aggregator.dedupe import FeedPast, sort_news
from aggregator.models import (
    Action,
    ContextQuery,
    Decision,
    DocumentChanges,
    Entry,
    EntryLookup,
    Feed,
    FeedTrait,
    Placement,
    Plan,
    PollNote,
    PollOutcome,
    Response,
    SaveCounts,
    Validators,
)
from aggregator.store.interfaces import Store
from support.make import NOON

DAY = timedelta(days=1)

Decided = tuple[Decision, Placement | None]


def new(found: Entry, rule: str = "new", story_id: int | None = None) -> Decided:
    """A new entry, which begins a story of its own unless one is named."""
    decision = Decision(found, "new", "new", atom_id=f"urn:x:{found.guid}")
    return decision, Placement(0, 0, story_id, rule)


def edit(found: Entry, entry_id: int, revised: datetime | None = None, action: Action = "edit") -> Decided:
    return Decision(found, action, "same-id", "k", entry_id=entry_id, revised=revised), None


def changes(
    store: Store,
    *each: Decided,
    traits: Iterable[FeedTrait] = (),
    backfill: int | None = None,
) -> DocumentChanges:
    placements = tuple(
        replace(placement, entry=-index - 1, group=index)
        for index, (_, placement) in enumerate(each)
        if placement
    )
    decisions = tuple(decision for decision, _ in each)
    if backfill is not None:
        decisions, _ = sort_news(decisions, FeedPast({}, is_first=True), backfill, 0, NOON)
    return DocumentChanges(
        decisions, placements, (), tuple(traits), (), backfill is not None, store.version()
    )


def outcome(feed: Feed, days: float = 0, **more: Any) -> PollOutcome:
    """A poll that went well, `days` after noon."""
    at = NOON + days * DAY
    plan = Plan("ok", at + DAY, "every day")
    fields: dict[str, Any] = {"plan": plan, "note": PollNote(at, "ok", "something", plan.reason)}
    return PollOutcome(feed.id, at, host="one.ex", **(fields | more))


def save(
    store: Store,
    feed: Feed,
    *each: Decided,
    backfill: int | None = None,
    days: float = 0,
    traits: Iterable[FeedTrait] = (),
    **more: Any,
) -> SaveCounts:
    saved = store.save_poll(
        outcome(feed, days, changes=changes(store, *each, traits=traits, backfill=backfill), **more)
    )
    assert saved is not None
    return saved


def answered(
    url: str, validators: Validators | None = None, days: float = 0, digest: str | None = None
) -> Response:
    return Response(validators or Validators(), url, NOON + days * DAY, digest, is_full=digest is not None)


def lookup(entry: Entry) -> EntryLookup:
    return EntryLookup(
        guid=entry.guid,
        fingerprint=entry.fingerprint,
        published=entry.published,
        link_keys=(entry.link_key,) if entry.link_key else (),
        title_key=entry.title_key,
        title_counts=entry.title_strength != "none",
        global_id=entry.global_id,
    )


def query(feed: Feed, *entries: Entry, window: timedelta = DAY) -> ContextQuery:
    return ContextQuery(feed.id, tuple(map(lookup, entries)), window)
