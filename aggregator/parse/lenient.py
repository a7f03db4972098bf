"""Reads what is not well-formed: feedparser, as it comes. The only file that imports it.

It is the authority for broken documents, and slow: of well-formed ones strict.py reads more, and more exactly.
Its two passes over HTML are off, since cleaning is another stage's work. It is not told the document's
address: it would make ids absolute too, and an id that hangs on the address of its feed changes when the feed moves.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import feedparser

from aggregator.errors import ParseError
from aggregator.models import ParsedEntry, ParsedFeed
from aggregator.parse.hints import poll_hints
from aggregator.parse.lenient_entry import entry, people
from aggregator.parse.prolog import Root
from aggregator.parse.untyped import Raw, UntypedReader
from aggregator.parse.values import ENTRIES, LINE, TITLE, Problems, says_something

_DECLARATION = b"<?xml version='1.0' encoding='utf-8'?>\n"
_CDF = {"channel": "cdf"}  # Microsoft's format of 1997, which has no version
_END = re.compile(r"</(?:[\w.-]{1,40}:)?(?:rss|feed|rdf|channel)\b", re.I)
_HOUR = re.compile(r"<hour>\s{0,9}(\d{1,2})\s{0,9}</hour>", re.I)
_DAY = re.compile(r"<day>\s{0,9}(\w{6,9})\s{0,9}</day>", re.I)


def read_feed(document: str, url: str, root: Root, line: int, problems: Problems) -> ParsedFeed | None:
    """The feed in XML that is broken, or in a format that only feedparser knows; None where there is none.

    `document`: from its root element on; `line`: where that stands in the document as its owner has it.
    """
    refuse_traps(document)
    raw = _parse(_DECLARATION + document.encode("utf-8", "replace"))
    reader = UntypedReader(url, problems)
    channel = reader.item(raw, "feed")
    reader.language = reader.text(channel, "language")
    items = reader.items(raw, "entries", ENTRIES)
    entries = tuple(found for item in items if (found := _entry(reader, item)) is not None)
    form = reader.text(raw, "version") or _CDF.get(root.name, "")
    if not form and not entries:
        return None
    if dict.get(raw, "bozo"):
        if not entries and not _END.search(document):
            raise ParseError("a feed that breaks off before its first entry")
        problems.add(_broken(dict.get(raw, "bozo_exception"), line))
    return _feed(reader, form or "rss", channel, entries, document)


def _feed(
    reader: UntypedReader, form: str, channel: Raw, entries: tuple[ParsedEntry, ...], document: str
) -> ParsedFeed:
    links = list(reader.items(channel, "links"))
    return ParsedFeed(
        format=form,
        entries=entries,
        id=reader.link(channel, "id"),
        title=reader.rich(channel, "title", TITLE),
        subtitle=reader.rich(channel, "subtitle", TITLE),
        link=reader.link(channel, "link") or _linked(reader, links, "alternate"),
        self_link=_linked(reader, links, "self"),
        hub=_linked(reader, links, "hub"),
        authors=people(reader, channel),
        language=reader.language,
        rights=reader.text(channel, "rights", TITLE),
        icon=reader.link(channel, "icon")
        or reader.link(reader.item(channel, "image"), "href")
        or reader.link(channel, "logo"),
        generator=reader.text(channel, "generator", LINE),
        hints=poll_hints(
            reader.text(channel, "ttl"),
            reader.text(channel, "sy_updateperiod"),
            reader.text(channel, "sy_updatefrequency"),
            # feedparser keeps the last hour and day only
            _HOUR.findall(_inside(document, "skipHours")) if dict.get(channel, "hour") else (),
            _DAY.findall(_inside(document, "skipDays")) if dict.get(channel, "day") else (),
        ),
        problem=str(reader.problems) or None,
    )


def _linked(reader: UntypedReader, links: list[Raw], relation: str) -> str | None:
    found = (reader.link(link, "href") for link in links if dict.get(link, "rel") == relation)
    return next((link for link in found if link), None)


def _entry(reader: UntypedReader, item: Raw) -> ParsedEntry | None:
    """The entry, or None where it tells nothing; one that cannot be converted does not take the feed with it."""
    try:
        found = entry(reader, item)
    except MemoryError:
        raise
    except Exception as error:
        reader.problems.add(f"entries left out that the reader fails on ({type(error).__name__})")
        return None
    return found if says_something(found) else None


def _inside(document: str, name: str) -> str:
    start = re.search(f"<{name}>", document, re.I)
    return re.split(f"</{name}>", document[start.end() : start.end() + 2000], flags=re.I)[0] if start else ""


def _broken(error: Any, line: int) -> str:
    """What is wrong with the XML and where, counted in the document as its owner has it."""
    words = str(getattr(error, "getMessage", lambda: error)() or "no reason given")[:200]
    found = getattr(error, "getLineNumber", lambda: None)()
    place = f", line {found - 2 + line}" if isinstance(found, int) else ""  # our declaration is a line more
    return f"not well-formed XML ({words}{place})"


# ---------------------------------------------------------------- feedparser


def _parse(data: bytes) -> Raw:
    """What feedparser makes of a document in UTF-8; what is known to make it fail is taken out if it does."""
    try:
        return _run(data)
    except MemoryError:
        raise
    except Exception as error:
        without_places = _PLACE.sub(rb"\1\2-", data)
        if without_places == data:
            raise _failed(error) from error
    try:
        return _run(without_places)
    except MemoryError:
        raise
    except Exception as error:
        raise _failed(error) from error


# Places that are none raise, as a polygon without points; no place is kept anyway.
_PLACE = re.compile(rb"(</?)(georss|gml):")


def _run(data: bytes) -> Raw:
    # BytesIO alone: feedparser opens the file that bytes name, and fetches the address that text names.
    result: Any = feedparser.parse(BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    return result if isinstance(result, dict) else {}


def _failed(error: Exception) -> ParseError:
    return ParseError(f"XML so broken that the reader fails on it ({type(error).__name__})")


# Each of these is handled by feedparser in time or memory that grows with the square of its length.
_TRAPS = (
    (
        re.compile(r"base\s{0,9}=\s{0,9}(?:\"[^\"<]{4000}|'[^'<]{4000})"),
        "an xml:base of more than 4,000 characters",
    ),
    (
        re.compile(
            r"<(?:\w{1,20}:)?(?:author|creator|managingeditor|webmaster|publisher)\b[^<>]{0,200}>"
            r"\s{0,99}(?:<!\[CDATA\[)?[^<]{0,20000}?(?<![\w.+-])[\w.+-]{1000}",
            re.I,
        ),
        "an author's name of more than 1,000 letters without a space",
    ),
)


def refuse_traps(text: str) -> None:
    """Raises ParseError for what no publisher writes and what would keep the reader busy for hours."""
    for pattern, words in _TRAPS:
        if pattern.search(text):
            raise ParseError(f"has {words}, which is refused")
