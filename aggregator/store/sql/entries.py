"""Entries in SQL, reading: what the entries of a document could be, and what they belong with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from aggregator.models import (
    ContextQuery,
    Entry,
    EntryLookup,
    FeedTrait,
    KnownEntry,
    PollContext,
    StoredContent,
)
from aggregator.records import replace
from aggregator.store.sql import rows
from aggregator.store.sql.database import Database, Row
from aggregator.store.sql.reads import Answered
from aggregator.store.sql.values import dumps, to_text, to_time

# What the rules look at; `sightings` adds to it.
SELECT = """
SELECT e.id, e.feed_id, v.story_id, e.guid, e.guid_turn, e.global_id, e.link_key, e.title_key, e.title_strength, e.link,
       e.home, e.blocked IS NOT NULL AS is_blocked, e.text_size, e.published, e.fingerprint, e.summary, e.date_reason,
       e.last_listed, e.quiet = 1 AND e.backfilled = 0 AS is_backlog, e.edits, e.edited_at, CASE WHEN e.enclosures <> '[]' THEN json_extract(e.enclosures, '$[0].url') END AS enclosure, s.is_published,
       (s.entry_id = e.id OR s.first_entry_id = e.id) AS leads
FROM entries e JOIN sightings v ON v.entry_id = e.id JOIN stories s ON s.id = v.story_id
"""
# ---------------------------------------------------------------- everything that deciding about a document needs

_ALL = 2**62
MOST_SHARING = 20_000  # entries that share a key with those of a document and are looked at, the first stored
LARGE = 100  # entries of a document
MOST_TOGETHER = 2_000  # entries that are grouped anew together: a guard, not a limit that real feeds meet
MOST_SAME_TITLE = 5_000  # entries of one feed with the titles of one document

_SHARED = """
    SELECT 1 FROM entries WHERE link_key IN (SELECT value FROM json_each(:links))
    UNION ALL SELECT 1 FROM entries WHERE title_key IN (SELECT value FROM json_each(:titles))
        AND published BETWEEN :earliest AND :latest
