"""News or backlog: whether an entry that we have not seen is new, or old and only now listed.

What we have not seen is news, unless there is evidence that it is old: one row a reason. It is decided for each
entry, never by counting alone: of a ranked list, a planet after a night or a weekly newsletter all may be new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from aggregator.dedupe.migration import RULE as MIGRATED
from aggregator.dedupe.order import Order, order, pinned
from aggregator.dedupe.traits import UNSORTED_DATES
from aggregator.models import Decision, Entry, FeedTrait, KnownEntry
from aggregator.records import dataclass, replace

NEWEST_FIRST = FeedTrait("newest-first")

WITHDRAWN = timedelta(days=14)  # not listed for so long: what comes back with another text is news
_MOVED = (MIGRATED, "same-title-and-date", "same-date-and-text")
_LEAST = 2  # known entries that a migration has changed
_GROWTH = 2  # times as many entries as we ever stored of the feed: its archive, not its news


@dataclass(frozen=True, slots=True)
class NewsRule:
    name: str
    words: str  # as `aggregator explain` says it
    is_news: bool


NEWS_RULES: tuple[NewsRule, ...] = (
    NewsRule("unseen", "not listed before, and nothing shows that it is old", True),
    NewsRule("first-document-newest", "among the newest of the feed's first document", True),
    NewsRule("returned", "withdrawn for 14 days or more, then published with another date and text", True),
    NewsRule("first-document", "in the feed's first document, but not among its newest", False),
    NewsRule(
        "first-document-old",
        "in the feed's first document, and older than its newest entry by more than `publish.backfill_days`",
        False,
    ),
    NewsRule(
        "older-than-listed",
        "listed behind the known entries and dated before them: the feed now lists more of its past",
        False,
    ),
    NewsRule(
        "migrated",
        "listed among known entries that have come with other ids, links or dates: the site has moved",
        False,
    ),
    NewsRule(
        "older-than-first-document",
        "dated, as all that is new in the document, before everything that the feed listed at first",
        False,
    ),
)

_IS_NEWS = {rule.name: rule.is_news for rule in NEWS_RULES}


@dataclass(frozen=True, slots=True)
class FeedPast:
    """What is known of a feed before this document."""

    stored: Mapping[int, KnownEntry]  # those of its entries that the document could list
    is_first: bool  # no document before this one had entries
    count: int = 0  # entries stored; no more than _GROWTH needs to know
    oldest: datetime | None = None  # date of its oldest entry that was no backlog
    last_document: datetime | None = None  # when the last document was read
    traits: frozenset[FeedTrait] = frozenset()


def sort_news(
    decisions: Sequence[Decision], past: FeedPast, backfill: int, backfill_days: int, now: datetime
) -> tuple[tuple[Decision, ...], tuple[FeedTrait, ...]]:
    """The decisions with the reason why each new entry is news or backlog, and what the feed has shown.

    `backfill`: how many of the newest in a feed's first document are published; `backfill_days`: how much older than
    the newest of all they may be, 0 for any age.
    """
    if past.is_first:
        return _first_document(decisions, backfill, backfill_days), ()
    document = _Document(decisions, past)
    judged = tuple(
        _with_reason(decision, document.reason(place, decision))
        if decision.action == "new"
        else _returned(decision, past, now)
        for place, decision in enumerate(decisions)
    )
    return judged, document.shows()


def _first_document(decisions: Sequence[Decision], backfill: int, days: int) -> tuple[Decision, ...]:
    """Ages count from the feed's own newest date and not from now: a blog that rests shows its last posts, and a
    store that was lost publishes the same again."""
    new = [place for place, decision in enumerate(decisions) if decision.action == "new"]
    newest = sorted(new, key=lambda place: (decisions[place].entry.published, -place), reverse=True)
    chosen = set(newest[:backfill])
    dates = _document_dates(decisions)
    oldest = max(dates) - timedelta(days=days) if dates and days else None

    def reason(place: int) -> str:
        if place not in chosen:
            return "first-document"
        entry = decisions[place].entry
        is_old = oldest is not None and _is_dated(entry) and entry.published < oldest
        return "first-document-old" if is_old else "first-document-newest"

    return tuple(
        _with_reason(decision, reason(place)) if decision.action == "new" else decision
        for place, decision in enumerate(decisions)
    )


def _with_reason(decision: Decision, reason: str) -> Decision:
    return replace(decision, news=reason, is_backlog=not _IS_NEWS[reason])


def _returned(decision: Decision, past: FeedPast, now: datetime) -> Decision:
    """A stored entry: news again if it was withdrawn, and comes back with another date and text."""
    stored = past.stored.get(decision.entry_id or 0)
    if stored is None or decision.revised is None or stored.last_listed is None or past.last_document is None:
        return decision
    was_withdrawn = stored.last_listed < past.last_document and now - stored.last_listed >= WITHDRAWN
    if was_withdrawn and _is_dated(decision.entry) and decision.entry.published != stored.published:
        return replace(decision, news="returned", revised=now)
    return decision


class _Document:
    """A document that lists known and unseen entries, read from the newest to the oldest."""

    def __init__(self, decisions: Sequence[Decision], past: FeedPast) -> None:
        self._past = past
        self._dated = UNSORTED_DATES not in past.traits
        # What is pinned on top says nothing of the order of the rest.
        dated = [place for place, decision in enumerate(decisions) if _is_dated(decision.entry)]
        on_top = set(dated[: pinned(_document_dates(decisions))])
        listed = {
            place: past.stored.get(decision.entry_id or 0)
            for place, decision in enumerate(decisions)
            if decision.action in ("same", "edit", "forgotten") and place not in on_top
        }
        known = [entry for entry in listed.values() if entry is not None]
        # What was backlog itself shows neither where news stands nor how old it can be.
        fresh = {place: entry for place, entry in listed.items() if entry is not None and not entry.backlog}
        self._has_news = bool(fresh)
        marks = fresh or listed
        self._dates = [_date(decisions[place].entry, entry) for place, entry in marks.items()]
        new_dates = [d.entry.published for d in decisions if d.action == "new" and _is_dated(d.entry)]
        self._all_old = past.oldest is not None and all(date < past.oldest for date in new_dates)
        self._migrated = self._has_migrated(decisions, known)
        kept = order([entry.published for entry in fresh.values() or known])
        self._order: Order = kept if self._migrated else order(_document_dates(decisions))
        if self._order == "unknown":
            self._order = "oldest first" if kept == "oldest first" else "newest first"
        sign = -1 if self._order == "oldest first" else 1
        self._places = {place: sign * place for place in range(len(decisions))}
        places = [self._places[place] for place in marks]
        self._first, self._last = min(places, default=0), max(places, default=0)
        self._lists_known = bool(listed)
        self._new = [place for place, decision in enumerate(decisions) if decision.action == "new"]
        self._undated = all(not _is_dated(decision.entry) for decision in decisions)
        # Where as much is new amid the known entries as behind them, the feed is not listed by when entries came.
        behind = sum(self._is_behind(place) for place in self._new)
        amid = sum(not self._is_behind(place) and not self._is_in_front(place) for place in self._new)
        self._grew = behind > amid

    def reason(self, place: int, decision: Decision) -> str:
        """Why the unseen entry at this place is news or backlog."""
        if self._migrated and (not self._is_in_front(place) or self._order == "unsorted"):
            return "migrated"
        if self._grew and self._is_behind(place) and self._is_older_than_known(decision.entry):
            return "older-than-listed"
        if self._dated and self._all_old and not self._has_news and _is_dated(decision.entry):
            return "older-than-first-document"
        return "unseen"

    def _is_in_front(self, place: int) -> bool:
        return self._lists_known and self._places[place] < self._first

    def _is_behind(self, place: int) -> bool:
        return self._lists_known and self._places[place] > self._last

    def shows(self) -> tuple[FeedTrait, ...]:
        """A feed without dates that puts what is new in front shows in which order it lists."""
        in_front = all(map(self._is_in_front, self._new))
        if self._undated and self._new and in_front and NEWEST_FIRST not in self._past.traits:
            return (NEWEST_FIRST,)
        return ()

    def _is_older_than_known(self, entry: Entry) -> bool:
        """By its date; of a feed without dates, by its place."""
        if self._undated:
            return NEWEST_FIRST in self._past.traits
        if not self._dated or self._order == "unsorted" or not _is_dated(entry):
            return False
        count = len(self._dates)
        newer = sum(date > entry.published for date in self._dates)
        return newer >= count - count // 10

    def _has_migrated(self, decisions: Sequence[Decision], known: Sequence[KnownEntry]) -> bool:
        """Whether at least half of the known entries were recognised by title or text alone; or came with other
        dates in a document that is a multiple of all that we have of the feed."""
        moved = sum(decision.rule in _MOVED and decision.entry_id is not None for decision in decisions)
        if moved >= _LEAST and moved * 2 >= len(known):
            return True
        redated = sum(
            stored.dated and _is_dated(decision.entry) and decision.entry.published != stored.published
            for decision in decisions
            if (stored := self._past.stored.get(decision.entry_id or 0)) is not None
        )
        grown = len(decisions) >= _GROWTH * max(self._past.count, 1)
        return grown and redated >= _LEAST and redated * 2 >= len(known)


def _document_dates(decisions: Sequence[Decision]) -> list[datetime]:
    return [decision.entry.published for decision in decisions if _is_dated(decision.entry)]


def _date(entry: Entry, stored: KnownEntry | None) -> datetime:
    """As the document has it, with whose dates it is compared."""
    return stored.published if stored is not None and not _is_dated(entry) else entry.published


def _is_dated(entry: Entry) -> bool:
    return entry.date_reason in ("source", "updated", "no zone: UTC assumed")
