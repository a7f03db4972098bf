"""The door to feedparser: the only file that imports it.

With its two passes over HTML off it is three times faster, and cleaning is another stage's work. It is not
told the document's address: it would make ids absolute too, and an id that hangs on the address of its feed
changes when the feed moves.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import feedparser
from feedparser import mixin
from feedparser.api import PREFERRED_XML_PARSERS

from aggregator.errors import ParseError
from aggregator.parse import expat
from aggregator.parse.door import Raw

PREFERRED_XML_PARSERS.insert(0, expat.__name__)

# feedparser maps the C1 controls of all text to what windows-1252 has there, by a dict of 27 rows: each other
# character is a KeyError, a fifth of the time on text that is not ASCII. A string has an answer for nearly all.
if isinstance(getattr(mixin, "_cp1252", None), dict):
    mixin._cp1252 = "".join(mixin._cp1252.get(code, chr(code)) for code in range(0x10000))

_HEADERS = {"content-type": "application/xml; charset=utf-8"}  # lower case, or feedparser does not see it


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
    result: Any = feedparser.parse(
        BytesIO(data), response_headers=_HEADERS, sanitize_html=False, resolve_relative_uris=False
    )
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
