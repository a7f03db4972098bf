"""Mends XML that is not well-formed, without loss: what the publisher meant is plain, and stays to the letter.

Each step knows one fault, and says so in words for the feed's owner. CDATA and comments are left alone,
but for characters that may stand nowhere. A document that is still not well-formed afterwards is another
reader's (lenient.py).
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from html.entities import html5, name2codepoint

from aggregator.errors import ParseError
from aggregator.parse.namespaces import ADDRESSES
from aggregator.parse.prolog import Root
from aggregator.parse.values import Problems

_CDATA = "<![CDATA["
_ELEMENT_BEFORE = re.compile(r"<([A-Za-z_][\w:.-]*)(?:\s[^<>]*)?>[^<>]*\Z")
_LONGEST_TAG = 500  # characters
_LEFT_ALONE = re.compile(r"(<!\[CDATA\[.*?\]\]>|<!--.*?-->)", re.DOTALL)
# Whatever is not one of the five that XML knows.
_REFERENCE = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos);)(?:#(?P<decimal>\d+);|#[xX](?P<hex>[0-9a-fA-F]+);|(?P<name>[A-Za-z][\w.-]{0,40});)?"
)
_BARE_LESS_THAN = re.compile(r"<(?![A-Za-z_/!?])")
_LATE_DECLARATION = re.compile(r"<\?xml\b[^<>]{0,500}>")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")  # XML 1.0, 2.2
_PAIR = re.compile(r"&#(?:(\d{5});&#(\d{5})|[xX]([dD][0-9a-fA-F]{3});&#[xX]([dD][0-9a-fA-F]{3}));")
_ELEMENT_PREFIX = re.compile(r"<([A-Za-z_][\w.-]{0,40}):[A-Za-z_]")
_ATTRIBUTE_PREFIX = re.compile(r"\s([A-Za-z_][\w.-]{0,40}):[A-Za-z_][\w.-]{0,40}\s*=\s*[\"']")
_DECLARED_PREFIX = re.compile(r"\sxmlns:([\w.-]+)\s*=")
_MOST_PREFIXES = 50
_MOST_GROWTH = 1_000_000  # characters
_LARGEST = 9  # digits of a reference; of thousands, Python makes no number


def mend(text: str, root: Root, problems: Problems) -> str:
    """The document from its root element on, with every fault mended that can be without loss.

    `root`: the root element of `text`; entities that its DOCTYPE declares are replaced.
    Raises ParseError where these would make the document much longer.
    """
    document = _without_trailer(text[root.start :], root, problems)
    document = _with_closed_cdata(_without_forbidden(document, problems), problems)
    references = _References(root.entities)
    mended = references.mend(_PAIR.sub(_join_halves, document))
    first_line = text.count("\n", 0, root.start) + 1
    problems.add(
        *(
            f"{words} (line {first_line + document.count(chr(10), 0, position)})"
            for words, position in references.faults.items()
        )
    )
    return _with_prefixes(mended, root, problems)


def _without_trailer(document: str, root: Root, problems: Problems) -> str:
    """The document without text after its last end tag: what a server printed after the feed."""
    tag = f"</{document[1 : root.name_end - root.start]}"
    start = document.rfind(tag)
    end = document.find(">", start) + 1 if start >= 0 else 0
    if not end:
        return f"{document.rstrip()}>" if document.rstrip().endswith(tag) else document
    if document[end:].strip():
        problems.add("something else stands after the feed")
    return document[:end]


def _without_forbidden(document: str, problems: Problems) -> str:
    clean = _FORBIDDEN.sub("", document)
    if len(clean) < len(document):
        problems.add("characters that XML forbids")
    return clean


def _with_closed_cdata(document: str, problems: Problems) -> str:
    """The document with each CDATA section that is not closed ended where its element does, or at the end."""
    parts = document.split(_CDATA)
    for number, part in enumerate(parts[1:], 1):
        if "]]>" not in part:
            element = _ELEMENT_BEFORE.search(parts[number - 1][-_LONGEST_TAG:])
            end = part.find(f"</{element[1]}>") if element else -1
            if end < 0 and number == len(parts) - 1:
                end = len(part)
            if end >= 0:
                inside = part[:end].removesuffix("]]").removesuffix("]>")  # its end, misspelt
                parts[number] = f"{inside}]]>{part[end:]}"
                problems.add("a CDATA section that is not closed")
    return _CDATA.join(parts)


class _References:
    """Mends what begins with "&" or "<" and is neither reference nor tag, and takes out late declarations."""

    def __init__(self, entities: Mapping[str, str]) -> None:
        self._entities = entities
        self._growth = 0  # characters that declared entities have added
        self._start = 0  # of the part that is mended
        self.faults: dict[str, int] = {}  # in words, and where each was first

    def mend(self, document: str) -> str:
        parts = _LEFT_ALONE.split(document)
        for number, part in enumerate(parts):
            if number % 2 == 0:
                parts[number] = self._mend_part(part)
            self._start += len(part)
        return "".join(parts)

    def _mend_part(self, part: str) -> str:
        if "&" in part:
            part = _REFERENCE.sub(self._mend_reference, part)
        if (bare := _BARE_LESS_THAN.search(part)) is not None:
            self._tell('"<" that is not written as "&lt;"', bare)
            part = _BARE_LESS_THAN.sub("&lt;", part)
        return _LATE_DECLARATION.sub("", part) if "<?xml" in part else part

    def _tell(self, fault: str, place: re.Match[str]) -> None:
        self.faults.setdefault(fault, self._start + place.start())

    def _mend_reference(self, reference: re.Match[str]) -> str:
        if name := reference["name"]:
            if name in self._entities:
                return self._declared(name)
            # Two brackets, lang and rang, have moved since XHTML, whose names those were meant to be.
            characters = chr(name2codepoint[name]) if name in name2codepoint else html5.get(f"{name};")
            if characters:
                self._tell(f'"&{name};", which XML does not know', reference)
                return html.escape(characters)
        elif digits := reference["decimal"] or reference["hex"]:
            digits = digits.lstrip("0") or "0"
            number = int(digits, 16 if reference["hex"] else 10) if len(digits) <= _LARGEST else 0x110000
            if _is_character(number):
                return reference[0].lower()  # "&#X41;" is none
            self._tell(f'"{reference[0][:20]}", which is no character', reference)
            return "\ufffd" if number == 0 or 0xD800 <= number < 0xE000 or number > 0x10FFFF else ""
        self._tell('"&" that is not written as "&amp;"', reference)
        return "&amp;" + reference[0][1:]

    def _declared(self, name: str) -> str:
        value = html.escape(self._entities[name])
        self._growth += len(value)
        if self._growth > _MOST_GROWTH:
            raise ParseError("declares XML entities that could harm, which are refused")
        return value


def _is_character(number: int) -> bool:
    """XML 1.0, 2.2."""
    return (
        number in (9, 10, 13)
        or 0x20 <= number < 0xD800
        or 0xE000 <= number < 0xFFFE
        or 0x10000 <= number <= 0x10FFFF
    )


def _join_halves(pair: re.Match[str]) -> str:
    """An emoji that was written as its two halves of UTF-16: &#55357;&#56832;."""
    decimal = pair.group(1, 2)
    high, low = map(int, decimal) if decimal[0] else (int(half, 16) for half in pair.group(3, 4))
    if 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return f"&#{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)};"
    return pair[0]


def _with_prefixes(document: str, root: Root, problems: Problems) -> str:
    """The document with every prefix declared in its root element that it uses and does not declare there."""
    declared = {*_DECLARED_PREFIX.findall(document[: document.find(">")]), "xml", "xmlns"}
    used: set[str] = set()
    for part in _LEFT_ALONE.split(document)[::2]:
        used.update(_ELEMENT_PREFIX.findall(part), _ATTRIBUTE_PREFIX.findall(part))
    missing = sorted(used - declared)
    if not missing or len(missing) > _MOST_PREFIXES:
        return document
    unknown = [f"{name}:" for name in missing if f"xmlns:{name}" not in document]
    if unknown:
        problems.add(f"uses {', '.join(unknown)} without declaring it")
    spaces = "".join(
        f' xmlns:{name}="{ADDRESSES.get(name.lower(), f"urn:undeclared:{name}")}"' for name in missing
    )
    at = root.name_end - root.start
    return document[:at] + spaces + document[at:]
