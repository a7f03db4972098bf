"""Related coverage in SQL: counts of words, an index of three days' telling words, links between entries."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

from aggregator.models import (
    RELATED_RULE,
    Entry,
    EntryWords,
    RelatedLink,
    WeighedEntry,
    WordCounts,
    total_step,
)
from aggregator.store.interfaces import Choose, Display, Weigh
from aggregator.store.sql.database import Database, Row
from aggregator.store.sql.rows import SET_META
from aggregator.store.sql.values import dumps, to_text, to_time

# Entries dated longer ago than this are counted, but related to nothing: so a first poll pays little.
NEWS = timedelta(hours=48)
# The index keeps them a day longer, as two entries may be related that are two days apart.
_KEPT = timedelta(hours=72)
_HALVED_EVERY = timedelta(days=30)
# Where the counting of a word ends: one that is in so many entries tells nothing, nor does it when that was halved.
_MOST_COUNTED = 1_000
_LEAST_SHARED = 3  # words of a pair that is worth judging
_MOST_LINKS = 10  # of an entry
_ENTRIES = ""  # the row of word_counts that counts entries
_WEIGHED = "words weighed"  # in `meta`: by which number of entries

_INDEXED = (
    "SELECT w.entry_id, w.published, w.outlet, w.headline, w.summary, w.telling, e.feed_id, e.atom_id, v.story_id"
    " FROM related_words w"
    " JOIN entries e ON e.id = w.entry_id AND e.blocked IS NULL AND e.title_strength <> 'none'"
    " JOIN feeds f ON f.id = e.feed_id AND f.subscribed = 1 JOIN sightings v ON v.entry_id = e.id"
)
_CHOSEN = " (SELECT value FROM json_each(?))"


# ---------------------------------------------------------------- as a document is saved


def save_words(db: Database, new: Mapping[int, Entry], edited: Mapping[int, Entry], now: datetime) -> None:
    """Counts the words of new entries, by their ids, and lets all whose words are new or changed wait for `relate`."""
    _count(db, [entry.words for entry in new.values() if entry.words])
    changed = {id: entry for id, entry in edited.items() if _stored_words(db, id) != entry.words}
    for id in changed:
        _take_out(db, id)
    db.executemany(
        "INSERT INTO related_words (entry_id, published, outlet, headline, summary)"
        " SELECT id, published, ?, ?, ? FROM entries WHERE id = ? AND published > ?",
        [
            (words.outlet, " ".join(words.headline), " ".join(words.summary), id, to_text(now - NEWS))
            for id, entry in (*new.items(), *changed.items())
            if (words := entry.words)
        ],
    )


def _count(db: Database, counted: Sequence[EntryWords]) -> None:
    """Counts these entries and their words. By a trigger those wait that have a word which weighs less now."""
    if not counted:
        return
    parts = (part for words in counted for part in (words.headline, words.summary))
    db.execute(_COUNT_WORDS, (dumps([*chain.from_iterable(parts)]),))
    db.execute(_COUNT_ENTRIES, (len(counted),))


_SUM = "word_counts.entries + excluded.entries"
_COUNT_WORDS = (
    "INSERT INTO word_counts (word, entries) SELECT value, count(*) FROM json_each(?) GROUP BY value"
    " ON CONFLICT (word) DO UPDATE SET entries ="
    f" CASE WHEN {_SUM} < {_MOST_COUNTED} THEN {_SUM} ELSE {_MOST_COUNTED} END"
    f" WHERE word_counts.entries < {_MOST_COUNTED}"
)
_COUNT_ENTRIES = f"INSERT INTO word_counts (word, entries) VALUES ('{_ENTRIES}', ?) ON CONFLICT (word) DO UPDATE SET entries = {_SUM}"


def _stored_words(db: Database, entry_id: int) -> EntryWords | None:
    row = db.execute("SELECT * FROM related_words WHERE entry_id = ?", (entry_id,)).fetchone()
    return _words(row) if row else None


def _take_out(db: Database, entry_id: int) -> None:
    db.execute("DELETE FROM related_words WHERE entry_id = ?", (entry_id,))
    db.execute("DELETE FROM related WHERE entry_id = ? AND rule = ?", (entry_id, RELATED_RULE))
    db.execute("DELETE FROM related WHERE other_id = ? AND rule = ?", (entry_id, RELATED_RULE))


# ---------------------------------------------------------------- as stories are published


def waits(db: Database, off: Collection[int] | None = None) -> bool:
    """Whether any entry waits to be related, words weigh other than they did, or other feeds are `off`."""
    waiting = db.execute("SELECT 1 FROM related_words WHERE waiting = 1 LIMIT 1").fetchone()
    otherwise = off is not None and _off(db) != set(off)
    return waiting is not None or otherwise or _weigh_otherwise(db, _total(db))


def relate(
    db: Database, now: datetime, off: Collection[int], *, weigh: Weigh, choose: Choose, display: Display
) -> int:
    """Links the entries that wait to those of the index; how many links. `off`: feeds that are not to be related.

    Besides what was saved, those wait of whose words one weighs other than before, and those that lost a link
    while they had as many as may be: there may be another now.
    """
    db.execute("DELETE FROM related_words WHERE published <= ?", (to_text(now - _KEPT),))
    _halve_counts(db, now)
    _switch(db, set(off))
    total = _total(db)
    everything = _weigh_otherwise(db, total)
    if everything:
        db.execute(SET_META, (_WEIGHED, str(total_step(total))))
    waiting = _waiting(db, off, everything)
    weights = _save_weights(db, waiting, total, weigh)
    _take_links(db, waiting, "entry_id", "other_id")
    _take_links(db, waiting, "other_id", "entry_id")
    asking = waiting if everything else _waiting(db, off)
    _take_links(db, asking.keys() - waiting.keys(), "entry_id", "other_id")
    weighed = {id: _weighed(row, weights.get(id)) for id, row in asking.items()}
    links = choose(_pairs(db, weighed, off))
    _save_links(db, links, display, now)
    db.execute("UPDATE related_words SET waiting = 0 WHERE waiting = 1")
    return len(links)


def _waiting(db: Database, off: Collection[int], everything: bool = False) -> dict[int, Row]:
    """The entries that wait and may be related, by their ids; or all that may."""
    which = "" if everything else " AND w.waiting = 1"
    found = db.execute(f"{_INDEXED} WHERE e.feed_id NOT IN{_CHOSEN}{which}", (dumps(sorted(off)),))
    return {row["entry_id"]: row for row in found}


def _total(db: Database) -> int:
    return _counts_of(db, [_ENTRIES]).get(_ENTRIES, 0)


def _weigh_otherwise(db: Database, total: int) -> bool:
    """Whether the index was weighed by another number of entries: then all of it is related anew."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (_WEIGHED,)).fetchone()
    return (int(row["value"]) if row else 0) != total_step(total)


