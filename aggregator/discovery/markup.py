"""A tolerant scanner of tags: finds elements and their attributes in markup that no parser accepts.

Over half of the OPML lists that people have are not well-formed: bare `&`, quotation marks inside quoted
values, `<` in a title, end tags that were never opened. Pages are no better. This reads both.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

_ATTRIBUTE = re.compile(r"([A-Za-z_][\w:.-]*)(\s*=\s*)?", re.ASCII)
_SPACE = re.compile(r"\s*")
_UNQUOTED = re.compile(r"[^\s>]*")
# A quotation mark ends a value where the tag goes on as a tag does: with an attribute, or with its end.
_END_OF_VALUE = r"""(?=\s*/?>%s|\s+[A-Za-z_][\w:.-]*\s*=\s*["']|\s+/?$)"""
_NO_TEXT = r"(?=\s*(?:<|$))"  # what follows a tag where only tags are expected


@dataclass(frozen=True, slots=True)
class Tag:
    """A start or end tag."""

    name: str  # lower case, with its prefix
    closing: bool  # an end tag
    empty: bool  # <name/>
    attributes: Mapping[str, str]  # names in lower case, values unescaped
    end: int  # offset of what follows


def scan(text: str, names: Sequence[str], with_text: bool = False) -> Iterator[Tag]:
    """The tags with these names, in document order; comments are skipped where they are closed.

    `with_text`: text may follow a tag, as in HTML. Where it may not, as in OPML, a `>` before text is none that
    ends a tag, but stands in a value.
    """
    opening = _opening(tuple(names))
    grammar = _grammar(with_text)
    position, comments_end = 0, True
    while found := opening.search(text, position):
        if found[0] == "<!--":
            end = text.find("-->", found.end()) if comments_end else -1
            comments_end = end >= 0  # an unclosed comment hides nothing, and is looked for once
            position = end + 3 if comments_end else found.end()
            continue
        tag = _tag(text, found, opening, grammar)
        position = tag.end
        yield tag


@cache
def _opening(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"<!--|<(/?)({'|'.join(map(re.escape, names))})(?=[\s/>])", re.I)


class _Grammar(NamedTuple):
    tag_end: re.Pattern[str]
    closing: dict[str, re.Pattern[str]]  # by quotation mark


@cache
def _grammar(with_text: bool) -> _Grammar:
    after = "" if with_text else _NO_TEXT
    closing = {quote: re.compile(quote + _END_OF_VALUE % after, re.ASCII) for quote in "\"'"}
    return _Grammar(re.compile(">" + after), closing)


def _tag(text: str, found: re.Match[str], opening: re.Pattern[str], grammar: _Grammar) -> Tag:
    following = opening.search(text, found.end())
    limit = following.start() if following else len(text)  # no value reaches into the next tag
    attributes: dict[str, str] = {}
    position, empty = found.end(), False
    while position < limit:
        if space := _SPACE.match(text, position, limit):
            position = space.end()
            if position >= limit:
                break
        attribute = _ATTRIBUTE.match(text, position, limit)
        if attribute is None:
            character = text[position : position + 1]
            position += 1
            if character == ">" and grammar.tag_end.match(text, position - 1):
                break
            empty = character == "/"
            continue
        empty = False
        position = attribute.end()
        value = ""
        if attribute[2]:
            value, position = _value(text, position, limit, grammar)
        attributes.setdefault(attribute[1].lower(), html.unescape(value))
    return Tag(found[2].lower(), bool(found[1]), empty, attributes, max(position, found.end()))


def _value(text: str, start: int, limit: int, grammar: _Grammar) -> tuple[str, int]:
    """The attribute's value from here on, and where it ends."""
    quote = text[start : start + 1]
    if quote not in grammar.closing:
        found = _UNQUOTED.match(text, start, limit)
        assert found is not None  # noqa: S101 - it matches the empty text as well
        return found[0], found.end()
    closing = grammar.closing[quote].search(text, start + 1, limit)
    if closing is not None:
        return text[start + 1 : closing.start()], closing.end()
    end = text.find(quote, start + 1, limit)
    end = end if end >= 0 else limit
    return text[start + 1 : end], end + 1
