"""Which list is it? One table of the formats, each with how it is recognised and how it is read."""

from __future__ import annotations

import re
from collections.abc import Callable

from aggregator.subscriptions.opml import read_foaf, read_opml
from aggregator.subscriptions.records import ListError, SubscriptionList
from aggregator.subscriptions.textlists import (
    lists_urls,
    read_json,
    read_planet_ini,
    read_sfeedrc,
    read_urls,
)

MOST_BYTES = 20_000_000

Reader = Callable[[str], SubscriptionList]

_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.-]{1,40})[\"']", re.ASCII)


def _is(pattern: str) -> Callable[[str], bool]:
    expression = re.compile(pattern, re.I | re.M)
    return lambda text: expression.search(text) is not None


# In this order: the first whose sign is found reads the list.
READERS: tuple[tuple[Callable[[str], bool], Reader], ...] = (
    (_is(r"<outline[\s/>]"), read_opml),
    (_is(r"<opml[\s>]"), read_opml),
    (_is(r"<rss:channel\s"), read_foaf),
    (_is(r"\A\s*[\[{]\s*[\"\[{\]}]"), read_json),
    (_is(r"^\s*feed\s+['\"][^'\"\n]*['\"]\s+['\"]?https?://"), read_sfeedrc),
    (_is(r"^\s*\[\s*\S[^\]]*\]\s*$"), read_planet_ini),
    (lists_urls, read_urls),
)

# What people give instead of a list, and what to do with it.
_MISTAKES: tuple[tuple[Callable[[str], bool], str], ...] = (
    (_is(r"\A\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(rss|feed|rdf:RDF)[\s>]"), "is a feed, not a list of feeds; subscribe with `aggregator feeds add`"),
    (_is(r"\A\s*(<!doctype\s+html|<html)[\s>]"), "is a web page, not a list of feeds; find its feeds with `aggregator feeds add`"),
)  # fmt: skip

_PACKED = (
    (b"PK\x03\x04", "is a ZIP archive; unpack it, and import the OPML file in it"),
    (b"\x1f\x8b", "is compressed; unpack it with gunzip, and import what comes out"),
    (b"SQLite format 3\0", "is a database; import the OPML that its program exports"),
)


def read_list(body: bytes) -> SubscriptionList:
    """The subscriptions of a list in any known format. Raises ListError, with what to do."""
    if len(body) > MOST_BYTES:
        raise ListError(
            f"is larger than {MOST_BYTES // 1_000_000} MB, which is too large for a list of feeds"
        )
    for magic, words in _PACKED:
        if body.startswith(magic):
            raise ListError(words)
    text = decoded(body)
    if "\0" in text:
        raise ListError("is not a text file")
    for recognises, read in READERS[:3]:
        if recognises(text):
            return read(text)
    for recognises, words in _MISTAKES:
        if recognises(text[:5000]):
            raise ListError(words)
    for recognises, read in READERS[3:]:
        if recognises(text):
            return read(text)
    raise ListError("is not a list of feeds: it can be OPML, JSON, a planet's ini file, or one URL a line")


def decoded(body: bytes) -> str:
    """The text by its byte order mark, its XML declaration, as UTF-8, else as Windows-1252."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if body.startswith(mark):
            return body.decode(encoding, "replace").lstrip("\ufeff")
    declared = _DECLARED.match(body[:400])
    for encoding in ("utf-8", declared[1].decode() if declared else "cp1252"):
        try:
            return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("cp1252", "replace")
