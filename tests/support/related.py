"""Entries with telling words, made of headlines and summaries, for tests of related coverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from aggregator.dedupe import strength, title_key
from aggregator.models import Entry, Keys, WeighedEntry, WordCounts
from aggregator.related import entry_words, weigh
from support.events import Telling

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def entry(title: str, summary: str = "", link: str | None = None, when: datetime = NOON) -> Entry:
    key = title_key(title)
    return Entry(
        title,
        link,
        title,
        when,
        "source",
        summary=summary,
        keys=Keys(title_key=key, title_strength=strength(key)),
    )


def weighed(told: Iterable[Telling], apart: timedelta = timedelta(0)) -> list[WeighedEntry]:
    """Each of an outlet and a feed of its own, weighed by the counts of all of them; those with words."""
    made = [(number, entry(*each)) for number, each in enumerate(told, 1)]
    words = {number: entry_words(each, f"https://outlet{number}.example/feed") for number, each in made}
    known = {number: each for number, each in words.items() if each}
    counts = Counter(word for each in known.values() for word in (*each.headline, *each.summary))
    totals = WordCounts(len(known), counts)
    return [
        WeighedEntry(number, number, number, NOON + apart * number, each, weigh(each, totals), str(number))
        for number, each in known.items()
    ]
