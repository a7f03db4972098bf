"""Counts the harms of a performance: what a subscriber missed, saw twice, or saw as what it is not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from .items import Item
from .player import Record, Shown
from .scenario import Scenario

# As the table calls them.
HARMS = ("lost", "overwritten", "repeated", "old as new", "wrongly merged", "starved", "out of order")
BACKFILL = 10  # of a feed's first document with items, as many of its newest may be shown

Harms = Mapping[str, Sequence[str]]  # each kind, and what it befell


def judge(scenario: Scenario, record: Record) -> Harms:
    """What went wrong, by kind."""
    items, first = _items(record)
    seen = [shown for look in record.looks for shown in look]
    rules = {
        "lost": _lost(scenario, record, items, first),
        "overwritten": _overwritten(seen),
        "repeated": _repeated(seen, items),
        "old as new": _old(seen, items, first),
        "wrongly merged": _merged(record, items),
        "starved": _starved(scenario, record),
        "out of order": _order(record, items) if scenario.ordered else iter(()),
    }
    return {harm: tuple(found) for harm, found in rules.items()}


def _items(record: Record) -> tuple[dict[str, Item], dict[str, Sequence[Item]]]:
    """Every item that was served, as it first was; and of each feed the first document that had any."""
    items: dict[str, Item] = {}
    first: dict[str, Sequence[Item]] = {}
    for served in record.served:
        for item in served.items:
            items.setdefault(item.key, item)
        if served.items:
            first.setdefault(served.feed, served.items)
    return items, first


def _lost(
    scenario: Scenario, record: Record, items: Mapping[str, Item], first: Mapping[str, Sequence[Item]]
) -> Iterator[str]:
    """News that was never shown; and at the end a title, a place on top that is not as it should be."""
    known = {item.key for document in first.values() for item in document}
    shown = {items[entry.key].tells for look in record.looks for entry in look if entry.key in items}
    for key, item in items.items():
        if key not in known and not item.old and item.tells not in shown:
            yield key
    last = {entry.key: entry.title for entry in record.looks[-1]} if record.looks else {}
    for key, title in scenario.ends.items():
        if last.get(key) != title:
            yield f"{key}: ends as {last.get(key)!r}"
    keys = tuple(entry.key for entry in record.looks[-1][: len(scenario.top)]) if record.looks else ()
    if keys != scenario.top:
        yield f"on top: {keys}"


def _overwritten(seen: Sequence[Shown]) -> Iterator[str]:
    told: dict[str, str] = {}
    for entry in seen:
        before = told.setdefault(entry.id, entry.key)
        if before != entry.key:
            told[entry.id] = entry.key
            yield f"{before} by {entry.key}"


def _repeated(seen: Sequence[Shown], items: Mapping[str, Item]) -> Iterator[str]:
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for entry in seen:
        if entry.key in items:
            ids[items[entry.key].tells].add(entry.id)
    for story, found in ids.items():
        yield from [story] * (len(found) - 1)


def _old(
    seen: Sequence[Shown], items: Mapping[str, Item], first: Mapping[str, Sequence[Item]]
) -> Iterator[str]:
    """What was long past when we first saw it, and is shown all the same."""
    old = {item.tells for item in items.values() if item.old}
    for document in first.values():
        dated = sorted(
            document, key=lambda item: item.at or 0, reverse=True
        )  # undated: the first are the newest
        old -= {item.tells for item in dated[:BACKFILL]}
        old |= {item.tells for item in dated[BACKFILL:]}
    yield from sorted({items[entry.key].tells for entry in seen if entry.key in items} & old)


def _merged(record: Record, items: Mapping[str, Item]) -> Iterator[str]:
    told: defaultdict[int, set[str]] = defaultdict(set)
    for story, key in record.stories:
        if key in items:
            told[story].add(items[key].tells)
    for found in told.values():
        if len(found) > 1:
            yield " and ".join(sorted(found))


def _starved(scenario: Scenario, record: Record) -> Iterator[str]:
    if not scenario.patience:
        return
    for name in scenario.feeds:
        times = [served.at for served in record.served if served.feed == name and served.status in (200, 304)]
        gaps = [after - before for before, after in zip([0.0, *times], [*times, record.hours], strict=True)]
        if max(gaps) > scenario.patience:
            yield f"{name}: {max(gaps):.0f} h"


def _order(record: Record, items: Mapping[str, Item]) -> Iterator[str]:
    """Neighbours of one feed that came to light at once, the older above the newer."""
    place = {
        (served.feed, item.key): -number
        for served in reversed(record.served)
        for number, item in enumerate(served.items)
    }
    feed_of = {key: feed for feed, key in place}
    known: set[str] = set()
    for look in record.looks:
        last: dict[str, Item] = {}
        for entry in look:
            item = items.get(entry.key)
            if item is None or entry.id in known:
                continue
            feed = feed_of[item.key]
            above = last.get(feed)
            if above is not None and _newer(item, above, place, feed):
                yield f"{above.key} above {item.key}"
            last[feed] = item
        known |= {entry.id for entry in look}


def _newer(item: Item, above: Item, place: Mapping[tuple[str, str], int], feed: str) -> bool:
    if item.at is not None and above.at is not None:
        return item.at > above.at
    if item.at is None and above.at is None:
        return place[feed, item.key] > place[feed, above.key]
    return False
