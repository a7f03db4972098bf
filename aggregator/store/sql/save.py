"""Entries in SQL, writing: what a document adds, and which story each of its entries tells."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from aggregator.models import (
    RANKING,
    Decision,
    DocumentChanges,
    FeedTrait,
    Placement,
    Relation,
    SaveCounts,
    ref_of_new,
)
from aggregator.store.sql import feed_states, related, rows
from aggregator.store.sql.database import Database
from aggregator.store.sql.values import dumps, maybe_text, to_text

_COLUMNS: dict[str, str] = {  # of models.RANKING
    "blocked": "e.blocked IS NOT NULL",
    "subscribed": "f.subscribed",
    "priority": "f.priority",
    "home": "e.home",
    "published": "e.published",
    "position": "f.position",
    "guid": "e.guid",
}
_RANKED = ", ".join(f"{_COLUMNS[each.field]}{' DESC' if each.highest_first else ''}" for each in RANKING)
_BEST = (
    "SELECT e.id, e.feed_id, e.title, e.link FROM sightings v JOIN entries e ON e.id = v.entry_id"
    f" JOIN feeds f ON f.id = e.feed_id WHERE v.story_id = stories.id ORDER BY {_RANKED} LIMIT 1"
)
_FIRST = (
    "SELECT e.id, e.published, max(e.published, coalesce(e.updated, e.published))"
    " FROM sightings v JOIN entries e ON e.id = v.entry_id JOIN feeds f ON f.id = e.feed_id"
    " WHERE v.story_id = stories.id ORDER BY e.published, f.position, e.guid LIMIT 1"
)
_OWN_ID = "SELECT atom_id FROM entries WHERE id = stories.first_entry_id"
# A story that one entry tells, whole: what an election would make of it, in one statement.
_ALONE = """
INSERT INTO stories (id, atom_id, created_at, entry_id, feed_id, first_entry_id, title, link, published, updated,
                     publishable, position)
SELECT ?1, atom_id, ?2, id, feed_id, id, title, link, published, max(published, coalesce(updated, published)),
       CASE WHEN quiet = 0 AND blocked IS NULL THEN 1 ELSE 0 END, CASE backfilled WHEN 1 THEN published END
