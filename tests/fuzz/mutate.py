"""Documents made from documents: every way of spoiling one is a function, and stands in a table."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from fuzz import odd
from fuzz.case import Case, Document

FEEDS = 3
_LARGEST = 120_000  # bytes: repetition stops here
_MANY = (2, 6, 12)  # documents of a case: publishing what they say costs more than reading them

_TAG = re.compile(rb"<[^<>]{1,400}>")
_NAMED = re.compile(rb"<([\w:.-]{1,40})\b[^<>]{0,400}>")
_TEXT = re.compile(rb">([^<>]{1,4000})<")
_ATTRIBUTE = re.compile(rb"""[\w:.-]{1,40}\s?=\s?(?:"([^"<]{0,500})"|'([^'<]{0,500})')""")
_NUMBER = re.compile(rb"\d{1,20}")
_DATE = re.compile(
    rb"\d{4}-\d\d-\d\d[T\d:.Z+-]{0,30}|(?:\w{3}, )?\d{1,2} \w{3} \d{2,4} [\d:]{4,8} [\w+-]{1,6}"
)
_LINK = re.compile(rb"https?://[^\s<>\"']{1,500}")
_LABEL = re.compile(rb"encoding=[\"']([^\"']{0,60})[\"']")

Change = Callable[[Random, bytes, bytes], bytes]


def case(chance: Random, seeds: Sequence[bytes]) -> Case:
    """A few documents; half of the later ones are what an earlier one became."""
    shown: list[Document] = []
    for _ in range(chance.choice(_MANY)):
        grown = shown and chance.random() < 0.5
        body = chance.choice(shown).body if grown else chance.choice(seeds)
        if chance.random() < 0.95:
            body = changed(chance, body, chance.choice(seeds))
        shown.append(Document(body, chance.choice(odd.CONTENT_TYPES), chance.randrange(FEEDS)))
    return tuple(shown)


def changed(chance: Random, body: bytes, other: bytes) -> bytes:
    """The document after a few changes; `other`: one to take pieces from."""
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        change = _json if body.lstrip()[:1] == b"{" and chance.random() < 0.7 else chance.choice(CHANGES)
        body = change(chance, body, other)[:_LARGEST]
    return body


# ---------------------------------------------------------------- bytes


def _flip(chance: Random, body: bytes, other: bytes) -> bytes:
    flipped = bytearray(body)
    for _ in range(chance.choice((1, 2, 8))):
        if flipped:
            flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def _cut(chance: Random, body: bytes, other: bytes) -> bytes:
    start, end = _span(chance, body)
    return body[:start] + body[end:]


def _repeat(chance: Random, body: bytes, other: bytes) -> bytes:
    start, end = _span(chance, body)
    return body[:end] + body[start:end] * chance.choice((1, 2, 30, 500)) + body[end:]


def _truncate(chance: Random, body: bytes, other: bytes) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


def _put(chance: Random, body: bytes, other: bytes) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + _encoded(chance.choice(odd.TEXTS)) + body[at:]


# ---------------------------------------------------------------- markup


def _splice(chance: Random, body: bytes, other: bytes) -> bytes:
    """An element of another document in the place of one here, or beside it."""
    start, end = _element(chance, body)
    first, last = _element(chance, other)
    return body[: chance.choice((start, end))] + other[first:last] + body[end:]


def _double(chance: Random, body: bytes, other: bytes) -> bytes:
    start, end = _element(chance, body)
    return body[:end] + body[start:end] * chance.choice((1, 1, 3, 40)) + body[end:]


def _drop(chance: Random, body: bytes, other: bytes) -> bytes:
    start, end = _element(chance, body)
    return body[:start] + body[end:]


def _swap(chance: Random, body: bytes, other: bytes) -> bytes:
    """Two elements in each other's places, also one inside of the other."""
    one, two = sorted((_element(chance, body), _element(chance, body)))
    return body[: one[0]] + body[slice(*two)] + body[one[1] : two[0]] + body[slice(*one)] + body[two[1] :]


def _tag(chance: Random, body: bytes, other: bytes) -> bytes:
    return _replace(
        chance,
        body,
        _TAG,
        lambda old: chance.choice((b"", old * 2, old.upper(), b"</" + old[1:], old[:-1] + b"/>")),
    )


def _rename(chance: Random, body: bytes, other: bytes) -> bytes:
    """All elements of one name under the name of others."""
    names, others = _NAMED.findall(body), _NAMED.findall(body + other)
    if not names:
        return body
    old, new = chance.choice(names), chance.choice(others)
    return re.sub(rb"(</?)" + re.escape(old) + rb"\b", lambda found: found[1] + new, body)


def _insert(chance: Random, body: bytes, other: bytes) -> bytes:
    return _replace(chance, body, _TAG, lambda old: old + _encoded(chance.choice(odd.ELEMENTS)))


def _attribute(chance: Random, body: bytes, other: bytes) -> bytes:
    new = b" " + _encoded(chance.choice(odd.ATTRIBUTES))
    return _replace(chance, body, _NAMED, lambda old: old[:-1] + new + b">")


