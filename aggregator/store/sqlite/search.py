"""Full-text search in SQLite: an FTS5 index."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence

from aggregator.store.sql.search import MOST_WORDS, is_prefix, pieces, spaced
from aggregator.store.sqlite.database import SqliteDatabase


class FtsIndex:
    """Answers store.sql.database.SearchIndex."""

    def __init__(self, db: SqliteDatabase) -> None:
        self._db = db

    def remove(self, ids: Sequence[int]) -> None:
        self._db.executemany("DELETE FROM search WHERE rowid = ?", [(story_id,) for story_id in ids])

    def add(self, stories: Sequence[tuple[int, str, str]]) -> None:
        self._db.executemany(
            "INSERT INTO search (rowid, title, summary) VALUES (?, ?, ?)",
            [(story_id, spaced(title), spaced(summary)) for story_id, title, summary in stories],
        )

    def find(self, query: str, limit: int, titles_only: Collection[int]) -> Sequence[int]:
        wanted = expression(query)
        if not wanted:
            return []
        found = self._db.execute(
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
    """What a person types as an FTS5 query: every word quoted, so that none is an operator; "a phrase" stays one.

    jap* finds the words that begin so.
    """
    words = [spaced(piece).replace("\0", "") for piece in pieces(query) if re.search(r"\w", piece)]
    return " ".join(f'"{word}"{"*" if is_prefix(word) else ""}' for word in words[:MOST_WORDS])
