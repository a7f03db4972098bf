"""Takes out what must go: from the store, and with it from feeds, pages and search, and from closed archives.

What is taken out does not come back when its feed lists it again. Subscribers are told by a tombstone
(RFC 6721).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.export import archive as documents
from aggregator.export.archive import FrozenEntry
from aggregator.models import Archive, Entry, Redacted
from aggregator.store.interfaces import Store

MOST_TITLES = 50  # of what is taken out, shown


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is taken out, or would be."""

    entries: tuple[int, ...]  # ids
    titles: tuple[str, ...]
    archives: tuple[str, ...]  # names of the closed documents that hold some of it
    archived: int  # how many entries of theirs


Matches = Callable[[Entry], bool]


def redact(
    store: Store,
    now: datetime,
    dry_run: bool,
    *,
    stories: Collection[int] = (),
    feeds: Collection[int] = (),
    addresses: Collection[str] = (),
    matches: Matches | None = None,
) -> Redaction:
    """Takes out stories by their ids, all of some feeds (their ids, and their addresses as archives have them), and
    the entries that match."""
    atom_ids: set[str] = set()

    def goes(entry: FrozenEntry) -> bool:
        return (
            entry.atom_id in atom_ids
            or not entry.addresses.isdisjoint(addresses)
            or (matches is not None and matches(entry.entry))
        )

    done = False
    while not done:  # another process may close a document, or redact, between reading and writing
        known = store.archives()
        entry_ids, titles = _find(store, stories, feeds, matches)
        atom_ids |= {story.atom_id for story in store.load_stories(stories)}
        changed: list[tuple[Archive, bytes]] = []
        archived: list[FrozenEntry] = []
        for archive in known.closed:
            left, gone = documents.without(store.archive_bytes(archive.name, whole=True), goes, now)
            if gone:
                changed.append((replace(archive, stories=archive.stories - len(gone)), left))
                archived += gone
        done = dry_run or store.redact(
            Redacted(entry_ids, [entry.atom_id for entry in archived], changed), now, known
        )
    titles += [entry.entry.title for entry in archived if entry.entry.title not in titles]
    names = tuple(archive.name for archive, _ in changed)
    return Redaction(tuple(entry_ids), tuple(titles), names, len(archived))


def _find(
    store: Store, stories: Iterable[int], feeds: Collection[int], matches: Matches | None
) -> tuple[list[int], list[str]]:
    found = {sighting.entry.id: sighting.title for story in stories for sighting in store.sightings(story)}
    if feeds or matches is not None:
        urls = {feed.url for feed in store.feeds() if feed.id in feeds}
        for entry_id, url, entry in store.sample_entries(-1):
            if url in urls or (matches is not None and matches(entry)):
                found[entry_id] = entry.title
    return list(found), list(dict.fromkeys(found.values()))