def _value(chance: Random, body: bytes, other: bytes) -> bytes:
    new = _encoded(chance.choice(chance.choice((odd.LINKS, odd.TEXTS, odd.NUMBERS, odd.DATES))))
    return _replace(chance, body, _ATTRIBUTE, lambda _: new)


def _text(chance: Random, body: bytes, other: bytes) -> bytes:
    new = _encoded(chance.choice(odd.TEXTS))
    escaped = new.replace(b"&", b"&amp;").replace(b"<", b"&lt;")
    new = chance.choice((new, escaped, b"<![CDATA[" + new + b"]]>"))
    return _replace(chance, body, _TEXT, lambda old: chance.choice((new, old + new, new + old)))


def _number(chance: Random, body: bytes, other: bytes) -> bytes:
    return _replace(chance, body, _NUMBER, lambda _: _encoded(chance.choice(odd.NUMBERS)))


def _date(chance: Random, body: bytes, other: bytes) -> bytes:
    return _replace(chance, body, _DATE, lambda _: _encoded(chance.choice(odd.DATES)))


def _link(chance: Random, body: bytes, other: bytes) -> bytes:
    return _replace(chance, body, _LINK, lambda _: _encoded(chance.choice(odd.LINKS)))


# ---------------------------------------------------------------- encodings


def _encode(chance: Random, body: bytes, other: bytes) -> bytes:
    return body.decode("utf-8", "replace").encode(chance.choice(odd.CODECS), "xmlcharrefreplace")


def _label(chance: Random, body: bytes, other: bytes) -> bytes:
    label = chance.choice(odd.LABELS).encode()
    if _LABEL.search(body):
        return _replace(chance, body, _LABEL, lambda _: label)
    return b'<?xml version="1.0" encoding="' + label + b'"?>' + body


def _unescape(chance: Random, body: bytes, other: bytes) -> bytes:
    old, new = chance.choice(
        ((b"&lt;", b"<"), (b"<", b"&lt;"), (b"&amp;", b"&"), (b"&", b"&amp;"), (b"]]>", b""), (b'"', b"'"))
    )
    return body.replace(old, new, chance.choice((1, -1)))


CHANGES: tuple[Change, ...] = (
    *(_flip, _cut, _repeat, _truncate, _put),
    *(_splice, _splice, _double, _drop, _swap, _tag, _rename, _insert, _attribute),
    *(_value, _value, _text, _text, _text, _number, _date, _date, _link, _link),
    *(_encode, _label, _unescape),
)


# ---------------------------------------------------------------- JSON


def _json(chance: Random, body: bytes, other: bytes) -> bytes:
    """The document with one of its values another; bytes of it cut or flipped where it is no JSON."""
    try:
        root = json.loads(body)
    except (ValueError, RecursionError):
        return _cut(chance, body, other)
    places = list(_places(root))
    if not places:
        return _put(chance, body, other)
    holder, key = chance.choice(places)
    value = holder[key]
    holder[key] = chance.choice(
        (
            *(value, None, True, [], {}, [value], {"a": value}, [value] * 30, 1e999, 10**400, -0.0, "\ud800"),
            *(chance.choice(table) for table in (odd.TEXTS, odd.LINKS, odd.DATES, odd.NUMBERS)),
            *(chance.choice(places)[0], str(value)),
        )
    )
    if chance.random() < 0.2:
        del holder[key]
    try:
        text = json.dumps(root, ensure_ascii=chance.random() < 0.5)
    except (
        ValueError,
        RecursionError,
    ):  # a value inside of itself; a number of more digits than Python writes
        return body
    return _encoded(text)


def _places(node: Any) -> list[tuple[Any, Any]]:
    """Each list or mapping under the node with each of its keys."""
    found: list[tuple[Any, Any]] = []
    waiting = [node]
    while waiting and len(found) < 2_000:
        here = waiting.pop()
        keys = list(here) if isinstance(here, dict) else range(len(here)) if isinstance(here, list) else ()
        for key in keys:
            found.append((here, key))
            waiting.append(here[key])
    return found


# ---------------------------------------------------------------- small tools


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _span(chance: Random, body: bytes) -> tuple[int, int]:
    start = chance.randrange(len(body) + 1)
    return start, min(len(body), start + chance.choice((1, 2, 4, 20, 200)))


def _element(chance: Random, body: bytes) -> tuple[int, int]:
    """Where some element stands, from its tag to its end; empty where there is none."""
    found = _NAMED.search(body, chance.randrange(len(body) + 1)) or _NAMED.search(body)
    if found is None:
        return _span(chance, body)
    close = b"</" + found[1] + b">"
    end = body.find(close, found.end())
    return found.start(), found.end() if end < 0 else end + len(close)


def _replace(chance: Random, body: bytes, pattern: re.Pattern[bytes], new: Callable[[bytes], bytes]) -> bytes:
    """The document with one match replaced; of the pattern's groups, the first that took part."""
    found = pattern.search(body, chance.randrange(len(body) + 1)) or pattern.search(body)
    if found is None:
        return body
    group = (found.lastindex or 0) if pattern is not _NAMED else 0
    return body[: found.start(group)] + new(found[group]) + body[found.end(group) :]