def _off(db: Database) -> set[int]:
    row = db.execute("SELECT value FROM meta WHERE key = 'related off'").fetchone()
    return set(map(int, row["value"].split())) if row else set()


def _switch(db: Database, off: set[int]) -> None:
    """Takes the links of feeds that are off since now, and lets the entries of those that were wait."""
    before = _off(db)
    if before == off:
        return
    of_feed = "(SELECT id FROM entries WHERE feed_id = ?)"
    for feed_id in sorted(off - before):
        for end in ("entry_id", "other_id"):
            db.execute(
                f"DELETE FROM related WHERE rule = '{RELATED_RULE}' AND {end} IN {of_feed}", (feed_id,)
            )
    db.executemany(
        f"UPDATE related_words SET waiting = 1 WHERE entry_id IN {of_feed}",
        [(feed_id,) for feed_id in sorted(before - off)],
    )
    db.execute(SET_META, ("related off", " ".join(map(str, sorted(off)))))


def _save_weights(
    db: Database, waiting: Mapping[int, Row], total: int, weigh: Weigh
) -> dict[int, Mapping[str, float]]:
    """What the words of these entries weigh; the index follows."""
    words = {id: _words(row) for id, row in waiting.items()}
    every = sorted({word for each in words.values() for word in (*each.headline, *each.summary)})
    known = WordCounts(total, _counts_of(db, every))
    weights = {id: weigh(each, known) for id, each in words.items()}
    db.executemany(
        "UPDATE related_words SET telling = ?, is_full = 0 WHERE entry_id = ?",
        [(dumps(each), id) for id, each in weights.items()],
    )
    before = {id: json.loads(row["telling"]).keys() for id, row in waiting.items()}
    db.executemany(
        "DELETE FROM telling_index WHERE word = ? AND entry_id = ?",
        [(word, id) for id, each in weights.items() for word in before[id] - each.keys()],
    )
    db.executemany(
        "INSERT INTO telling_index (word, entry_id) VALUES (?, ?)",
        sorted((word, id) for id, each in weights.items() for word in each.keys() - before[id]),
    )
    return weights


