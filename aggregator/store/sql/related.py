"""Related coverage in SQL: counts of words, an index of three days' telling words, links between entries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from aggregator.models import RELATED_RULE, Entry, EntryWords, RelatedLink, WeighedEntry, WordCounts
from aggregator.store.interfaces import Choose, Display, Weigh
from aggregator.store.sql.database import Database, Row
from aggregator.store.sql.rows import SET_META
from aggregator.store.sql.values import dumps, to_text, to_time

# Entries dated longer ago than this are counted, but related to nothing: so a first poll pays little.
NEWS = timedelta(hours=48)
# The index keeps them a day longer, as two entries may be related that are two days apart.
_KEPT = timedelta(hours=72)
_HALVED_EVERY = timedelta(days=30)
# While fewer entries than this were counted, each new one changes what all words weigh: all of the index is then
# related anew.
COLD = 1_000
# Later the index is related anew whenever so much more was counted: what was linked by other counts than today's is
# judged by today's. A growth by a share costs each entry the same, however large the store.
_GROWTH = 1.25
_LEAST_SHARED = 3  # words of a pair that is worth judging
_ENTRIES = ""  # the row of word_counts that counts entries

_INDEXED = (
    "SELECT w.entry_id, w.published, w.outlet, w.headline, w.summary, e.feed_id, e.atom_id, v.story_id FROM related_words w"
    " JOIN entries e ON e.id = w.entry_id AND e.blocked IS NULL AND e.title_strength <> 'none'"
    " JOIN feeds f ON f.id = e.feed_id AND f.subscribed = 1 JOIN sightings v ON v.entry_id = e.id"
)
_CHOSEN = " (SELECT value FROM json_each(?))"


# ---------------------------------------------------------------- as a document is saved


def save_words(db: Database, new: Mapping[int, Entry], edited: Mapping[int, Entry], now: datetime) -> None:
    """Counts the words of new entries, by their ids, and lets all whose words are new or changed wait for `relate`."""
    counted = [entry.words for entry in new.values() if entry.words]
    if counted:
        counts = Counter(word for words in counted for word in (*words.headline, *words.summary))
        db.executemany(
            "INSERT INTO word_counts (word, entries) VALUES (?, ?)"
            " ON CONFLICT (word) DO UPDATE SET entries = word_counts.entries + excluded.entries",
            sorted([*counts.items(), (_ENTRIES, len(counted))]),
        )
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


def _stored_words(db: Database, entry_id: int) -> EntryWords | None:
    row = db.execute("SELECT * FROM related_words WHERE entry_id = ?", (entry_id,)).fetchone()
    return _words(row) if row else None


def _take_out(db: Database, entry_id: int) -> None:
    db.execute("DELETE FROM related_words WHERE entry_id = ?", (entry_id,))
    db.execute("DELETE FROM telling_words WHERE entry_id = ?", (entry_id,))
    db.execute("DELETE FROM related WHERE entry_id = ? AND rule = ?", (entry_id, RELATED_RULE))
    db.execute("DELETE FROM related WHERE other_id = ? AND rule = ?", (entry_id, RELATED_RULE))


# ---------------------------------------------------------------- as stories are published


def waits(db: Database, off: Collection[int]) -> bool:
    """Whether any entry waits to be related, or other feeds are off than the last time."""
    waiting = db.execute("SELECT 1 FROM related_words WHERE waiting = 1 LIMIT 1").fetchone()
    return waiting is not None or _off(db) != set(off)


def relate(
    db: Database, now: datetime, off: Collection[int], *, weigh: Weigh, choose: Choose, display: Display
) -> int:
    """Links the entries that wait to those of the index; how many links. `off`: feeds that are not to be related."""
    db.execute("DELETE FROM related_words WHERE published <= ?", (to_text(now - _KEPT),))
    _halve_counts(db, now)
    _switch(db, set(off))
    total = _counts_of(db, [_ENTRIES]).get(_ENTRIES, 0)
    waiting = "" if _judge_all_anew(db, total) else " AND w.waiting = 1"
    found = db.execute(f"{_INDEXED} WHERE e.feed_id NOT IN{_CHOSEN}{waiting}", (dumps(sorted(off)),))
    asking = {row["entry_id"]: row for row in found}
    _save_weights(db, asking, total, weigh)
    links = choose(_pairs(db, asking), asking.keys())
    _save_links(db, asking, links, display, now)
    db.execute("UPDATE related_words SET waiting = 0 WHERE waiting = 1")
    return len(links)


def _judge_all_anew(db: Database, total: int) -> bool:
    """Whether the whole index is to be related anew, since what words weigh has changed; remembers that it was."""
    row = db.execute("SELECT value FROM meta WHERE key = 'words related'").fetchone()
    before = int(row["value"]) if row else 0
    if total >= COLD and before <= total < before * _GROWTH:
        return False
    db.execute(SET_META, ("words related", str(total)))
    return True


def _off(db: Database) -> set[int]:
    row = db.execute("SELECT value FROM meta WHERE key = 'related off'").fetchone()
    return set(map(int, row["value"].split())) if row else set()


def _switch(db: Database, off: set[int]) -> None:
    """Takes the links of feeds that are off since now, and lets the entries of those that were wait."""
    before = _off(db)
    if before == off:
        return
    for feed_id in sorted(off - before):
        for table, column in (
            ("related", "entry_id"),
            ("related", "other_id"),
            ("telling_words", "entry_id"),
        ):
            rule = f"rule = '{RELATED_RULE}' AND " if table == "related" else ""
            db.execute(
                f"DELETE FROM {table} WHERE {rule}{column} IN (SELECT id FROM entries WHERE feed_id = ?)",
                (feed_id,),
            )
    db.executemany(
        "UPDATE related_words SET waiting = 1 WHERE entry_id IN (SELECT id FROM entries WHERE feed_id = ?)",
        [(feed_id,) for feed_id in sorted(before - off)],
    )
    db.execute(SET_META, ("related off", " ".join(map(str, sorted(off)))))


def _save_weights(db: Database, asking: Mapping[int, Row], total: int, weigh: Weigh) -> None:
    words = {id: _words(row) for id, row in asking.items()}
    every = sorted({word for each in words.values() for word in (*each.headline, *each.summary)})
    known = WordCounts(total, _counts_of(db, every))
    db.executemany("DELETE FROM telling_words WHERE entry_id = ?", [(id,) for id in asking])
    db.executemany(
        "INSERT INTO telling_words (word, entry_id, weight) VALUES (?, ?, ?)",
        [(word, id, weight) for id, each in words.items() for word, weight in weigh(each, known).items()],
    )


def _pairs(db: Database, asking: Mapping[int, Row]) -> Iterator[tuple[WeighedEntry, WeighedEntry]]:
    """The entries that ask, each with those that share three of its telling words: one join for each."""
    found = {
        id: [
            row["other"]
            for row in db.execute(
                "SELECT b.entry_id AS other FROM telling_words a JOIN telling_words b ON b.word = a.word"
                " WHERE a.entry_id = ?1 AND b.entry_id <> ?1 GROUP BY b.entry_id HAVING count(*) >= ?2",
                (id, _LEAST_SHARED),
            )
        ]
        for id in asking
    }
    ids = sorted(
        {id for id, others in found.items() if others} | {id for others in found.values() for id in others}
    )
    weighed = _weighed(db, ids)
    for id, others in found.items():
        for other in others:
            # Two that both ask are met twice; they are judged once.
            if (other not in asking or id < other) and id in weighed and other in weighed:
                yield weighed[id], weighed[other]


def _weighed(db: Database, ids: Sequence[int]) -> dict[int, WeighedEntry]:
    chosen = dumps(list(ids))
    weights: defaultdict[int, dict[str, float]] = defaultdict(dict)
    for row in db.execute(
        f"SELECT entry_id, word, weight FROM telling_words WHERE entry_id IN{_CHOSEN}", (chosen,)
    ):
        weights[row["entry_id"]][row["word"]] = row["weight"]
    return {
        row["entry_id"]: WeighedEntry(
            row["entry_id"],
            row["feed_id"],
            row["story_id"],
            to_time(row["published"]),
            _words(row),
            weights[row["entry_id"]],
            row["atom_id"],
        )
        for row in db.execute(f"{_INDEXED} WHERE w.entry_id IN{_CHOSEN}", (chosen,))
    }


def _save_links(
    db: Database, asking: Collection[int], links: Sequence[RelatedLink], display: Display, now: datetime
) -> None:
    db.executemany(
        "DELETE FROM related WHERE entry_id = ? AND rule = ?"
        " AND other_id IN (SELECT entry_id FROM related_words)",
        [(id, RELATED_RULE) for id in asking],
    )
    texts = {
        row["id"]: (row["title"], row["summary"])
        for row in db.execute(
            f"SELECT id, title, summary FROM entries WHERE id IN{_CHOSEN}",
            (dumps(sorted({link.entry_id for link in links})),),
        )
    }
    db.executemany(
        "INSERT INTO related (entry_id, other_id, rule, key, cosine, noted_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [
            (
                link.entry_id,
                link.other_id,
                RELATED_RULE,
                ", ".join(display(link.words, *texts[link.entry_id])),
                round(link.cosine, 4),
                to_text(now),
            )
            for link in links
        ],
    )


def _halve_counts(db: Database, now: datetime) -> None:
    """Lets the counts forget by half every thirty days, so that they are those of the last weeks."""
    row = db.execute("SELECT value FROM meta WHERE key = 'words halved'").fetchone()
    if row and to_time(row["value"]) > now - _HALVED_EVERY:
        return
    if row:
        db.execute("UPDATE word_counts SET entries = entries / 2")
        db.execute("DELETE FROM word_counts WHERE entries = 0")
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
