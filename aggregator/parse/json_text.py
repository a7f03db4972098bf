"""JSON as people and templates write it: what is plainly meant is read, and told of; raises ParseError for the rest."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from aggregator.errors import ParseError
from aggregator.parse.values import Problems


@dataclass(frozen=True, slots=True)
class Number:
    """A number as its digits stood: ids may be numbers, and of any length."""

    digits: str


_DECODER = json.JSONDecoder(
    strict=False,  # line breaks in strings: written by hand or by templates
    parse_int=Number,
    parse_float=Number,
    parse_constant=lambda _: None,
)
_SPACE = re.compile(r"[\s,]*")
# A string, closed or not, or a comma that nothing follows; no string is looked into.
_LAST_COMMA = re.compile(r'("(?:[^"\\]|\\.)*+"?)|,(?=\s*[\]}])', re.DOTALL)
_FALSE_ESCAPE = re.compile(r'\\(?:(["\\/bfnrtu])|(.))', re.DOTALL)
_ITEMS = re.compile(r'"items"\s*:\s*\[')


def decode(text: str, problems: Problems) -> Any:
    """The value with which the text begins; of a feed that breaks off, what stands before the break."""
    text = text.strip()
    try:
        value, end = _DECODER.raw_decode(text)
        if end < len(text):
            problems.add("something else stands after the feed")
    except RecursionError as error:
        raise ParseError("JSON nested too deep for a feed") from error
    except json.JSONDecodeError as error:
        value = _mended(text, error, problems)
    return value


def _mended(text: str, error: json.JSONDecodeError, problems: Problems) -> Any:
    broken = f"broken JSON ({error.msg}, line {error.lineno}, column {error.colno})"
    mended = _LAST_COMMA.sub(lambda found: found[1] or "", _FALSE_ESCAPE.sub(_escape, text))
    for candidate in dict.fromkeys((mended, text)):
        try:
            value = _DECODER.raw_decode(candidate)[0]
        except (ValueError, RecursionError):
            value = _before_the_break(candidate)
        if value is not None:
            problems.add(broken)
            return value
    raise ParseError(broken)


def _escape(escape: re.Match[str]) -> str:
    """A backslash that begins no escape stands for itself, before an apostrophe for nothing."""
    if escape[1]:
        return escape[0]
    return "'" if escape[2] == "'" else f"\\\\{escape[2]}"


def _before_the_break(text: str) -> Any:
    """The feed with those of its items that are whole; None where there is none."""
    begin = _ITEMS.search(text)
    if begin is None:
        return None
    items = []
    position = begin.end()
    try:
        feed = _DECODER.decode(f"{text[:position]}]}}")
        while True:
            item, position = _DECODER.raw_decode(text, _skipped(text, position))
            items.append(item)
    except (ValueError, RecursionError):
        return feed | {"items": items} if items else None


def _skipped(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    return space.end() if space else position