def _take_links(db: Database, ids: Collection[int], here: str, there: str) -> None:
    """Takes the links that these entries have at the end `here`, but for those with entries that left the index."""
    if ids:
        db.execute(
            f"DELETE FROM related WHERE {here} IN{_CHOSEN} AND rule = '{RELATED_RULE}'"
            f" AND EXISTS (SELECT 1 FROM related_words w WHERE w.entry_id = related.{there})",
            (dumps(sorted(ids)),),
        )


def _pairs(
    db: Database, asking: Mapping[int, WeighedEntry], off: Collection[int]
) -> Iterator[tuple[WeighedEntry, WeighedEntry]]:
    """The entries that ask, each with those that share three of its telling words: one look-up for each.

    Not with those of feeds that are off: their words stay in the index for when they are on again.
    """
    found = {
        id: [
            row["entry_id"]
            for row in db.execute(
                f"SELECT entry_id FROM telling_index WHERE word IN{_CHOSEN} GROUP BY entry_id HAVING count(*) >= ?",
                (dumps(list(each.weights)), _LEAST_SHARED),
            )
        ]
        for id, each in asking.items()
    }
    others = {id for ids in found.values() for id in ids} - asking.keys()
    chosen = dumps(sorted(others))
    rows = db.execute(f"{_INDEXED} WHERE w.entry_id IN{_CHOSEN}", (chosen,)) if others else ()
    known = {row["entry_id"]: _weighed(row) for row in rows if row["feed_id"] not in off}
    for id, ids in found.items():
        for other in ids:
            if other in known:
                yield asking[id], known[other]
            elif other in asking and id < other:  # two that both ask are met twice, and judged once
                yield asking[id], asking[other]


def _weighed(row: Row, weights: Mapping[str, float] | None = None) -> WeighedEntry:
    return WeighedEntry(
        row["entry_id"],
        row["feed_id"],
        row["story_id"],
        to_time(row["published"]),
        _words(row),
        json.loads(row["telling"]) if weights is None else weights,
        row["atom_id"],
    )


