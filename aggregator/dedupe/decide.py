"""What becomes of each entry of a document, given what the store knows: pure, so that a test is a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from aggregator.dedupe.rules import RULES, Pair, Rule, judge
from aggregator.models import Action, Decided, Decision, Entry, Fact, Known, KnownEntry
from aggregator.settings import Dedupe

_ORDER = {rule.name: place for place, rule in enumerate(RULES)}


def decide(entries: Iterable[Entry], feed_id: int, known: Known, settings: Dedupe, now: datetime) -> Decided:
    """One decision an entry, in document order, and what the document taught about its feed.

    `known` holds every stored entry that shares a key with one of `entries`, as Store.known gives it.
    """
    document = _Document(tuple(entries), feed_id, known, settings, now)
    return Decided(tuple(document.decisions()), tuple(document.learned))


class _Document:
    """The entries of one document on their way: an index of what is stored and of what came before."""

    def __init__(
        self, entries: tuple[Entry, ...], feed_id: int, known: Known, settings: Dedupe, now: datetime
    ) -> None:
        self.entries, self.feed_id, self.known, self.settings, self.now = (
            entries,
            feed_id,
            known,
            settings,
            now,
        )
        self.learned: list[Fact] = []
        self.facts = set(known.learned)
        self.guids = frozenset(entry.guid for entry in entries)
        self.listed: dict[int, Entry] = {}  # stored or pending entry -> what this document says of it
        self.by_key: dict[tuple[str, str], list[KnownEntry]] = {}
        self.turns: dict[str, int] = {}
        for entry in known.entries:
            self._index(entry)

    def decisions(self) -> Iterable[Decision]:
        for index, entry in enumerate(self.entries):
            decision = self._decide(index, self._without_shared_link(entry))
            if decision.action == "new":
                self._index(_pending(decision, index, self.feed_id, self.now))
                self.listed[-index - 1] = decision.entry
            elif decision.entry_id is not None:
                self.listed[decision.entry_id] = decision.entry
            yield decision

    def _decide(self, index: int, entry: Entry) -> Decision:
        best: tuple[int, datetime, int] | None = None
        rule: Rule | None = None
        other: KnownEntry | None = None
        for candidate in self._candidates(entry):
            found = judge(self._pair(entry, candidate), self.settings)
            if found is None:
                continue
            if found.learns:
                self._learn(found.learns(self._pair(entry, candidate)))
            if found.verdict == "different":
                continue
            # Ties go to the earliest, then to the first stored: the outcome does not depend on look-up order.
            rank = (_ORDER[found.name], candidate.published, candidate.id)
            if best is None or rank < best:
                best, rule, other = rank, found, candidate
        entry = self._without_shared_link(entry)  # this very document may have taught it
        if rule is None or other is None:
            if entry.guid in self.known.forgotten or (entry.link_key or "") in self.known.forgotten:
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
            if Fact("untrusted guid") in self.facts:
                entry = replace(entry, guid=other.guid)
            else:
                turn = self._turn(entry)
        return Decision(entry, action, rule.name, key, other.id, other.story_id, guid_turn=turn)

    def _pair(self, entry: Entry, other: KnownEntry) -> Pair:
        return Pair(
            entry,
            other,
            same_feed=other.feed_id == self.feed_id,
            together=self._together(entry, other),
            guid_trusted=Fact("untrusted guid") not in self.facts,
        )

    def _together(self, entry: Entry, other: KnownEntry) -> bool:
        """Whether the document lists the other too: it did already, or its id is still to come."""
        if other.id in self.listed:
            return True
        return other.feed_id == self.feed_id and other.guid != entry.guid and other.guid in self.guids

    def _candidates(self, entry: Entry) -> Iterable[KnownEntry]:
        seen: set[int] = set()
        for kind, key in _keys(entry.guid, entry.link_key, entry.title_key):
            for candidate in self.by_key.get((kind, key), ()):
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

    def _learn(self, fact: Fact) -> None:
        if fact not in self.facts:
            self.facts.add(fact)
            self.learned.append(fact)

    def _without_shared_link(self, entry: Entry) -> Entry:
        if entry.link_key and Fact("shared link", entry.link_key) in self.facts:
            return replace(entry, link_key=None)
        return entry


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
