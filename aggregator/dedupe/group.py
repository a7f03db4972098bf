"""Which story each entry tells: the rules across feeds, applied so that the order of arrival does not count.

Entries whose story was published stay where they are. All others are placed anew, earliest first, whenever
a document brings entries that share a key with them: the outcome depends on what there is, not on who
answered first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from aggregator.dedupe.pair import Pair
from aggregator.dedupe.rules import ACROSS, Rule, judge
from aggregator.models import Candidate, KnownEntry, Placement, Relation, rank
from aggregator.settings import Dedupe, Subscription

# Entries that share a key and are looked at: a story told by more feeds is known by the first of them, and
# thousands under one headline would cost the square of their number.
_MOST_ALIKE = 64

_ORDER = {rule.name: place for place, rule in enumerate(ACROSS)}


@dataclass(frozen=True, slots=True)
class FeedView:
    """What grouping has to know of a feed: its own settings, its rank, its place in feeds.yaml."""

    dedupe: Dedupe
    priority: int = 0
    position: int = 0
    subscribed: bool = True


View = Callable[[int], FeedView]  # of a feed by its number


def views(
    general: Dedupe, feeds: Sequence[Subscription], numbers: Mapping[str, int]
) -> defaultdict[int, FeedView]:
    """What grouping has to know of each feed; one that feeds.yaml does not list goes by the general settings."""
    last = len(feeds)
    found = {
        numbers[feed.url]: FeedView(feed.dedupe or general, feed.priority, position)
        for position, feed in enumerate(feeds)
        if feed.url in numbers
    }
    return defaultdict(lambda: FeedView(general, 0, last, subscribed=False), found)


@dataclass(slots=True)
class _Story:
    id: int | None
    members: list[KnownEntry] = field(default_factory=list)
    first: KnownEntry | None = None
    best: KnownEntry | None = None


class Grouper:
    """Puts entries into stories, one by one."""

    def __init__(self, view: View) -> None:
        """`view`: of a feed by its id."""
        self._view = view
        self._by_key: defaultdict[tuple[str, str], list[tuple[KnownEntry, _Story]]] = defaultdict(list)
        self._stories: list[_Story] = []
        self._settled: dict[int, _Story] = {}
        self.placed: dict[int, tuple[_Story, str, str]] = {}
        self.relations: list[Relation] = []

    def settle(self, entry: KnownEntry) -> None:
        """An entry of a story that was published: others may join it, it does not move."""
        story = self._settled.get(entry.story_id)
        if story is None:
            story = self._settled[entry.story_id] = _Story(entry.story_id)
        self._join(entry, story)

    def place(self, entry: KnownEntry) -> None:
        """Finds the entry's story among those that came before, or begins one."""
        found: list[tuple[tuple[int, datetime, int, str], KnownEntry, _Story, Rule]] = []
        for other, story in self._candidates(entry):
            leads = other.leads if story.id is not None else other in (story.first, story.best)
            rule = judge(Pair(entry, replace(other, leads=leads)), self._settings(entry, other))
            if rule is None:
                continue
            if rule.verdict == "related":
                self.relations.append(Relation(entry.id, other.id, rule.name, _key(entry, rule)))
            elif rule.verdict == "story" and not (
                rule.key != "link" and self._has_feed(story, entry.feed_id)
            ):
                found.append(((_ORDER[rule.name], *_when(other)), other, story, rule))
        if not found:
            story = _Story(None)
            self._stories.append(story)
            self._join(entry, story)
            self.placed[entry.id] = (story, "new", "")
            return
        _, _, story, rule = min(found, key=lambda each: each[0])
        self._join(entry, story)
        self.placed[entry.id] = (story, rule.name, _key(entry, rule))
        for _, other, elsewhere, reason in found:
            if elsewhere is not story:
                self.relations.append(Relation(entry.id, other.id, reason.name, _key(entry, reason)))

    def placements(self, stories: Mapping[int, int]) -> tuple[Placement, ...]:
        """Where each placed entry stands. `stories`: the story that a stored entry tells now, which its group
        goes on with where the group holds the first entry that claims it."""
        claimed: set[int] = set()
        groups: dict[int, tuple[int, int | None]] = {}
        for number, story in enumerate([*self._settled.values(), *self._stories]):
            if story.id is None:
                for member in sorted(story.members, key=_when):
                    now = stories.get(member.id)
                    if now is not None and now not in claimed:
                        story.id = now
                        break
            if story.id is not None:
                claimed.add(story.id)
            groups[id(story)] = (number, story.id)
        # New entries in the order of their document: nothing else tells which of those without a date is newer.
        return tuple(
            Placement(entry, *groups[id(story)], rule, key)
            for entry, (story, rule, key) in sorted(self.placed.items(), key=lambda each: max(0, -each[0]))
        )

    def _candidates(self, entry: KnownEntry) -> Iterable[tuple[KnownEntry, _Story]]:
        seen: set[int] = set()
        for key in sharing_keys(entry):
            for other, story in self._by_key.get(key, [])[:_MOST_ALIKE]:
                if other.id not in seen and other.feed_id != entry.feed_id:
                    seen.add(other.id)
                    yield other, story

    def _join(self, entry: KnownEntry, story: _Story) -> None:
        story.members.append(entry)
        if story.first is None or _when(entry) < _when(story.first):
            story.first = entry
        if story.best is None or self._rank(entry) < self._rank(story.best):
            story.best = entry
        for key in sharing_keys(entry):
            self._by_key[key].append((entry, story))

    def _rank(self, entry: KnownEntry) -> tuple[object, ...]:
        """Who lends title and content, as the store elects it."""
        view = self._view(entry.feed_id)
        candidate = Candidate(
            entry.blocked,
            view.subscribed,
            view.priority,
            entry.home,
            entry.published,
            view.position,
            entry.guid,
        )
        return rank(candidate)

    def _has_feed(self, story: _Story, feed_id: int) -> bool:
        """Two entries that their own feed keeps apart are not brought together by what another says."""
        return any(member.feed_id == feed_id for member in story.members)

    def _settings(self, one: KnownEntry, other: KnownEntry) -> Dedupe:
        """What both feeds allow; where one asks for the link and the other for the title, both at once."""
        mine, theirs = self._view(one.feed_id).dedupe, self._view(other.feed_id).dedupe
        if mine == theirs:
            return mine
        both = tuple(way for way in mine.by if way in theirs.by) or (
            ("off",) if "off" in (*mine.by, *theirs.by) else ("both",)
        )
        return Dedupe(
            both, min(mine.link_window, theirs.link_window), min(mine.title_window, theirs.title_window)
        )


