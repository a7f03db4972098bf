"""Durations, sizes and counts of feeds.yaml: read within bounds, or answered with how they are written."""

from __future__ import annotations

import re
from datetime import timedelta

from aggregator.config.issues import InvalidValue, redact
from aggregator.config.tree import Scalar
from aggregator.quantities import (
    duration_meant,
    duration_text,
    parse_duration,
    parse_size,
    size_meant,
    size_text,
)
from aggregator.settings import Setting

# Bounds that keep dates and buffers computable whatever is added to them.
MOST_COUNT = 100_000
MOST_SIZE = 1_000_000_000
_MOST_TIME = timedelta(days=36_500)

DURATION_EXAMPLE = "write it as 30s, 15m, 2h, 7d, 1w or 1h30m"
SIZE_EXAMPLE = "write it as 500KB, 10MB or 10MiB"

_WHOLE = re.compile("0|[1-9][0-9]{0,11}")


def read_duration(node: Scalar, setting: Setting) -> timedelta:
    text = node.text
    time = parse_duration(text)
    if time is None:
        if _WHOLE.fullmatch(text):
            raise InvalidValue(f"`{text}` has no unit", f"write {text}s, {text}m or {text}h")
        meant = duration_meant(text)
        raise InvalidValue(
            f"`{redact(text)}` is not a duration", f"write {meant}" if meant else DURATION_EXAMPLE
        )
    least = timedelta(seconds=setting.low)
    if time < least:
        raise InvalidValue(f"`{text}` is too short", f"the minimum is {duration_text(least)}")
    if time > _MOST_TIME:
        raise InvalidValue(f"`{text}` is too long", f"the maximum is {duration_text(_MOST_TIME)}")
    return time


def read_size(node: Scalar, setting: Setting) -> int:
    text = node.text
    plain = node.reading == "number" and _WHOLE.fullmatch(text)
    found = int(text) if plain else parse_size(text)
    if found is None:
        meant = size_meant(text)
        raise InvalidValue(f"`{redact(text)}` is not a size", f"write {meant}" if meant else SIZE_EXAMPLE)
    if found < setting.low:
        raise InvalidValue(f"`{text}` is too small", f"the minimum is {size_text(int(setting.low))}")
    if found > MOST_SIZE:
        raise InvalidValue(f"`{text}` is too large", f"the maximum is {size_text(MOST_SIZE)}")
    return found


def read_count(node: Scalar, setting: Setting) -> int:
    text, least = node.text, int(setting.low)
    if not re.fullmatch("-?[0-9]+", text):
        raise InvalidValue(
            f"`{redact(text)}` is not a whole number", f"use digits only, as {setting.default}"
        )
    if node.reading == "text":
        raise InvalidValue(f'"{redact(text)}" is text', f"write {redact(text)} without quotes")
    if text.startswith("-") or (_WHOLE.fullmatch(text) and int(text) < least):
        raise InvalidValue(f"`{redact(text)}` is too small", f"the minimum is {least}")
    if text.startswith("0") and text != "0":
        raise InvalidValue(f"`{redact(text)}` has a leading zero", f"write {redact(text.lstrip('0') or '0')}")
    if not _WHOLE.fullmatch(text) or int(text) > MOST_COUNT:
        raise InvalidValue(f"`{redact(text)}` is too large", f"the maximum is {MOST_COUNT}")
    return int(text)
