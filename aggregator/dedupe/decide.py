"""What becomes of each entry of a document, given what the store knows: pure, so that a test is a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from aggregator.dedupe.lessons import UNTRUSTED_GUID
from aggregator.dedupe.rules import RULES, Pair, Rule, judge
from aggregator.models import Action, Decision, Entry, Fact, Known, KnownEntry
from aggregator.settings import Dedupe

_ORDER = {rule.name: place for place, rule in enumerate(RULES)}


def decide(
    entries: Sequence[Entry],
    feed_id: int,
    known: Known,
    facts: frozenset[Fact],
    settings: Dedupe,
    now: datetime,
) -> tuple[Decision, ...]:
    """One decision an entry, in document order.

    `entries`: with their keys as `facts`, all that the feed has taught, has them; `known`: every stored entry
    that shares a key with one of them, as Store.known gives it.
    """
    document = _Document(feed_id, known, UNTRUSTED_GUID not in facts, settings, now)
    return tuple(document.decide(index, entry) for index, entry in enumerate(entries))


class _Document:
    """A document on its way: an index of what is stored, and of what came before in it."""

    def __init__(
        self, feed_id: int, known: Known, guids_trusted: bool, settings: Dedupe, now: datetime
    ) -> None:
        self.feed_id, self.guids_trusted = feed_id, guids_trusted
        self.forgotten, self.settings, self.now = known.forgotten, settings, now
        self.listed: set[int] = set()  # stored and pending entries that this document has listed
        self.by_key: dict[tuple[str, str], list[KnownEntry]] = {}
        self.turns: dict[str, int] = {}
        for entry in known.entries:
            self._index(entry)

    def decide(self, index: int, entry: Entry) -> Decision:
        """The decision on the next entry of the document."""
        decision = self._decision(entry)
        if decision.action == "new":
            self._index(_pending(decision, index, self.feed_id, self.now))
            self.listed.add(-index - 1)
        elif decision.entry_id is not None:
            self.listed.add(decision.entry_id)
        return decision

    def _decision(self, entry: Entry) -> Decision:
        rule, other = self._best(entry)
        if rule is None or other is None:
            if entry.guid in self.forgotten or (entry.link_key or "") in self.forgotten:
                return Decision(entry, "forgotten", "forgotten", entry.guid)
            return Decision(entry, "new", "new", guid_turn=self._turn(entry))
        key = {"guid": entry.guid, "link": entry.link_key, "title": entry.title_key}[rule.key] or ""
        pending = other.id < 0
        if rule.verdict == "story":
            return Decision(
                entry,
                "new",
                rule.name,
                key,
                story_id=None if pending else other.story_id,
                joins=-other.id - 1 if pending else None,
                guid_turn=self._turn(entry),
            )
        if pending or other.id in self.listed:
            return Decision(entry, "repeat", rule.name, key)
        action: Action = "same" if other.fingerprint == entry.fingerprint else "edit"
        turn = other.guid_turn
        if entry.guid != other.guid:
            if self.guids_trusted:
                turn = self._turn(entry)
            else:
                entry = replace(entry, guid=other.guid)
        return Decision(entry, action, rule.name, key, other.id, other.story_id, guid_turn=turn)

    def _best(self, entry: Entry) -> tuple[Rule | None, KnownEntry | None]:
        """The other that the strongest rule finds; of several the earliest, then the first stored."""
        best: tuple[int, datetime, int] | None = None
        found: tuple[Rule | None, KnownEntry | None] = (None, None)
        for other in self._candidates(entry):
            same_feed = other.feed_id == self.feed_id
            rule = judge(Pair(entry, other, same_feed, self.guids_trusted), self.settings)
            if rule is None or rule.verdict == "different":
                continue
            rank = (_ORDER[rule.name], other.published, other.id)
            if best is None or rank < best:
                best, found = rank, (rule, other)
        return found

    def _candidates(self, entry: Entry) -> Iterable[KnownEntry]:
        seen: set[int] = set()
        for key in _keys(entry.guid, entry.link_key, entry.title_key):
            for candidate in self.by_key.get(key, ()):
                if candidate.id not in seen:
                    seen.add(candidate.id)
                    yield candidate

    def _index(self, entry: KnownEntry) -> None:
        guid = entry.guid if entry.feed_id == self.feed_id else ""
        for key in _keys(guid, entry.link_key, entry.title_key):
            self.by_key.setdefault(key, []).append(entry)
        if guid:
            self.turns[guid] = max(self.turns.get(guid, -1), entry.guid_turn)

    def _turn(self, entry: Entry) -> int:
        return self.turns.get(entry.guid, -1) + 1


def _keys(guid: str, link_key: str | None, title_key: str | None) -> list[tuple[str, str]]:
    return [(kind, key) for kind, key in (("guid", guid), ("link", link_key), ("title", title_key)) if key]


def _pending(decision: Decision, index: int, feed_id: int, now: datetime) -> KnownEntry:
    """A new entry of this document as the rules see it, numbered below zero until it has a row."""
    entry = decision.entry
    return KnownEntry(
        id=-index - 1,
        feed_id=feed_id,
        story_id=0,
        guid=entry.guid,
        guid_turn=decision.guid_turn,
        link_key=entry.link_key,
        title_key=entry.title_key,
        title_strength=entry.title_strength,
        published=entry.published,
        last_listed=now,
        fingerprint=entry.fingerprint,
        leads=decision.story_id is None and decision.joins is None,
    )
