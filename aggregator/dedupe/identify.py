"""Which entry each entry of a document is: one that is stored, or a new one. The rules within one feed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from aggregator.dedupe.pair import Pair
from aggregator.dedupe.pending import pending
from aggregator.dedupe.rules import WITHIN, Rule, judge
from aggregator.dedupe.traits import UNTRUSTED_GUID
from aggregator.models import Action, Decision, Entry, FeedTrait, KnownEntries, KnownEntry, ref_of_new
from aggregator.settings import Dedupe

# Entries of a feed that share a key and are looked at: a feed that gives all of thousands one id or one
# headline would cost the square of their number, and what they are is told by the keys that do differ.
_MOST_ALIKE = 32

_ORDER = {rule.name: place for place, rule in enumerate(WITHIN)}


def identify(
    entries: Sequence[Entry],
    feed_id: int,
    known: KnownEntries,
    traits: frozenset[FeedTrait],
    settings: Dedupe,
) -> tuple[tuple[Decision, ...], tuple[FeedTrait, ...]]:
    """One decision an entry, in document order, and the traits that pairs of them taught.

    `entries`: with their keys as `traits`, all that the feed has taught, has them; `known`: every stored entry
    that shares a key with one of them.
    """
    document = _Document(entries, feed_id, known, traits, settings)
    decisions = tuple(document.decide(index, entry) for index, entry in enumerate(entries))
    return decisions, tuple(document.learned)


class _Document:
    """A document on its way: an index of what is stored of its feed, and of what came before in it."""

    def __init__(
        self,
        entries: Sequence[Entry],
        feed_id: int,
        known: KnownEntries,
        traits: frozenset[FeedTrait],
        settings: Dedupe,
    ) -> None:
        self.feed_id, self.traits, self.settings = feed_id, set(traits), settings
        self.forgotten = known.forgotten
        self.guids = frozenset(entry.guid for entry in entries)
        self.made = Counter(entry.guid for entry in entries if entry.guid_made)
        self.link_keys = frozenset(entry.link_key for entry in entries if entry.link_key)
        self.listed: set[int] = set()  # stored and pending entries that this document has listed
        self.by_key: dict[tuple[str, str], dict[int, KnownEntry]] = {}  # by id, the latest last
        self.turns: dict[str, int] = {}
        self.learned: list[FeedTrait] = []
        for entry in known.entries:
            if entry.feed_id == feed_id:
                self._index(entry)

    def decide(self, index: int, entry: Entry) -> Decision:
        """The decision on the next entry of the document."""
        candidate = pending(index, entry, self.feed_id)
        decision = self._decision(candidate, entry)
        if decision.action == "new":
            if decision.entry is not entry or decision.guid_turn:
                candidate = pending(index, decision.entry, self.feed_id, decision.guid_turn)
            self._index(candidate)
            self.listed.add(ref_of_new(index))
        elif decision.entry_id is not None:
            self.listed.add(decision.entry_id)
        return decision

    def _decision(self, candidate: KnownEntry, entry: Entry) -> Decision:
        rule, other, traits = self._best(candidate)
        if rule is None or other is None:
            if entry.guid in self.forgotten or (entry.link_key or "") in self.forgotten:
                return Decision(entry, "forgotten", "forgotten", entry.guid)
            # A pair teaches only where it did keep two apart; the same day's edit of a column teaches nothing.
            for trait in traits:
                entry = self._learn(trait, entry)
            return Decision(entry, "new", "new", guid_turn=self._turn(entry))
        key = dict(_keys(candidate)).get(rule.key, "")
        if other.id in self.listed:
            return Decision(entry, "repeat", rule.name, key)
        action: Action = "same" if other.fingerprint == entry.fingerprint else "edit"
        turn = other.guid_turn
        if entry.guid != other.guid:
            if UNTRUSTED_GUID in self.traits:
                entry = replace(entry, guid=other.guid)
            else:
                turn = self._turn(entry)
        if action == "edit":  # what follows in the document meets it as it will be
            self._forget(other)
            self._index(
                replace(candidate, id=other.id, guid=entry.guid, guid_turn=turn, published=other.published)
            )
        return Decision(entry, action, rule.name, key, other.id, turn)

    def _best(self, entry: KnownEntry) -> tuple[Rule | None, KnownEntry | None, list[FeedTrait]]:
        """What the strongest rule finds; of several the one not listed yet, then the latest stored."""
        best: tuple[int, bool, datetime, int] | None = None
        found: tuple[Rule | None, KnownEntry | None] = (None, None)
        traits = []
        for other in self._candidates(entry):
            rule = judge(self._pair(entry, other), self.settings)
            if rule is None:
                continue
            if rule.learns:
                traits.append(rule.learns(self._pair(entry, other)))
            if rule.verdict != "entry":
                continue
            rank = (_ORDER[rule.name], other.id in self.listed, other.published, other.id)
            if best is None or rank < best:
                best, found = rank, (rule, other)
        return *found, traits

    def _pair(self, entry: KnownEntry, other: KnownEntry) -> Pair:
        return Pair(
            entry,
            other,
            guids_trusted=self._tells(entry),
            in_same_document=other.id in self.listed
            or (UNTRUSTED_GUID not in self.traits and other.guid != entry.guid and other.guid in self.guids)
            or (
                other.link_key is not None
                and other.link_key != entry.link_key
                and other.link_key in self.link_keys
            ),
        )

    def _tells(self, entry: KnownEntry) -> bool:
        """Whether the guid tells the entry from others; one made of the link tells no more than that does."""
        if UNTRUSTED_GUID in self.traits:
            return False
        if entry.guid not in self.made:
            return True
        return entry.link_key is None and self.made[entry.guid] == 1 and not self.turns.get(entry.guid)

    def _candidates(self, entry: KnownEntry) -> Iterable[KnownEntry]:
        seen: set[int] = set()
        for key in _keys(entry):
            latest = islice(reversed(self.by_key.get(key, {}).values()), _MOST_ALIKE)
            for candidate in reversed(tuple(latest)):
                if candidate.id not in seen:
                    seen.add(candidate.id)
                    yield candidate

    def _index(self, entry: KnownEntry) -> None:
        for key in _keys(entry):
            self.by_key.setdefault(key, {})[entry.id] = entry
        self.turns[entry.guid] = max(self.turns.get(entry.guid, -1), entry.guid_turn)

    def _forget(self, entry: KnownEntry) -> None:
        for key in _keys(entry):
            del self.by_key[key][entry.id]

    def _turn(self, entry: Entry) -> int:
        return self.turns.get(entry.guid, -1) + 1

    def _learn(self, trait: FeedTrait, entry: Entry) -> Entry:
        """The entry as the new trait has it."""
        if trait not in self.traits:
            self.traits.add(trait)
            self.learned.append(trait)
        if trait == FeedTrait("shared-link", entry.link_key or ""):
            return replace(entry, keys=replace(entry.keys, link_key=None))
        if trait == FeedTrait("recurring-title", entry.title_key or ""):
            return replace(entry, keys=replace(entry.keys, title_strength="none"))
        return entry


def _keys(entry: KnownEntry) -> list[tuple[str, str]]:
    date = entry.published.isoformat() if entry.dated else None
    named = (("guid", entry.guid), ("link", entry.link_key), ("title", entry.title_key), ("date", date))
    return [(kind, key) for kind, key in named if key]