"""
_OF_FEED = (
    SELECT
    + """WHERE e.id IN (
    SELECT id FROM entries WHERE feed_id = :feed AND guid IN (SELECT value FROM json_each(:guids))
    UNION SELECT id FROM entries WHERE +feed_id = :feed AND link_key IN (SELECT value FROM json_each(:links))
    UNION SELECT id FROM entries WHERE +feed_id = :feed AND title_key IN (SELECT value FROM json_each(:titles))
        AND published BETWEEN :earliest AND :latest
) ORDER BY e.id"""
)
# Where feeds agree on thousands of links or titles, the way by these keys is the longer one.
_OF_FEED_IN_A_CROWD = (
    _OF_FEED.replace("+feed_id", "feed_id")
    .replace("AND link_key", "AND +link_key")
    .replace("AND title_key", "AND +title_key")
)
_SHARING = f"""{SELECT} WHERE e.id IN (
    SELECT id FROM entries WHERE link_key IN (SELECT value FROM json_each(:links))
    UNION SELECT id FROM entries WHERE global_id IN (SELECT value FROM json_each(:ids))
    UNION SELECT id FROM entries WHERE title_key IN (SELECT value FROM json_each(:titles))
        AND published BETWEEN :earliest AND :latest
    ORDER BY id LIMIT {MOST_SHARING}
) ORDER BY e.id"""
_SAME_TITLE = f"""{SELECT} WHERE e.id IN (
    SELECT id FROM entries WHERE feed_id = :feed AND title_key IN (SELECT value FROM json_each(:titles))
    ORDER BY id DESC LIMIT {MOST_SAME_TITLE}
) ORDER BY e.id"""
MOST_SAME_DATE = 1_000  # entries of one feed with the dates of one document: some feeds know days only
_SAME_DATE = f"""{SELECT} WHERE e.id IN (
    SELECT id FROM entries WHERE feed_id = :feed AND published IN (SELECT value FROM json_each(:dates))
    ORDER BY id LIMIT {MOST_SAME_DATE}
) ORDER BY e.id"""
_REMOVED = (
    "SELECT guid AS key FROM tombstones WHERE feed_id = :feed AND guid IN (SELECT value FROM json_each(:guids))"
    " UNION SELECT link_key FROM tombstones WHERE feed_id = :feed"
    " AND link_key IN (SELECT value FROM json_each(:links))"
)


def load_context(db: Database, query: ContextQuery, revision: tuple[int, int]) -> PollContext:
    """All that deciding about the document can need, by indexed look-ups, in a fixed number of statements."""
    answered = Answered(db)
    return replace(_load_context(answered, query), revision=revision, reads=answered.reads)


def _load_context(db: Answered, query: ContextQuery) -> PollContext:
    """An entry whose guid and fingerprint are stored has not changed; nobody looks for what else it could be.

    What does not depend on the answer of another statement is asked before that is waited for.
    """
    traits, count = _traits(db, query.feed_id), _count(db, query.feed_id, len(query.entries))
    if not query.entries:
        return PollContext(_to_traits(traits), count=count[0][0])
    parameters = _keys(query.entries, query.title_window) | {
        "feed": query.feed_id,
        "guids": dumps(sorted({entry.guid for entry in query.entries})),
    }
    known, removed = _known(db, parameters, len(query.entries)), db.execute(_REMOVED, parameters)
    own = _to_entries(known)
    context = PollContext(
        _to_traits(traits), own, removed=frozenset(row["key"] for row in removed), count=count[0][0]
    )
    stored = {(entry.guid, entry.fingerprint) for entry in own}
    unseen = [entry for entry in query.entries if (entry.guid, entry.fingerprint) not in stored]
    if not unseen:
        return context
    listed = {(entry.guid, entry.fingerprint) for entry in query.entries}
    titles, dates = _same_title(db, query.feed_id, unseen), _same_date(db, query.feed_id, unseen)
    oldest, sharing = _oldest(db, query.feed_id), _sharing(db, unseen, query.title_window)
    same_title = _to_entries(titles)
    own = tuple({entry.id: entry for entry in (*own, *_to_entries(dates))}.values())
    changed = {entry.id for entry in (*own, *same_title) if (entry.guid, entry.fingerprint) not in listed}
    return replace(
        context,
        entries=_with_sharing(db, own, sharing, query.title_window),
        same_title=same_title,
        content=_content_for_diff(db, changed),
        oldest=to_time(oldest[0]["published"]) if oldest else None,
    )


def entries_sharing_keys(
    db: Database, entries: Sequence[KnownEntry], window: timedelta
) -> tuple[KnownEntry, ...]:
    """Stored entries of any feed that share a link, a global id or a title with one of these."""
    return tuple(rows.known_entry(row) for row in db.execute(_SHARING, _keys(entries, window)))


def _to_entries(found: Iterable[Row]) -> tuple[KnownEntry, ...]:
    return tuple(map(rows.known_entry, found))


def _traits(db: Answered, feed_id: int) -> Sequence[Row]:
    return db.execute("SELECT name, key FROM feed_traits WHERE feed_id = ?", (feed_id,))


def _to_traits(found: Iterable[Row]) -> frozenset[FeedTrait]:
    return frozenset(FeedTrait(row["name"], row["key"]) for row in found)


def _known(db: Answered, parameters: dict[str, Any], size: int) -> Sequence[Row]:
    """The entries of this feed that share a key with the document, which has so many."""
    # Only a large document can share keys with so many that the way by the feed is the shorter one.
    crowded = size > LARGE and len(db.execute(f"{_SHARED} LIMIT {MOST_SHARING}", parameters)) == MOST_SHARING
    return db.execute(_OF_FEED_IN_A_CROWD if crowded else _OF_FEED, parameters)


def _same_title(db: Answered, feed_id: int, unseen: Sequence[EntryLookup]) -> Sequence[Row]:
    titles = sorted({entry.title_key for entry in unseen if entry.title_key})
    return db.execute(_SAME_TITLE, {"feed": feed_id, "titles": dumps(titles)}) if titles else ()


def _same_date(db: Answered, feed_id: int, unseen: Sequence[EntryLookup]) -> Sequence[Row]:
    dates = sorted({to_text(entry.published) for entry in unseen})
    return db.execute(_SAME_DATE, {"feed": feed_id, "dates": dumps(dates)})


def _count(db: Answered, feed_id: int, most: int) -> Sequence[Row]:
    """How many entries of the feed are stored, at most `most`, and one at least where there is any."""
    return db.execute(
        "SELECT count(*) FROM (SELECT 1 FROM entries WHERE feed_id = ? LIMIT ?) AS found",
        (feed_id, max(most, 1)),
    )


def _oldest(db: Answered, feed_id: int) -> Sequence[Row]:
    """The date of the feed's oldest entry that was listed first, or came as news."""
    return db.execute(
        "SELECT published FROM entries WHERE feed_id = ? AND (quiet = 0 OR backfilled = 1) ORDER BY published LIMIT 1",
        (feed_id,),
    )


