"""JSON Feed 1.0 and 1.1 (jsonfeed.org), read by itself: feedparser knows only XML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from aggregator.errors import ParseError
from aggregator.models import Enclosure, ParsedEntry, ParsedEpisode, ParsedFeed, Person, Text
from aggregator.parse.document import Document
from aggregator.parse.json_text import Number, decode
from aggregator.parse.people import distinct_people, person_from_text
from aggregator.parse.texts import shows
from aggregator.parse.untyped import Raw, UntypedReader
from aggregator.parse.values import ENTRIES, LINE, TEXT, TITLE, Problems

_VERSIONS = {
    "https://jsonfeed.org/version/1": "json10",
    "https://jsonfeed.org/version/1.1": "json11",
}
_SHORTEST_EPOCH = 8  # digits: 1973
_OBJECT = re.compile(r"\s*(?:(?:/\*\*/)?\s*[A-Za-z_$][\w.$]{0,80}\s*\(\s*)?(?=\{)")  # in a call: JSONP


def read(document: Document) -> ParsedFeed | None:
    """The feed in a JSON document; None where the document is not JSON, ParseError where it is not a feed."""
    before = _OBJECT.match(document.text)
    if before is None:
        return None
    problems = Problems(document.problem)
    text = document.text[before.end() :]
    if before[0].strip():
        problems.add("the feed stands in a call (JSONP)")
        text = text.rstrip("); \t\r\n")
    raw = decode(text, problems)
    reader = UntypedReader(document.url, problems)
    version = (reader.text(raw, "version") or "").replace("http:", "https:").rstrip("/")
    if "jsonfeed.org/version" not in version:
        raise ParseError("JSON, but not a JSON Feed: its version is not one of jsonfeed.org")
    items = dict.get(raw, "items")
    if not isinstance(items, list):
        raise ParseError("a JSON Feed without its list of items")
    entries = tuple(_entry(reader, item) for item in reader.items(raw, "items", ENTRIES))
    title, subtitle = reader.text(raw, "title", TITLE), reader.text(raw, "description", TITLE)
    return ParsedFeed(
        format=_VERSIONS.get(version, "json"),
        entries=tuple(entry for entry in entries if entry),
        id=reader.link(raw, "feed_url"),  # "doubles as the feed's unique identifier"
        title=Text(title) if title else None,
        subtitle=Text(subtitle) if subtitle else None,
        link=reader.link(raw, "home_page_url"),
        self_link=reader.link(raw, "feed_url"),
        hub=_hub(reader, raw),
        authors=_authors(reader, raw),
        language=reader.text(raw, "language"),
        icon=reader.link(raw, "icon", "favicon"),
        problem=str(reader.problems) or None,
    )


def _entry(reader: UntypedReader, raw: Raw) -> ParsedEntry | None:
    html, plain = reader.text(raw, "content_html", TEXT), reader.text(raw, "content_text", TEXT)
    content = Text(html, is_html=True) if html else None
    if plain and (content is None or not shows(content)):
        content = Text(plain)
    title, summary = reader.text(raw, "title", TITLE), reader.text(raw, "summary", TEXT)
    id_, link = _id(reader, raw), reader.link(raw, "url", "external_url")
    enclosures = _enclosures(reader, raw)
    if not (id_ or link or content or title or summary or enclosures):
        return None
    return ParsedEntry(
        id=id_,
        link=link,
        title=Text(title) if title else None,
        summary=Text(summary) if summary else None,
        content=content,
        published=_date(reader, raw, "date_published"),
        updated=_date(reader, raw, "date_modified"),
        authors=_authors(reader, raw),
        tags=_tags(reader, raw),
        enclosures=enclosures,
        image=reader.link(raw, "image", "banner_image"),
        language=reader.text(raw, "language"),
        episode=_episode(reader, raw),
    )


def _id(reader: UntypedReader, raw: Raw) -> str | None:
    value = dict.get(raw, "id")
    if isinstance(value, Number):  # "coerced to a string"
        return value.digits[:LINE]
    return reader.link(raw, "id")


def _authors(reader: UntypedReader, raw: Raw) -> tuple[Person, ...]:
    """`authors` of 1.1, else `author` of 1.0; each a list, an object or a text, whichever was meant."""
    for key in ("authors", "author"):
        value = dict.get(raw, key)
        listed = reader.values(raw, key) if isinstance(value, list) else [value]
        if found := distinct_people(_author(reader, each) for each in listed):
            return found
    return ()


def _author(reader: UntypedReader, value: Any) -> Person | None:
    if isinstance(value, dict):
        return reader.person(value, "url")
    return person_from_text(reader.text({"author": value}, "author") or "")


def _date(reader: UntypedReader, raw: Raw, key: str) -> str | None:
    """The date, which may be a number: the seconds or milliseconds since 1970."""
    value = dict.get(raw, key)
    if isinstance(value, Number):
        return value.digits if len(value.digits) > _SHORTEST_EPOCH else None
    return reader.text(raw, key)


def _tags(reader: UntypedReader, raw: Raw) -> tuple[str, ...]:
    listed = text.split(",") if (text := reader.text(raw, "tags")) else reader.values(raw, "tags")
    found = (reader.text({"tag": tag}, "tag") for tag in listed)
    return tuple(dict.fromkeys(tag for tag in found if tag))


def _enclosures(reader: UntypedReader, raw: Raw) -> tuple[Enclosure, ...]:
    found = []
    for item in _attachments(reader, raw):
        url = reader.link(item, "url")
        if url:
            found.append(
                Enclosure(url, reader.text(item, "mime_type"), _size(dict.get(item, "size_in_bytes")))
            )
    return tuple(found)


def _attachments(reader: UntypedReader, raw: Raw) -> Iterator[Raw]:
    """The attachments; a single one may stand without its list."""
    single = reader.item(raw, "attachments")
    yield from [single] if single else reader.items(raw, "attachments")


def _episode(reader: UntypedReader, raw: Raw) -> ParsedEpisode | None:
    """How long the first file takes."""
    for item in _attachments(reader, raw):
        if seconds := _size(dict.get(item, "duration_in_seconds")):
            return ParsedEpisode(duration=str(seconds))
    return None


def _size(value: Any) -> int | None:
    digits = value.digits.partition(".")[0] if isinstance(value, Number) else ""
    return int(digits) or None if digits.isdigit() and len(digits) < 16 else None


def _hub(reader: UntypedReader, raw: Raw) -> str | None:
    hubs = (reader.link(hub, "url") for hub in reader.items(raw, "hubs"))
    return next((hub for hub in hubs if hub), None)
