"""What holds whatever breaks around the program: the invariants that all tests of faults ask for.

At every moment, so also after a kill, with `check`:

1. The store opens, or is not there yet; SQLite finds nothing wrong with it; every reference leads to a row.
2. No entry is doubled; each belongs to exactly one story, and each story has one; of one document all entries are
   stored or none.
3. Each output is a whole file, and feed.atom is valid (RFC 4287, RFC 5005). Where the two publications between
   which it happened are known, each file is byte for byte that of one of them.
4. The marks are right: what feed.atom lists is marked as published in the store, or was removed by retention.
5. No feed is charged with a failure.

After the next run, which completes, with `check_completed`:

6. Each entry that the feeds list is there, once; the search index has every published story.
7. public/ is byte for byte what an export into an empty folder gives, and no temporary file is left.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from lxml import etree

from support import valid

ATOM = "{http://www.w3.org/2005/Atom}"
_NONE = (
    "SELECT url, last_error FROM feeds WHERE failures > 0",
    "SELECT feed_id, link FROM entries GROUP BY feed_id, link, title HAVING count(*) > 1",
    "SELECT id FROM entries WHERE id NOT IN (SELECT entry_id FROM sightings)",
    "SELECT id FROM stories WHERE id NOT IN (SELECT story_id FROM sightings)",
    "SELECT id FROM stories WHERE entry_id NOT IN (SELECT id FROM entries)",
)
_UNINDEXED = (
    "SELECT story_id FROM search_waiting",
    "SELECT id FROM stories WHERE first_published IS NOT NULL AND id NOT IN (SELECT rowid FROM search)",
)


def check(data: Path, publications: Sequence[Mapping[str, bytes]] = (), document: int = 1) -> None:
    """Asserts 1 to 5 of a data folder. `document`: entries that each document has."""
    unpublished = _check_store(data / "aggregator.db", document)
    for name, content in outputs(data / "public").items():
        if name.rpartition("/")[2].startswith("."):
            continue  # a temporary file of the moment of the kill, which the next run removes
        if publications:
            assert any(content == each.get(name) for each in publications), name
        _check_whole(name, content)
        if name == "feed.atom":
            ids = {entry.findtext(f"{ATOM}id") for entry in valid.atom(content).iterfind(f"{ATOM}entry")}
            assert not ids & unpublished, "feed.atom lists what is not marked as published"


def check_completed(folder: Path, entries: int) -> None:
    """Asserts 6 and 7, after a run that has completed and an export into `fresh`.

    `entries`: how many there are to be.
    """
    data = folder / "data"
    check(data)
    with contextlib.closing(sqlite3.connect(data / "aggregator.db")) as db:
        assert db.execute("SELECT count(*) FROM entries").fetchone() == (entries,)
        for statement in _UNINDEXED:
            assert db.execute(statement).fetchall() == [], statement
    assert outputs(data / "public") == outputs(folder / "fresh")
    left = [path.name for path in data.iterdir() if path.name.startswith(".") or "partial" in path.name]
    assert left == []


def outputs(public: Path) -> dict[str, bytes]:
    """All files of a published folder by name."""
    found = sorted(public.rglob("*")) if public.exists() else []
    return {str(path.relative_to(public)): path.read_bytes() for path in found if path.is_file()}


def _check_store(path: Path, document: int) -> set[str | None]:
    """The Atom ids of stories that are not marked as published."""
    if not path.exists():
        return set()
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        if not db.execute("PRAGMA user_version").fetchone()[0]:
            return set()  # killed before it was made
        for statement in _NONE:
            assert db.execute(statement).fetchall() == [], statement
        counts = db.execute("SELECT count(*) FROM entries GROUP BY feed_id").fetchall()
        assert all(count % document == 0 for (count,) in counts)
        found = db.execute("SELECT atom_id FROM stories WHERE first_published IS NULL")
        return {atom_id for (atom_id,) in found}


def _check_whole(name: str, content: bytes) -> None:
    if name.endswith((".atom", ".opml", ".xml", ".xsl", ".svg")):
        etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    elif name.endswith(".json"):
        json.loads(content)
    elif name.endswith(".html"):
        assert content.rstrip().endswith(b"</html>"), name
