"""Captured feeds, outside of this project: each is read, with the entries that most readers agree on.

FEED_CORPUS names the folder: `real/index.jsonl`, `real/files/`, `real/expect/`.
"""

from __future__ import annotations

import html
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from aggregator.models import ParsedEntry
from aggregator.parse import parse

pytestmark = pytest.mark.slow

CORPUS = os.environ.get("FEED_CORPUS")

if not CORPUS:
    pytest.skip("FEED_CORPUS is not set: NO captured feed was read", allow_module_level=True)

REAL = Path(CORPUS) / "real"
ROWS: list[dict[str, Any]] = [json.loads(line) for line in (REAL / "index.jsonl").read_text().splitlines()]

# Where the majority of readers is wrong, and why.
_MARKS = "text without a label in Latin-1: the others show replacement marks"
_TWICE = "encoded twice, and no-break spaces lost since: what was meant is read"
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("files/miniflux__no_encoding_ISO-8859-1.rss", "title"): _MARKS,
    ("files/picofeed__cercle.psy.rss", "title"): _MARKS,
    ("files/feedreader-net__Rss20IndianExpress.rss", "title"): _TWICE,
    ("files/feedreader-net__Rss20LeFigaro.rss", "title"): _TWICE,
    ("files/feedreader-net__Rss20LeMonde.rss", "title"): _TWICE,
}


def plain(text: str) -> str:
    """The text as it is compared: tags out, references replaced, spaces squeezed."""
    text = re.sub(r"<[^>]+>", "", html.unescape(text))
    return re.sub(r"\s+", " ", html.unescape(html.unescape(text))).strip()


def compared(entry: ParsedEntry, field: str) -> str:
    if field == "title":
        return plain(entry.title.value) if entry.title else ""
    return (getattr(entry, field) or "").strip().rstrip("/")


def wanted(field: str, value: str) -> set[str]:
    """What was agreed on, and what was meant where it is UTF-8 that was encoded twice."""
    if field != "title":
        return {value.strip().rstrip("/")}
    agreed = plain(value)
    try:
        return {agreed, agreed.encode("cp1252").decode()}
    except UnicodeError:
        return {agreed}


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_a_captured_feed(row: dict[str, Any]) -> None:
    body = (REAL / row["file"]).read_bytes()
    feed = parse(body, None, row.get("url") or "https://example.org/feed")
    if row["entries_agreed"]:
        assert len(feed.entries) == row["entries"]
    wrong = {
        field: (n, expected[field], compared(entry, field))
        for n, (entry, expected) in enumerate(
            zip(feed.entries, json.loads((REAL / row["expect"]).read_text())["rows"], strict=False)
        )
        for field in ("title", "link", "id")
        if expected.get(field) and compared(entry, field) not in wanted(field, expected[field])
    }
    assert wrong.keys() == {field for file, field in EXCEPTIONS if file == row["file"]}, wrong
