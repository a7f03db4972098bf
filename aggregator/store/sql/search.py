"""Full-text search over what was published: an engine's index, filled in portions after publishing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from aggregator.scripts import UNSPACED
from aggregator.store.interfaces import LONGEST_QUERY
from aggregator.store.sql.database import Database, SearchIndex
from aggregator.store.sql.values import dumps

PORTION = 5000  # stories indexed at a time, under a second of work
MOST = 2_000  # stories that a search finds
LONGEST = 2.0  # seconds that a search may take
MOST_WORDS = 12

_PIECE = re.compile(r'"([^"]*)"|([^\s"]+)')


def index_portion(db: Database, index: SearchIndex) -> int:
    """Brings a portion of the stories that wait into the index; how many."""
    found = db.execute("SELECT story_id FROM search_waiting ORDER BY story_id LIMIT ?", (PORTION,))
    waiting = [row["story_id"] for row in found]
    if not waiting:
        return 0
    index.remove(waiting)
    stories = db.execute(
        "SELECT s.id, s.title, e.summary FROM stories s JOIN entries e ON e.id = s.entry_id"
        " WHERE s.id IN (SELECT value FROM json_each(?)) ORDER BY s.id",
        (dumps(waiting),),
    )
    index.add([(row["id"], row["title"], row["summary"]) for row in stories])
    db.executemany("DELETE FROM search_waiting WHERE story_id = ?", [(story_id,) for story_id in waiting])
    return len(waiting)


def pieces(query: str) -> Iterator[str]:
    """The words of what a person types, and the phrases in quotes."""
    for found in _PIECE.finditer(query[:LONGEST_QUERY]):
        yield found[1] or found[2] or ""


def is_prefix(piece: str) -> bool:
    """Whether it means all words that begin so: jap*. With a single letter nearly everything begins."""
    return re.search(r"\w\w\*$", spaced(piece)) is not None


def spaced(text: str) -> str:
    """The text with a space round each character of a script that has none between words."""
    return " ".join((text if text.isascii() else _unspaced().sub(r" \1 ", text)).split())


@cache
def _unspaced() -> re.Pattern[str]:
    """Of a script without spaces each character is a word of its own in the index, and a query's run of them a phrase."""
    return re.compile(f"([{UNSPACED}])")
