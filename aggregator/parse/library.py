"""The door to feedparser: the only file that imports it.

With its two passes over HTML off it is three times faster, and cleaning is another stage's work. It is not
told the document's address: it would make ids absolute too, and an id that hangs on the address of its feed
changes when the feed moves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from typing import Any

import feedparser
from feedparser import api, datetimes, mixin
from feedparser.api import PREFERRED_XML_PARSERS, StrictFeedParser
from feedparser.util import FeedParserDict

from aggregator.errors import ParseError
from aggregator.parse import expat
from aggregator.parse.door import Raw

PREFERRED_XML_PARSERS.insert(0, expat.__name__)

# ---------------------------------------------------------------- shorter ways to the same outcome
# Half of feedparser's time goes into what has an answer before it is asked. Each of these may go when it does.

_C1 = re.compile("[\x80-\x9f]")
_RENAMED = frozenset(FeedParserDict.keymap) | {
    "category",
    "enclosures",
    "license",
    "updated",
    "updated_parsed",
}


class _Said(str):
    """A text that is looked through for C1 controls as a whole before each character is mapped by itself."""

    def translate(self, table: Any) -> str:
        return str.translate(self, table) if _C1.search(self) else str(self)


def _said(element: str, data: str) -> str:
    return data if data.isascii() else _Said(data)


def _plainly(asked: Callable[..., Any], of_dict: Callable[..., Any]) -> Callable[..., Any]:
    """A method that asks the dictionary itself, save for keys that feedparser has another name for."""
    return lambda self, key, *rest: (asked if key in _RENAMED else of_dict)(self, key, *rest)


def _in_utf8(headers: Any, data: bytes, result: Raw) -> bytes:
    """Stands in for feedparser's guess at the encoding: what it is given is in UTF-8, and says so."""
    result["encoding"] = "utf-8"
    return data


api.convert_to_utf8 = _in_utf8
datetimes._date_handlers.clear()  # dates are read where all of them are, and as they were written
for _name in ("__getitem__", "__contains__", "get"):
    setattr(FeedParserDict, _name, _plainly(getattr(FeedParserDict, _name), getattr(dict, _name)))
FeedParserDict.__deepcopy__ = lambda self, memo: FeedParserDict(self)  # what it copies has no depth
StrictFeedParser.decode_entities = staticmethod(_said)  # what it calls just before it maps C1 controls
for _name in ("_urljoin", "make_safe_absolute_uri"):  # for each element, mostly of "" and ""
    setattr(mixin, _name, lru_cache(64)(getattr(mixin, _name)))

# ---------------------------------------------------------------- reading


def parsed(data: bytes) -> Raw:
    """What feedparser makes of an XML document in UTF-8; what is known to make it fail is taken out if it does."""
    try:
        return _run(data)
    except MemoryError:
        raise
    except Exception as error:
        repaired = _repaired(data)
        if repaired == data:
            raise _failed(error) from error
    try:
        return _run(repaired)
    except MemoryError:
        raise
    except Exception as error:
        raise _failed(error) from error


def _run(data: bytes) -> Raw:
    # BytesIO alone: feedparser opens the file that bytes name, and fetches the address that text names.
    result: Any = feedparser.parse(BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    return result if isinstance(result, dict) else {}


def _failed(error: Exception) -> ParseError:
    return ParseError(f"XML so broken that the reader fails on it ({type(error).__name__})")


# Places that are none raise, as a polygon without points; no place is kept anyway.
_PLACE = re.compile(r"(</?)(georss|gml):")
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]+)|([0-9]+));", re.I)
_LONGEST = 9  # digits of a reference; of thousands, Python makes no number


def _repaired(data: bytes) -> bytes:
    """The document without places, and with emoji whole that were written as halves: &#55357;&#56832;."""
    text = _PLACE.sub(r"\1\2-", data.decode())
    units = _REFERENCE.sub(_unit, text).encode("utf-16-le", "surrogatepass")
    return units.decode("utf-16-le", "replace").encode()


def _unit(reference: re.Match[str]) -> str:
    """Half a character as it is in UTF-16, U+FFFD for a number beyond Unicode, else the reference untouched."""
    digits = (reference[1] or reference[2]).lstrip("0")
    if len(digits) > _LONGEST:
        return "\ufffd"
    number = int(digits or "0", 16 if reference[1] else 10)
    if 0xD800 <= number < 0xE000:
        return chr(number)
    return reference[0] if number <= 0x10FFFF else "\ufffd"
