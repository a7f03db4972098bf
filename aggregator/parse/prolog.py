"""What stands before the root element of an XML document: found, judged, and then left out.

The XML reader gets the document from its root element on. Comments, white space, declarations and
DOCTYPE do not reach it, and so none of its regular expressions that run for hours over them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aggregator.errors import ParseError

FEED_ROOTS = frozenset({"rss", "feed", "rdf", "channel"})  # channel: CDF


@dataclass(frozen=True, slots=True)
class Root:
    """The root element's start tag."""

    name: str  # without prefix, in lower case
    start: int  # where its "<" stands
    name_end: int
    doctype: str = ""
    entities: Mapping[str, str] = field(default_factory=dict)  # that the DOCTYPE declares


_MARK = re.compile(r"<(?:(?P<skip>\?|!--)|(?P<declaration>![A-Za-z]+)|(?P<name>[A-Za-z_][\w.:-]*))")
_CLOSING = {"?": ">", "!--": "-->"}  # ">" alone: some declarations forget their "?"
_LATER_ROOT = re.compile(r"<(?:[\w.-]{1,40}:)?(?P<name>rss|feed|rdf|channel)(?=[\s>])", re.I)
_FURTHEST = 200_000  # characters of something else before a feed begins


# What a declared entity may stand for: a few characters, also by their numbers, but no further entity. Nested
# ones unfold to gigabytes from a few hundred bytes ("billion laughs"), and external ones read files.
_ENTITY = re.compile(
    r"""\s+(?P<name>[A-Za-z][\w.-]{0,40})\s+(?P<quote>["'])"""
    r"""(?P<value>(?:(?!(?P=quote))[^&<%]|&\#(?:\d{1,7}|x[0-9A-Fa-f]{1,6});){0,100})(?P=quote)\s*>"""
)
# Some declare anew what XML declares already, and have to escape it twice.
_XML_ENTITY = re.compile(
    r"""\s+(?:amp|lt|gt|quot|apos)\s+(["'])[&#\w;<>]{1,20}\1\s*>|\s+(?:quot|apos)\s+(?:"'"|'"')\s*>"""
)
_MOST_ENTITIES = 3_000  # HTML has 2,231
_REFUSED = "declares XML entities that could harm, which are refused"


def root(text: str) -> Root | None:
    """The first element, or None where there is none; raises ParseError for a DOCTYPE with entities that could harm."""
    position, doctype = 0, ""
    entities: dict[str, str] = {}
    while mark := _MARK.search(text, position):
        if mark["name"]:
            name = mark["name"].rpartition(":")[2].lower()
            return Root(name, mark.start(), mark.end(), doctype, entities)
        position = mark.end()
        if mark["skip"]:
            position = text.find(_CLOSING[mark["skip"]], position)
            if position < 0:
                return None
        elif mark["declaration"].upper() == "!ENTITY":
            position = _declare(text, position, entities)
        elif mark["declaration"].upper() == "!DOCTYPE":
            doctype = text[position : position + 200]
    return None


def _declare(text: str, position: int, entities: dict[str, str]) -> int:
    """Adds the entity declared at this position to `entities`; where its declaration ends."""
    if again := _XML_ENTITY.match(text, position):
        return again.end()
    entity = _ENTITY.match(text, position)
    if entity is None or len(entities) >= _MOST_ENTITIES:
        raise ParseError(_REFUSED)
    entities.setdefault(entity["name"], html.unescape(entity["value"]))  # XML 1.0, 4.2: the first one binds
    return entity.end()


def later_root(text: str, after: int) -> Root | None:
    """A feed's root further on: some servers print warnings of their own before it."""
    mark = _LATER_ROOT.search(text, after, after + _FURTHEST)
    return Root(mark["name"].lower(), mark.start(), mark.end()) if mark else None
