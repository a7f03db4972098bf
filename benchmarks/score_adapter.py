"""Our reader as an adapter of the corpus's scoring tool: file paths in, one JSON line each out.

    score_parse.py -- python benchmarks/score_adapter.py

A file is read as it came over HTTP: with the address and the headers that the `index.jsonl` above it
tells of. Then as much of the next stage is done as the expectations ask for: links absolute, dates read by
our own hand, the link for an id where there is none, the content for a summary. HTML stays as the feed has
it, less what no reader sees (scripts, styles, comments): it is reading that is scored here, not cleaning.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aggregator import links
from aggregator.dates import parse_date
from aggregator.errors import ParseError
from aggregator.models import ParsedEntry, ParsedFeed, Person, Text
from aggregator.parse import parse

_UNSEEN = re.compile(r"<!--.*?-->|<!--\s*$|<(script|style)\b.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE)
_SUITE = "http://127.0.0.1:8097/"  # where the suites' own runners serve their files


@cache
def _index(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / "index.jsonl"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8") as lines:
        return {row["file"]: row for row in map(json.loads, lines)}


def _circumstances(path: Path) -> tuple[str | None, str]:
    """The content type with which the file was served, and the address."""
    for folder in path.resolve().parents:
        row = _index(folder).get(path.resolve().relative_to(folder).as_posix())
        if row:
            headers = {name.lower(): value for name, value in row.get("headers", {}).items()}
            place = links.absolute(headers.get("content-location", ""), _SUITE)
            return headers.get("content-type"), row.get("url") or place or _SUITE
    return None, _SUITE


def _row(path: str) -> dict[str, Any]:
    file = Path(path)
    content_type, url = _circumstances(file)
    try:
        feed = parse(file.read_bytes(), content_type, url)
    except ParseError as error:
        return {"file": path, "error": str(error), "entries": []}
    return {
        "file": path,
        "error": None,
        "feed_title": _value(feed.title),
        "feed_link": _absolute(feed.link, url),
        "entries": [_entry(feed, entry, url) for entry in feed.entries],
    }


def _entry(feed: ParsedFeed, entry: ParsedEntry, url: str) -> dict[str, str | None]:
    return {
        "title": _value(entry.title),
        "link": _absolute(entry.link, url),
        "id": entry.id or entry.link,
        "published": _date(entry.published),
        "updated": _date(entry.updated),
        "author": _author(entry.authors or feed.authors),
        "summary": _value(entry.summary or entry.content),
        "content": _value(entry.content),
    }


def _value(text: Text | None) -> str | None:
    if text is None:
        return None
    return _UNSEEN.sub("", text.value) if text.is_html else text.value


def _absolute(link: str | None, url: str) -> str | None:
    return link if link is None or urlsplit(link).scheme else links.absolute(link, url)


def _author(people: Iterable[Person]) -> str | None:
    for person in people:
        return f"{person.name} ({person.email})" if person.email not in (None, person.name) else person.name
    return None


def _date(raw: str | None) -> str | None:
    found = parse_date(raw) if raw else None
    return found.when.isoformat() if found else None


if __name__ == "__main__":
    for line in sys.stdin.read().splitlines():
        print(json.dumps(_row(line)))
