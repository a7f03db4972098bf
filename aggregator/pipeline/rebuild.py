"""Groups all that is stored anew, as today's rules, lists and settings have it, and says what that changes."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from aggregator import dedupe
from aggregator.errors import StoreError
from aggregator.models import Entry, FeedTrait, Keyed, Keys, KnownEntry, Placement, StoredKeys
from aggregator.settings import Config
from aggregator.store.interfaces import Upkeep


@dataclass(frozen=True, slots=True)
class Change:
    """One story that would be more or less than it is."""

    kind: str  # "merge" or "split"
    titles: tuple[str, ...]  # of the stories that become one, or that come of one
    rule: str = ""  # what brings them together
    words: str = ""


@dataclass(frozen=True, slots=True)
class Rebuild:
    stories_before: int
    stories_after: int
    keys_changed: int
    changes: tuple[Change, ...]


PORTION = 500  # entries in memory at a time, unless more are connected
_BUCKETS = 64
_MOST_TRIES = 3  # where another process writes meanwhile


def rebuild(store: Upkeep, config: Config, now: datetime, dry_run: bool, portion: int = PORTION) -> Rebuild:
    """What changes; it is written unless `dry_run`. Raises StoreError if another process keeps writing.

    Memory grows with what changes, and by about 100 bytes for each entry that is stored.
    """
    for _ in range(_MOST_TRIES):
        regrouping = _Regrouping(store, config)
        for ids in components(regrouping.entries_by_key(), portion):
            regrouping.add(ids)
        if dry_run or store.save_regrouping(
            regrouping.keys, regrouping.placements, now, regrouping.stored.revision
        ):
            return regrouping.result()
    raise StoreError("another process keeps writing to the store: stop it for as long as this takes")


class _Regrouping:
    """What changes, gathered portion by portion: no entry of one shares a key or a story with one of another."""

    def __init__(self, store: Upkeep, config: Config) -> None:
        self.keys: list[Keyed] = []
        self.placements: list[Placement] = []
        self.stored = store.load_index()
        self._store = store
        self._feeds = {
            feed.id: dedupe.FeedIdentity.of(
                feed.effective_url,
                feed.info.link if feed.info else None,
                feed.info.title if feed.info else None,
            )
            for feed in self.stored.feeds
        }
        ids = {feed.url: feed.id for feed in self.stored.feeds}
        self._view = dedupe.views(config.dedupe, config.feeds, ids).__getitem__
        self._before = self._after = self._changed = 0
        self._merges: list[Change] = []
        self._splits: list[Change] = []

    def entries_by_key(self) -> Iterator[tuple[int, Iterable[Hashable]]]:
        """Each entry's id, and what brings it together with others: its keys of today, and its story."""
        for each in self._store.stored_keys():
            entry = self._rekeyed(each)
            yield entry.id, [*dedupe.sharing_keys(entry), entry.story_id]

    def add(self, ids: Sequence[int]) -> None:
        """Groups these entries anew."""
        stored = {each.entry.id: each for each in self._store.stored_keys(ids)}
        entries = [self._rekeyed(each) for each in stored.values()]
        placements, _ = dedupe.group(entries, self._view)
        changed = {
            entry.id: key for entry in entries if (key := _key_of(entry)) != _key_of(stored[entry.id].entry)
        }
        self.keys += changed.values()
        # Groups are numbered by portion; what stays where it is need not be written.
        self.placements += (
            replace(placement, group=placement.group + self._after)
            for placement in placements
            if placement.entry in changed or _moves(placement, stored[placement.entry])
        )
        self._changed += len(changed)
        self._before += len({entry.story_id for entry in entries})
        self._after += len({placement.group for placement in placements})
        for change in _changes(stored, placements):
            (self._merges if change.kind == "merge" else self._splits).append(change)

    def result(self) -> Rebuild:
        return Rebuild(self._before, self._after, self._changed, (*self._merges, *self._splits))

    def _rekeyed(self, each: StoredKeys) -> KnownEntry:
        """The entry with the keys that it would get today, given the traits of its feed."""
        feed_id = each.entry.feed_id
        key = _keyed(each, self._feeds[feed_id], self.stored.traits.get(feed_id, frozenset()))
        return replace(each.entry, keys=key.keys, is_published=False)


def components(keyed: Iterable[tuple[int, Iterable[Hashable]]], least: int) -> Iterator[list[int]]:
    """The ids in portions of `least` or a little more, those that share a key, also through others, in one.

    Keys are told apart by their hash, so that two that are not the same may very rarely bring ids together.
    """
    ids, parents = array("q"), array("q")
    hashes = [array("q") for _ in range(_BUCKETS)]
    places = [array("q") for _ in range(_BUCKETS)]
    for place, (id, keys) in enumerate(keyed):
        ids.append(id)
        parents.append(place)
        for key in map(hash, keys):
            hashes[key % _BUCKETS].append(key)
            places[key % _BUCKETS].append(place)

    def root(place: int) -> int:
        while parents[place] != place:
            parents[place] = place = parents[parents[place]]
        return place

    while hashes:  # one bucket at a time, as a dict of all of them takes a hundred bytes a key
        first: dict[int, int] = {}
        for key, place in zip(hashes.pop(), places.pop(), strict=True):
            one, other = root(first.setdefault(key, place)), root(place)
            parents[max(one, other)] = min(one, other)
    portion: list[int] = []
    for _, together in groupby(sorted(range(len(ids)), key=root), key=root):
        portion += (ids[place] for place in together)
        if len(portion) >= least:
            yield portion
            portion = []
    if portion:
        yield portion


def _moves(placement: Placement, stored: StoredKeys) -> bool:
    return (placement.story_id, placement.rule) != (stored.entry.story_id, stored.rule)


def _keyed(each: StoredKeys, own: dedupe.FeedIdentity, facts: frozenset[FeedTrait]) -> Keyed:
    title_key, proves = (
        (None, None) if each.untitled else own.title_key(each.title, each.authors, each.source)
    )
    entry = Entry(
        guid=each.entry.guid,
        link=each.link,
        title=each.title,
        published=each.entry.published,
        date_reason="source",
        keys=Keys(
            own.link_key(each.link),
            title_key,
            proves or "none",
            own.is_home(each.link),
            each.entry.global_id,
        ),
    )
    (entry,) = dedupe.apply_traits((entry,), facts)
    return Keyed(each.entry.id, entry.keys)


def _key_of(entry: KnownEntry) -> Keyed:
    return Keyed(entry.id, entry.keys)


def _changes(by_id: Mapping[int, StoredKeys], placements: Iterable[Placement]) -> Iterable[Change]:
    words = {rule.name: rule.words for rule in dedupe.RULES}
    groups: defaultdict[int, list[Placement]] = defaultdict(list)
    stories: defaultdict[int, dict[int, Placement]] = defaultdict(dict)
    for placement in placements:
        groups[placement.group].append(placement)
        stories[by_id[placement.entry].entry.story_id].setdefault(placement.group, placement)
    for members in groups.values():
        joined = {by_id[placement.entry].entry.story_id: placement for placement in reversed(members)}
        if len(joined) > 1:
            rule = next((p.rule for p in joined.values() if p.rule != "new"), "")
            yield Change("merge", _titles(joined.values(), by_id), rule, words.get(rule, ""))
    for parts in stories.values():
        if len(parts) > 1:
            yield Change("split", _titles(parts.values(), by_id))


def _titles(placements: Iterable[Placement], by_id: Mapping[int, StoredKeys]) -> tuple[str, ...]:
    return tuple(by_id[placement.entry].title for placement in placements)
