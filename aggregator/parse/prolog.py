"""What stands before the root element of an XML document: found, judged, and then left out.

The XML reader gets the document from its root element on. Comments, white space, declarations and
DOCTYPE do not reach it, and so none of its regular expressions that run for hours over them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aggregator.errors import ParseError

FEED_ROOTS = frozenset({"rss", "feed", "rdf", "channel"})  # channel: CDF


@dataclass(frozen=True, slots=True)
class Root:
    """The root element's start tag."""

    name: str  # without prefix, in lower case
    start: int  # where its "<" stands
    name_end: int
    doctype: str = ""


_MARK = re.compile(r"<(?:(?P<skip>\?|!--)|(?P<declaration>![A-Za-z]+)|(?P<name>[A-Za-z_][\w.:-]*))")
_CLOSING = {"?": ">", "!--": "-->"}  # ">" alone: some declarations forget their "?"
_LATER_ROOT = re.compile(r"<(?:[\w.-]{1,40}:)?(?P<name>rss|feed|rdf|channel)(?=[\s>])", re.I)
_FURTHEST = 200_000  # characters of something else before a feed begins


def root(text: str) -> Root | None:
    """The first element, or None where there is none; raises ParseError for a DOCTYPE with entities."""
    position, doctype = 0, ""
    while mark := _MARK.search(text, position):
        if mark["name"]:
            name = mark["name"].rpartition(":")[2].lower()
            return Root(name, mark.start(), mark.end(), doctype)
        position = mark.end()
        if mark["skip"]:
            position = text.find(_CLOSING[mark["skip"]], position)
            if position < 0:
                return None
        elif mark["declaration"].upper() == "!ENTITY":
            # A few hundred bytes of nested entities unfold to gigabytes ("billion laughs"), and external
            # ones read files. Publishers have not needed them since HTML's own were allowed in content.
            raise ParseError("declares XML entities, which are refused")
        elif mark["declaration"].upper() == "!DOCTYPE":
            doctype = text[position : position + 200]
    return None


def later_root(text: str, after: int) -> Root | None:
    """A feed's root further on: some servers print warnings of their own before it."""
    mark = _LATER_ROOT.search(text, after, after + _FURTHEST)
    return Root(mark["name"].lower(), mark.start(), mark.end()) if mark else None


# Prefixes that feeds use and forget to declare. Without its declaration the document is not well formed,
# and the loose reader, slower and less exact, knows `atom:` and `rss:` by their addresses only.
_PREFIXES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "rss": "http://backend.userland.com/rss",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}
_PREFIXED = re.compile(r"<([a-z]{2,10}):")


def undeclared(text: str) -> tuple[str, ...]:
    """The well-known prefixes that the document uses without declaring them."""
    used = set(_PREFIXED.findall(text)) & _PREFIXES.keys()
    return tuple(name for name in sorted(used) if f"xmlns:{name}" not in text)


def declaring(prefixes: tuple[str, ...]) -> str:
    """The declarations to put into the root's start tag."""
    return "".join(f' xmlns:{name}="{_PREFIXES[name]}"' for name in prefixes)


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
