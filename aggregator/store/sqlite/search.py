"""Full-text search over what was published: an FTS5 index, filled in portions after publishing."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from functools import cache
from sqlite3 import Connection

from aggregator.scripts import UNSPACED
from aggregator.store.interfaces import LONGEST_QUERY

PORTION = 5000  # stories indexed at a time, under a second of work
MOST = 2_000  # stories that a search finds
LONGEST = 2.0  # seconds that a search may take
MOST_WORDS = 12

_PIECE = re.compile(r'"([^"]*)"|([^\s"]+)')


def index(db: Connection) -> int:
    """Brings a portion of the stories that wait into the index; how many."""
    waiting = [
        row["story_id"] for row in db.execute("SELECT story_id FROM search_waiting LIMIT ?", (PORTION,))
    ]
    if not waiting:
        return 0
    ids = [(story_id,) for story_id in waiting]
    db.executemany("DELETE FROM search WHERE rowid = ?", ids)
    for story_id in waiting:
        found = db.execute(
            "SELECT s.title, e.summary FROM stories s JOIN entries e ON e.id = s.entry_id WHERE s.id = ?",
            (story_id,),
        ).fetchone()
        if found:
            db.execute(
                "INSERT INTO search (rowid, title, summary) VALUES (?, ?, ?)",
                (story_id, spaced(found["title"]), spaced(found["summary"])),
            )
    db.executemany("DELETE FROM search_waiting WHERE story_id = ?", ids)
    return len(waiting)


def search(db: Connection, query: str, limit: int, titles_only: Collection[int] = ()) -> Sequence[int]:
    """Stories whose title or summary has all the words, the newest first; none for a query without words."""
    wanted = expression(query)
    if not wanted:
        return []
    found = db.execute(
        "SELECT search.rowid AS id FROM search JOIN stories s ON s.id = search.rowid"
        " JOIN feeds f ON f.id = s.feed_id AND f.subscribed = 1"
        " JOIN entries e ON e.id = s.entry_id AND e.blocked IS NULL"
        " WHERE search MATCH ? AND (s.feed_id NOT IN (SELECT value FROM json_each(?))"
        " OR search.rowid IN (SELECT rowid FROM search WHERE search MATCH ?))"
        " ORDER BY search.rowid DESC LIMIT ?",
        (wanted, json.dumps(list(titles_only)), f"title : ({wanted})", limit),
    )
    return [row["id"] for row in found]


def expression(query: str) -> str:
    """What a person types as an FTS5 query: every word quoted, so that none is an operator; "a phrase" stays one."""
    pieces = (spaced(found[1] or found[2] or "") for found in _PIECE.finditer(query[:LONGEST_QUERY]))
    words = [piece.replace("\0", "") for piece in pieces if re.search(r"\w", piece)]
    return " ".join(f'"{word}"' for word in words[:MOST_WORDS])


def spaced(text: str) -> str:
    """The text with a space round each character of a script that has none between words."""
    return " ".join((text if text.isascii() else _unspaced().sub(r" \1 ", text)).split())


@cache
def _unspaced() -> re.Pattern[str]:
    """Of a script without spaces each character is a word of its own in the index, and a query's run of them a phrase."""
    return re.compile(f"([{UNSPACED}])")
