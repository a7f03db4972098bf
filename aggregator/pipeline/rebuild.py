"""Groups all that is stored anew, as today's rules, lists and settings have it, and says what that changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator import dedupe
from aggregator.errors import StoreError
from aggregator.models import Entry, FeedTrait, Keyed, KnownEntry, Placement, StoredIndex, StoredKeys
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


_MOST_TRIES = 3  # where another process writes meanwhile


def rebuild(store: Upkeep, config: Config, now: datetime, dry_run: bool) -> Rebuild:
    """What changes; it is written unless `dry_run`. Raises StoreError if another process keeps writing."""
    for _ in range(_MOST_TRIES):
        stored = store.load_index()
        result, changed, placements = _regroup(stored, config)
        if dry_run or store.save_regrouping(changed, placements, now, stored.revision):
            return result
    raise StoreError("another process keeps writing to the store: stop it for as long as this takes")


def _regroup(stored: StoredIndex, config: Config) -> tuple[Rebuild, tuple[Keyed, ...], tuple[Placement, ...]]:
    """What changes, in words; the keys that do; and which story each entry belongs to."""
    keys = _keys(stored)
    entries = [
        replace(
            each.entry,
            link_key=key.link_key,
            title_key=key.title_key,
            title_strength=key.title_strength,
            home=key.home,
            is_published=False,
        )
        for each, key in zip(stored.entries, keys, strict=True)
    ]
    feed_ids = {feed.url: feed.id for feed in stored.feeds}
    views = dedupe.views(config.dedupe, config.feeds, feed_ids)
    placements, _ = dedupe.group(entries, views.__getitem__)
    changed = tuple(key for each, key in zip(stored.entries, keys, strict=True) if _of(each.entry) != key)
    before = len({each.entry.story_id for each in stored.entries})
    after = len({placement.group for placement in placements})
    changes = tuple(_changes(stored.entries, placements))
    return Rebuild(before, after, len(changed), changes), changed, placements


def _keys(stored: StoredIndex) -> list[Keyed]:
    """The keys that each entry would get today, given the traits of its feed."""
    own = {
        feed.id: dedupe.FeedIdentity.of(
            feed.effective_url, feed.info.link if feed.info else None, feed.info.title if feed.info else None
        )
        for feed in stored.feeds
    }
    return [
        _keyed(each, own[each.entry.feed_id], stored.traits.get(each.entry.feed_id, frozenset()))
        for each in stored.entries
    ]


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
        link_key=own.link_key(each.link),
        title_key=title_key,
        title_strength=proves or "none",
    )
    (entry,) = dedupe.apply_traits((entry,), facts)
    return Keyed(each.entry.id, entry.link_key, entry.title_key, entry.title_strength, own.is_home(each.link))


def _of(entry: KnownEntry) -> Keyed:
    return Keyed(entry.id, entry.link_key, entry.title_key, entry.title_strength, entry.home)


def _changes(stored: Iterable[StoredKeys], placements: Iterable[Placement]) -> Iterable[Change]:
    words = {rule.name: rule.words for rule in dedupe.RULES}
    by_id = {each.entry.id: each for each in stored}
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


def _titles(placements: Iterable[Placement], by_id: dict[int, StoredKeys]) -> tuple[str, ...]:
    return tuple(by_id[placement.entry].title for placement in placements)
