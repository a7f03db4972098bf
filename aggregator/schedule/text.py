"""Spans and rates as a person says them."""

from __future__ import annotations

from datetime import timedelta

_UNITS = (("an hour", 1), ("a day", 24), ("a week", 24 * 7), ("a month", 24 * 30), ("a year", 24 * 365))


def format_duration(span: timedelta) -> str:
    """A span in its two largest units: "1 h 30 min", "2 days"."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    name = "day" if days == 1 else "days"
    return f"{days} {name} {hours} h" if hours else f"{days} {name}"


def format_rate(an_hour: float) -> str:
    """A rate in the smallest unit of time in which it is not below one: "3 entries a week"."""
    for unit, hours in _UNITS:
        count = an_hour * hours
        if count >= 0.95:
            number = f"{count:.0f}" if count >= 9.5 else f"{count:.1f}".removesuffix(".0")
            return f"{number} {'entry' if number == '1' else 'entries'} {unit}"
    return "less than an entry a year"