FROM entries WHERE id = ?3
"""


def save_changes(db: Database, feed_id: int, changes: DocumentChanges, now: datetime) -> SaveCounts:
    """Writes what a document changes; how much it added."""
    decisions = changes.decisions
    _add_traits(db, feed_id, changes.traits, now)
    db.executemany(
        "UPDATE entries SET date_reason = 'rolling' WHERE id = ?", [(id,) for id in changes.unstable_dates]
    )
    edited = [decision for decision in decisions if decision.action == "edit"]
    _edit(db, edited, now)
    listed = [decision.entry_id for decision in decisions if decision.entry_id is not None]
    db.execute(
        "UPDATE entries SET last_listed = ? WHERE id IN (SELECT value FROM json_each(?))",
        (to_text(now), dumps(listed)),
    )
    ids = _insert(db, feed_id, changes, now)
    stories = place(db, changes.placements, ids, now)
    _relate(db, changes.relations, ids, now)
    related.save_words(
        db,
        {ids[ref_of_new(index)]: each.entry for index, each in enumerate(decisions) if each.action == "new"},
        {each.entry_id: each.entry for each in edited if each.entry_id is not None},
        now,
    )
    return SaveCounts(new=len(ids), stories=stories, edited=len(edited))


def changes_content(changes: DocumentChanges) -> bool:
    """Whether it changes more than when its entries were last listed."""
    acted = any(decision.action in ("new", "edit") for decision in changes.decisions)
    return acted or bool(changes.placements or changes.relations or changes.traits or changes.unstable_dates)


def _add_traits(db: Database, feed_id: int, traits: Sequence[FeedTrait], now: datetime) -> None:
    """Remembers the traits that the feed has shown; stored entries of it lose the keys that tell nothing any more."""
    if not traits:
        return
    db.executemany(
        "INSERT INTO feed_traits (feed_id, name, key, learned_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(feed_id, trait.name, trait.key, to_text(now)) for trait in traits],
    )
    for name, change in (
        ("shared-link", "UPDATE entries SET link_key = NULL WHERE link_key = ? AND feed_id = ?"),
        ("recurring-title", "UPDATE entries SET title_strength = 'none' WHERE title_key = ? AND feed_id = ?"),
    ):
        db.executemany(change, [(trait.key, feed_id) for trait in traits if trait.name == name])


# ---------------------------------------------------------------- entries


def _edit(db: Database, decisions: Sequence[Decision], now: datetime) -> None:
    if not decisions:
        return
    columns = ", ".join(f"{column} = :{column}" for column in rows.EDIT_COLUMNS)
    db.executemany(
        f"UPDATE entries SET {columns}, guid_turn = :guid_turn WHERE id = :id",
        [rows.entry_to_row(d.entry) | {"id": d.entry_id, "guid_turn": d.guid_turn} for d in decisions],
    )
    # Insignificant edits are counted by the day.
    db.executemany(
        "UPDATE entries SET edits = CASE WHEN substr(edited_at, 1, 10) = substr(?1, 1, 10) THEN edits + 1 ELSE 1 END,"
        " edited_at = ?1 WHERE id = ?2",
        [(to_text(now), d.entry_id) for d in decisions if d.revised is None],
    )
    db.executemany(
        "INSERT INTO contents (entry_id, html) VALUES (?, ?)"
        " ON CONFLICT (entry_id) DO UPDATE SET html = excluded.html",
        [(d.entry_id, d.entry.content) for d in decisions],
    )
    db.executemany(
        "UPDATE stories SET title = ?1, link = ?2, updated = max(updated, coalesce(?3, updated))"
        " WHERE id = (SELECT story_id FROM sightings WHERE entry_id = ?4) AND entry_id = ?4",
        [(d.entry.title, d.entry.link, maybe_text(d.revised), d.entry_id) for d in decisions],
    )
    told = _stories_of(db, (d.entry_id for d in decisions if d.entry_id is not None))
    # An edit never makes a second story: what was told as one is told as one from now on.
    db.executemany(
        "UPDATE stories SET is_published = 1 WHERE id = (SELECT story_id FROM sightings WHERE entry_id = ?)",
        [(d.entry_id,) for d in decisions],
    )
    elect(db, told)
    feed_states.remove(db, told)
    _return(db, [decision for decision in decisions if decision.news], now)


def _return(db: Database, decisions: Sequence[Decision], now: datetime) -> None:
    """Gives entries that were withdrawn and are news again a new place in the merged feed."""
    if not decisions:
        return
    db.executemany(
        "UPDATE entries SET news = ?, quiet = 0, backfilled = 0 WHERE id = ?",
        [(decision.news, decision.entry_id) for decision in decisions],
    )
    db.executemany(
        "UPDATE stories SET position = ? WHERE first_published IS NOT NULL"
        " AND id = (SELECT story_id FROM sightings WHERE entry_id = ?)",
        [(to_text(now), decision.entry_id) for decision in decisions],
    )
    elect(db, _stories_of(db, (d.entry_id for d in decisions if d.entry_id is not None)))


def mark_blocked(db: Database, changes: Mapping[int, str | None], fingerprint: str) -> None:
    """Writes what other filters make of stored entries; None lets an entry go. Remembers which filters."""
    db.executemany("UPDATE entries SET blocked = ? WHERE id = ?", [(by, id) for id, by in changes.items()])
    told = _stories_of(db, changes)
    elect(db, told)
    feed_states.remove(db, told)
    db.execute(rows.SET_META, ("filters", fingerprint))


def filters(db: Database) -> str:
    """The fingerprint of the filters that the stored entries were marked by."""
    row = db.execute("SELECT value FROM meta WHERE key = 'filters'").fetchone()
    return row["value"] if row else ""


def _insert(db: Database, feed_id: int, changes: DocumentChanges, now: datetime) -> dict[int, int]:
    """Adds the new entries; the id of each by what `ref_of_new` gives."""
    new = {
        ref_of_new(index): decision
        for index, decision in enumerate(changes.decisions)
        if decision.action == "new"
    }
    ids = dict(zip(new, db.new_ids("entries", len(new)), strict=True))
    atom_ids, at = _free_atom_ids(db, new.values()), to_text(now)
    db.executemany(
        _insert_into("entries", rows.ENTRY_COLUMNS),
        [
            rows.entry_to_row(decision.entry)
            | {
                "id": ids[name],
                "feed_id": feed_id,
                "guid_turn": decision.guid_turn,
                "atom_id": atom_ids[decision.atom_id],
                "first_seen": at,
                "last_listed": at,
                "backfilled": int(changes.is_first),
                "quiet": int(decision.is_backlog),
                "news": decision.news,
            }
            for name, decision in new.items()
        ],
    )
    db.executemany(
        "INSERT INTO contents (entry_id, html) VALUES (?, ?)",
        [(ids[name], decision.entry.content) for name, decision in new.items() if decision.entry.content],
    )
    return ids


def _free_atom_ids(db: Database, decisions: Collection[Decision]) -> dict[str, str]:
    """By the id that each new entry is to have, that one if no story has it, else the minted one, else one by chance."""
    wanted = {decision.atom_id: decision.minted_id for decision in decisions}
    if not wanted:
        return {}
    found = db.execute(
        "SELECT atom_id FROM stories WHERE atom_id IN (SELECT value FROM json_each(?))",
        (dumps(sorted({*wanted, *wanted.values()})),),
    )
    taken = {row["atom_id"] for row in found}
    free: dict[str, str] = {}
    for own, minted in wanted.items():
        choices = (own, minted, f"urn:uuid:{uuid.uuid4()}") if own in taken else (own,)
        free[own] = next(choice for choice in choices if choice and choice not in taken)
        taken.add(free[own])
    return free


# ---------------------------------------------------------------- stories


def place(db: Database, placements: Sequence[Placement], ids: Mapping[int, int], now: datetime) -> int:
    """Writes which story each entry tells; how many stories that adds.

    `ids`: the row of each new entry by what it was called on its way.
    """
    at = to_text(now)
    begins = {placement.group for placement in placements if placement.story_id is None}
    numbers = db.new_ids("stories", len(begins))
    members = Counter(placement.group for placement in placements)
    groups: dict[int, int] = {}
    alone: list[tuple[int, str, int]] = []
    begun: list[int] = []
    sightings: list[tuple[int, int, str, str, str]] = []
    for placement in placements:
        entry_id = ids.get(placement.entry, placement.entry)
        if placement.group not in groups:
            groups[placement.group] = next(numbers) if placement.story_id is None else placement.story_id
            single = members[placement.group] == 1 and placement.entry in ids
            if placement.story_id is None and single:
                alone.append((groups[placement.group], at, entry_id))
            elif placement.story_id is None:
                begun.append(groups[placement.group])
        sightings.append((entry_id, groups[placement.group], placement.rule, placement.key, at))
    db.executemany(_ALONE, alone)
    db.executemany(
        "INSERT INTO stories (id, atom_id, entry_id, feed_id, first_entry_id, title, published, updated, created_at)"
        " VALUES (?, ?, 0, 0, 0, '', '', '', ?)",
        [(story_id, f"urn:uuid:{uuid.uuid4()}", at) for story_id in begun],
    )
    left = _stories_of(db, {entry_id for entry_id, *_ in sightings} - set(ids.values()))
    db.executemany(
        "INSERT INTO sightings (entry_id, story_id, rule, key, decided_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (entry_id) DO UPDATE SET story_id = excluded.story_id, rule = excluded.rule,"
        " key = excluded.key, decided_at = excluded.decided_at"
        " WHERE sightings.story_id <> excluded.story_id OR sightings.rule <> excluded.rule",
        sightings,
    )
    elect(db, (left | set(groups.values())) - {story_id for story_id, *_ in alone})
    return len(alone) + len(begun)


def _stories_of(db: Database, entry_ids: Iterable[int]) -> set[int]:
    chosen = sorted(entry_ids)
    if not chosen:
        return set()
    found = db.execute(
        "SELECT story_id FROM sightings WHERE entry_id IN (SELECT value FROM json_each(?))",
        (dumps(chosen),),
    )
    return {row["story_id"] for row in found}


def elect(db: Database, story_ids: Iterable[int]) -> None:
    """Lets the best sighting lend each story its title, link and content; removes a story that nobody tells.

    Until a story is published or edited, its first sighting also gives it its id and its dates; afterwards they stay.
    """
    every = [(story_id,) for story_id in sorted(story_ids)]
    db.executemany(
        "DELETE FROM stories WHERE id = ? AND id NOT IN (SELECT story_id FROM sightings WHERE story_id = stories.id)",
        every,
    )
    db.executemany(f"UPDATE stories SET (entry_id, feed_id, title, link) = ({_BEST}) WHERE id = ?", every)
    db.executemany(
        f"UPDATE stories SET (first_entry_id, published, updated) = ({_FIRST}) WHERE id = ? AND is_published = 0",
        every,
    )
    # A source's id belongs to the story that took it first; the other one keeps its random id.
    db.executemany(
        f"UPDATE stories SET atom_id = ({_OWN_ID}) WHERE id = ? AND is_published = 0"
        f" AND NOT EXISTS (SELECT 1 FROM stories o WHERE o.atom_id = ({_OWN_ID}))",
        every,
    )
    # On a feed's first fetch a story takes the place of its own date; later it comes when it comes.
    db.executemany(
        "UPDATE stories SET (publishable, position) = ("
        "  SELECT max(CASE WHEN e.quiet = 0 AND e.blocked IS NULL THEN 1 ELSE 0 END), CASE WHEN min(e.backfilled) = 1 THEN stories.published END"
        "  FROM sightings v JOIN entries e ON e.id = v.entry_id WHERE v.story_id = stories.id)"
        " WHERE id = ? AND first_published IS NULL",
        every,
    )


def _relate(db: Database, relations: Sequence[Relation], ids: Mapping[int, int], now: datetime) -> None:
    db.executemany(
        "INSERT INTO related (entry_id, other_id, rule, key, noted_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
            (
                ids.get(each.entry, each.entry),
                ids.get(each.other, each.other),
                each.rule,
                each.key,
                to_text(now),
            )
            for each in relations
        ],
    )


def _insert_into(table: str, columns: Sequence[str]) -> str:
    names, values = ", ".join(columns), ", ".join(f":{column}" for column in columns)
    return f"INSERT INTO {table} ({names}) VALUES ({values})"