def _sharing(
    db: Answered, asking: Sequence[EntryLookup] | Sequence[KnownEntry], window: timedelta
) -> Sequence[Row]:
    return db.execute(_SHARING, _keys(asking, window))


def _with_sharing(
    db: Answered, own: Sequence[KnownEntry], sharing: Sequence[Row], window: timedelta
) -> tuple[KnownEntry, ...]:
    """These and all that share a key with an unseen entry, or with one that is grouped anew because of it.

    `sharing`: those with an unseen entry.
    """
    together = {entry.id: entry for entry in own}
    reached: set[int] = set()
    while sharing:
        found = [entry for entry in _to_entries(sharing) if entry.id not in reached]
        reached.update(entry.id for entry in found)
        together.update((entry.id, entry) for entry in found)
        asking = [entry for entry in found if not entry.is_published]
        sharing = _sharing(db, asking, window) if asking and len(reached) < MOST_TOGETHER else ()
    return tuple(together.values())


def _content_for_diff(db: Answered, entry_ids: Iterable[int]) -> dict[int, StoredContent]:
    """Of each entry what an edit is compared with."""
    chosen = dumps(sorted(entry_ids))
    if chosen == "[]":
        return {}
    found = db.execute(
        "SELECT e.id, e.title, e.title_key, coalesce(c.html, e.summary) AS html FROM entries e"
        " LEFT JOIN contents c ON c.entry_id = e.id WHERE e.id IN (SELECT value FROM json_each(?))",
        (chosen,),
    )
    return {row["id"]: StoredContent(row["title"], row["title_key"], row["html"]) for row in found}


def _keys(entries: Sequence[EntryLookup | KnownEntry], window: timedelta) -> dict[str, Any]:
    dates = [entry.published for entry in entries]
    return {
        "links": dumps(sorted({key for entry in entries for key in _link_keys(entry)})),
        "ids": dumps(sorted({entry.global_id for entry in entries if entry.global_id})),
        "titles": dumps(sorted({e.title_key for e in entries if e.title_key and _title_counts(e)})),
        "earliest": to_text(min(dates) - window),
        "latest": to_text(max(dates) + window),
    }


def _link_keys(entry: EntryLookup | KnownEntry) -> tuple[str, ...]:
    if isinstance(entry, EntryLookup):
        return entry.link_keys
    return (entry.link_key,) if entry.link_key else ()


def _title_counts(entry: EntryLookup | KnownEntry) -> bool:
    return entry.title_counts if isinstance(entry, EntryLookup) else entry.title_strength != "none"


def sample(db: Database, limit: int) -> Iterator[tuple[int, str, Entry]]:
    """Stored entries of subscribed feeds, those stored last first: each one's id, its feed's URL, and it itself."""
    found = db.stream(
        "SELECT e.*, f.url, coalesce(c.html, '') AS html FROM entries e CROSS JOIN feeds f ON f.id = e.feed_id"
        " LEFT JOIN contents c ON c.entry_id = e.id WHERE f.subscribed = 1 ORDER BY e.id DESC LIMIT ?",
        (limit if limit >= 0 else _ALL,),
    )
    for row in found:
        yield row["id"], row["url"], rows.entry(row)
