"""Full-text search in PostgreSQL: words are folded and parted by us, stemmed and found by the server."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

from aggregator.store.postgresql.database import PostgresDatabase
from aggregator.store.sql.search import is_prefix, pieces, spaced

_MARKS = re.compile("[\u0300-\u036f]")
_WORD = re.compile(r"[^\W_]+")
# A lexeme that no query can hold parts title and summary, so that no phrase is found across.
_PUT = (
    "INSERT INTO search (story_id, title, words) SELECT %(id)s, title, title || '|:1'::tsvector || summary"
    " FROM (SELECT to_tsvector('words', %(title)s) AS title, to_tsvector('words', %(summary)s) AS summary) AS made"
    " ON CONFLICT (story_id) DO UPDATE SET title = excluded.title, words = excluded.words"
)
_ASK = (
    "SELECT CAST(CAST(string_agg('(' || phraseto_tsquery('words', piece)::text || ending || ')', ' & ') AS tsquery)"
    " AS TEXT) FROM unnest(CAST(%(pieces)s AS text[]), CAST(%(endings)s AS text[])) AS t(piece, ending)"
)
# What is wanted stands in it as a value, so that the server knows how frequent it is: stories with a word that nearly all
# have are found by their ids, others by the index of words.
_FIND = (
    "SELECT search.story_id AS id FROM search JOIN stories s ON s.id = search.story_id"
    " JOIN feeds f ON f.id = s.feed_id AND f.subscribed = 1"
    " JOIN entries e ON e.id = s.entry_id AND e.blocked IS NULL"
    " WHERE search.words @@ CAST(%(wanted)s AS tsquery) AND (s.feed_id <> ALL(CAST(%(titles_only)s AS bigint[]))"
    " OR search.title @@ CAST(%(wanted)s AS tsquery)) ORDER BY search.story_id DESC LIMIT %(limit)s"
)


class TsvectorIndex:
    """Answers store.sql.search.SearchIndex."""

    def __init__(self, db: PostgresDatabase) -> None:
        self._db = db

    def remove(self, ids: Sequence[int]) -> None:
        self._db.run("DELETE FROM search WHERE story_id = ANY(%(ids)s)", {"ids": list(ids)})

    def add(self, stories: Sequence[tuple[int, str, str]]) -> None:
        self._db.run_many(
            _PUT,
            [
                {"id": id, "title": folded(title), "summary": folded(summary)}
                for id, title, summary in stories
            ],
        )

    def find(self, query: str, limit: int, titles_only: Collection[int]) -> Sequence[int]:
        asked_for = [(words, piece) for piece in pieces(query) if (words := folded(piece))]
        wanted = [words for words, _ in asked_for]
        if not wanted:
            return []
        endings = [":*" if is_prefix(piece) else "" for _, piece in asked_for]
        asked = self._db.run(_ASK, {"pieces": wanted, "endings": endings}).fetchall()[0][0]
        values = {"wanted": asked, "limit": limit, "titles_only": list(titles_only)}
        return [row[0] for row in self._db.run(_FIND, values, prepare=False)]


def folded(text: str) -> str:
    """The words of the text with a space between, without case and accents; each character of a script without spaces."""
    plain = text if text.isascii() else _MARKS.sub("", unicodedata.normalize("NFD", text))
    return " ".join(_WORD.findall(spaced(unicodedata.normalize("NFC", plain).casefold())))
