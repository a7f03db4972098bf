"""skipHours and skipDays of RSS 2.0: hours and days, in UTC, in which a feed must not be polled."""

from __future__ import annotations

from datetime import datetime, timedelta

from aggregator.models import PollHints

_HOUR = timedelta(hours=1)


def next_allowed_time(when: datetime, hints: PollHints) -> datetime:
    """`when`, or the beginning of the next hour that the feed does not want to be skipped.

    A feed that skips every hour or every day skips none: its owner misread the standard.
    """
    hours = frozenset(hints.skip_hours) if len(set(hints.skip_hours)) < 24 else frozenset()
    days = frozenset(hints.skip_days) if len(set(hints.skip_days)) < 7 else frozenset()
    if not hours and not days:
        return when
    while when.hour in hours or when.weekday() in days:
        when = when.replace(minute=0, second=0, microsecond=0) + _HOUR
    return when