def _save_links(db: Database, links: Sequence[RelatedLink], display: Display, now: datetime) -> None:
    """Adds these links, and of each entry keeps those that are most alike."""
    if not links:
        return
    ids = dumps(sorted({link.entry_id for link in links}))
    found = db.execute(f"SELECT id, title, summary FROM entries WHERE id IN{_CHOSEN}", (ids,))
    texts = {row["id"]: (row["title"], row["summary"]) for row in found}
    db.executemany(
        "INSERT INTO related (entry_id, other_id, rule, key, cosine, noted_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [
            (
                link.entry_id,
                link.other_id,
                RELATED_RULE,
                ", ".join(display(link.words, *texts[link.entry_id])),
                link.cosine,
                to_text(now),
            )
            for link in links
        ],
    )
    full = [
        (row["entry_id"],)
        for row in db.execute(
            f"SELECT entry_id FROM related WHERE entry_id IN{_CHOSEN} AND rule = '{RELATED_RULE}'"
            f" GROUP BY entry_id HAVING count(*) >= {_MOST_LINKS}",
            (ids,),
        )
    ]
    db.executemany("UPDATE related_words SET is_full = 1 WHERE entry_id = ?", full)
    db.executemany(
        f"DELETE FROM related WHERE entry_id = ?1 AND rule = '{RELATED_RULE}' AND other_id NOT IN ("
        f"SELECT r.other_id FROM related r JOIN entries o ON o.id = r.other_id"
        f" WHERE r.entry_id = ?1 AND r.rule = '{RELATED_RULE}' ORDER BY r.cosine DESC, o.atom_id LIMIT {_MOST_LINKS})",
        full,
    )


def _halve_counts(db: Database, now: datetime) -> None:
    """Lets the counts forget by half every thirty days, so that they are those of the last weeks."""
    row = db.execute("SELECT value FROM meta WHERE key = 'words halved'").fetchone()
    if row and to_time(row["value"]) > now - _HALVED_EVERY:
        return
    if row:
        db.execute("UPDATE word_counts SET entries = entries / 2")
        db.execute("DELETE FROM word_counts WHERE entries = 0")
        db.execute("DELETE FROM meta WHERE key = ?", (_WEIGHED,))
    db.execute(SET_META, ("words halved", to_text(now)))


def _words(row: Row) -> EntryWords:
    return EntryWords(row["outlet"], tuple(row["headline"].split()), tuple(row["summary"].split()))


# ---------------------------------------------------------------- reading


def _counts_of(db: Database, words: Iterable[str]) -> dict[str, int]:
    found = db.execute(f"SELECT word, entries FROM word_counts WHERE word IN{_CHOSEN}", (dumps(list(words)),))
    return {row["word"]: row["entries"] for row in found}


def word_counts(db: Database, words: Iterable[str]) -> WordCounts:
    """How many entries of the last weeks each of these words is in, and how many entries there were."""
    return WordCounts(_counts_of(db, [_ENTRIES]).get(_ENTRIES, 0), _counts_of(db, words))


def near_entries(db: Database, story_ids: Collection[int]) -> Iterator[tuple[WeighedEntry, WeighedEntry]]:
    """The entries of these stories, each with those that share three of its telling words; none of feeds that are off."""
    off = _off(db)
    found = db.execute(f"{_INDEXED} WHERE v.story_id IN{_CHOSEN}", (dumps(sorted(story_ids)),)).fetchall()
    asking = {row["entry_id"]: _weighed(row) for row in found if row["feed_id"] not in off}
    yield from _pairs(db, asking, off)


def linked_stories(db: Database, chosen: str) -> Iterator[Row]:
    """Stories that each of `chosen` (a JSON list of ids) is linked to, the most alike first.

    Rows of `here`, `there` (ids of stories), `cosine`, `words`; and of `there` its `title`, `link` and `feed_id`.
    """
    ends = ("r.entry_id", "r.other_id")
    both_ways = " UNION ALL ".join(
        "SELECT v.story_id AS here, s.id AS there, r.cosine AS cosine, r.key AS words, s.title, s.link, s.feed_id FROM sightings v"
        f" JOIN related r ON {here} = v.entry_id AND r.rule = '{RELATED_RULE}'"
        f" JOIN sightings o ON o.entry_id = {there} AND o.story_id <> v.story_id"
        " JOIN stories s ON s.id = o.story_id"
        f" WHERE v.story_id IN{_CHOSEN}"
        for here, there in (ends, ends[::-1])
    )
    met: set[tuple[int, int]] = set()
    for row in db.execute(f"{both_ways} ORDER BY here, cosine DESC, there, words", (chosen, chosen)):
        if (row["here"], row["there"]) not in met:
            met.add((row["here"], row["there"]))
            yield row
