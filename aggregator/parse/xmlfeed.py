"""RSS, RDF, Atom and CDF: whether a document is one of them, and what it says of itself."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from aggregator.errors import ParseError
from aggregator.models import ParsedEntry, ParsedFeed
from aggregator.parse import prolog
from aggregator.parse.document import Document
from aggregator.parse.door import LINE, TITLE, Door, Raw
from aggregator.parse.hints import hints
from aggregator.parse.library import parsed
from aggregator.parse.xmlentry import entry, people

_ENTRIES = 5_000
_DECLARATION = b"<?xml version='1.0' encoding='utf-8'?>\n"
_FORBIDDEN = bytes(code for code in range(32) if code not in b"\t\n\r")  # XML 1.0, 2.2
_CDF = {"channel": "cdf"}  # Microsoft's format of 1997, which has no version
_PAGE = frozenset({"html", "head", "body"})
_END = re.compile(r"</(?:[\w.-]{1,40}:)?(?:rss|feed|rdf|channel)\b", re.I)


def read(document: Document) -> ParsedFeed | None:
    """The feed in an XML document, well formed or not; None where it is not a feed."""
    text = document.text
    first = prolog.root(text)
    if first is None or first.name in _PAGE:
        return None
    root = first if first.name in prolog.FEED_ROOTS else prolog.later_root(text, first.start)
    if root is None:
        return None
    prolog.refuse_traps(text)

    door = Door(document.url)
    door.tell(document.problem)
    if root is not first:
        door.tell("something else stands before the feed")
    raw = parsed(_prepared(text, root, door))
    channel = door.item(raw, "feed")
    door.language = door.text(channel, "language")
    items = door.items(raw, "entries", _ENTRIES)
    entries = tuple(found for item in items if (found := _entry(door, item)) is not None)
    form = door.text(raw, "version") or _CDF.get(root.name, "")
    if not form and not entries:
        return None
    if dict.get(raw, "bozo"):
        if not entries and not _END.search(text, root.start):
            raise ParseError("a feed that breaks off before its first entry")
        door.tell(_broken(dict.get(raw, "bozo_exception"), text.count("\n", 0, root.start)))
    if form == "rss091u" and "netscape" in root.doctype.lower():
        form = "rss091n"
    return _feed(door, form or "rss", channel, entries, text)


def _feed(door: Door, form: str, channel: Raw, entries: tuple[ParsedEntry, ...], text: str) -> ParsedFeed:
    links = list(door.items(channel, "links"))
    return ParsedFeed(
        format=form,
        entries=entries,
        id=door.link(channel, "id"),
        title=door.rich(channel, "title", TITLE),
        subtitle=door.rich(channel, "subtitle", TITLE),
        link=door.link(channel, "link") or _linked(door, links, "alternate"),
        self_link=_linked(door, links, "self"),
        hub=_linked(door, links, "hub"),
        authors=people(door, channel),
        language=door.language,
        rights=door.text(channel, "rights", TITLE),
        icon=door.link(channel, "icon")
        or door.link(door.item(channel, "image"), "href")
        or door.link(channel, "logo"),
        generator=door.text(channel, "generator", LINE),
        hints=hints(door, channel, text),
        problem=door.problem,
    )


def _linked(door: Door, links: list[Raw], relation: str) -> str | None:
    found = (door.link(link, "href") for link in links if dict.get(link, "rel") == relation)
    return next((link for link in found if link), None)


def _entry(door: Door, item: Raw) -> ParsedEntry | None:
    """The entry, or None where it tells nothing; one that cannot be converted does not take the feed with it."""
    try:
        found = entry(door, item)
    except MemoryError:
        raise
    except Exception as error:
        door.tell(f"entries left out that the reader fails on ({type(error).__name__})")
        return None
    # An <item/> inside of an item, as one service wrote them, holds what was the outer one's tracking.
    tells = found.id or found.title or replace(found, original_link=None, language=None) != ParsedEntry()
    return found if tells else None


def _prepared(text: str, root: prolog.Root, door: Door) -> bytes:
    """The document as feedparser gets it: UTF-8, from its root on, without characters that stop expat."""
    missing = prolog.undeclared(text)
    if missing:
        door.tell(f"uses {', '.join(f'{name}:' for name in missing)} without declaring it")
    start = text[root.start : root.name_end] + prolog.declaring(missing)
    data = (start + text[root.name_end :]).encode("utf-8", "replace")
    clean = data.translate(None, _FORBIDDEN)
    if len(clean) < len(data):
        door.tell("characters that XML forbids")
    return _DECLARATION + clean


def _broken(error: Any, lines_before: int) -> str:
    """What is wrong with the XML and where, counted in the document as its owner has it."""
    words = str(getattr(error, "getMessage", lambda: error)() or "no reason given")[:200]
    line = getattr(error, "getLineNumber", lambda: None)()
    place = f", line {line - 1 + lines_before}" if isinstance(line, int) else ""
    return f"not well-formed XML ({words}{place})"