def group(entries: Iterable[KnownEntry], view: View) -> tuple[tuple[Placement, ...], tuple[Relation, ...]]:
    """Places all of these that are not settled, earliest first; and what they are related to besides."""
    entries = tuple(entries)
    grouper = Grouper(view)
    for entry in entries:
        if entry.is_published:
            grouper.settle(entry)
    for entry in sorted(
        (e for e in entries if not e.is_published),
        key=lambda e: (e.published, view(e.feed_id).position, e.guid),
    ):
        grouper.place(entry)
    now = {entry.id: entry.story_id for entry in entries if entry.story_id}
    return grouper.placements(now), tuple(grouper.relations)


def _when(entry: KnownEntry) -> tuple[datetime, int, str]:
    """Earliest first; ties by what does not depend on who answered first."""
    return (entry.published, entry.feed_id, entry.guid)


def sharing_keys(entry: KnownEntry) -> list[tuple[str, str]]:
    """The keys by which entries of several feeds are compared, each with its kind: link, id, title."""
    named = (("link", entry.link_key), ("id", entry.global_id), ("title", entry.title_key))
    return [(kind, key) for kind, key in named if key]


def _key(entry: KnownEntry, rule: Rule) -> str:
    return {"guid": entry.global_id, "link": entry.link_key, "title": entry.title_key}[rule.key] or ""
