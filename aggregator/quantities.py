"""Durations and sizes as people write them, 1h30m and 10MB, and back."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}  # in seconds
_NUMBER = "[0-9]{1,9}"
DURATION_PATTERN = "^(?=[0-9])" + "".join(f"({_NUMBER}{unit})?" for unit in _UNITS) + "$"

_BYTES = {"B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
SIZE_PATTERN = f"^{_NUMBER}({'|'.join(_BYTES)})$"

_UNIT_WORDS = r"s(?:ecs?|econds?)?|m(?:ins?|inutes?)?|h(?:rs?|ours?)?|d(?:ays?)?|w(?:eeks?)?"
_LOOSE_DURATION = rf"({_NUMBER})\s*({_UNIT_WORDS})"
_LOOSE_SIZE = rf"({_NUMBER})\s*([A-Za-z]+)"


def parse_duration(text: str) -> timedelta | None:
    """The time that `30s`, `15m`, `2h`, `7d`, `1w` or `1h30m` stand for; None for anything else."""
    if not re.fullmatch(DURATION_PATTERN, text):
        return None
    return timedelta(
        seconds=sum(int(number) * _UNITS[unit] for number, unit in re.findall("([0-9]+)(.)", text))
    )


def duration_text(time: timedelta) -> str:
    """The shortest text that reads back as this many whole seconds, in days and smaller."""
    left, parts = int(time.total_seconds()), []
    for unit in "dhms":
        number, left = divmod(left, _UNITS[unit])
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"


def duration_meant(text: str) -> str | None:
    """The duration that `30 minutes`, `2 hrs` or `1H` mean, as it should be written."""
    found = re.fullmatch(_LOOSE_DURATION, text, re.IGNORECASE | re.ASCII)
    return found[1] + found[2][0].lower() if found else None


def parse_size(text: str) -> int | None:
    """The bytes that `500KB`, `10MB` or `10MiB` stand for; None for anything else."""
    found = re.fullmatch(r"([0-9]{1,9})([A-Za-z]+)", text)
    return int(found[1]) * _BYTES[found[2]] if found and found[2] in _BYTES else None


def size_text(size: int) -> str:
    """The shortest text that reads back as this many bytes, in decimal units."""
    unit = next(unit for unit in ("GB", "MB", "KB", "B") if size % _BYTES[unit] == 0)
    return f"{size // _BYTES[unit]}{unit}"


def size_meant(text: str) -> str | None:
    """The size that `10 mb` or `10M` mean, as it should be written."""
    found = re.fullmatch(_LOOSE_SIZE, text)
    if not found:
        return None
    for unit in _BYTES:
        if found[2].lower() in (unit.lower(), unit.lower().removesuffix("b")):
            return found[1] + unit
    return None
