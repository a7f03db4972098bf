"""Stories under the headings of days, in runs of one source, on pages of a bounded size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby

from aggregator.export.items import Item, Items
from aggregator.export.text import (
    day_and_month,
    month_abbreviation,
    month_and_year,
    weekday,
)
from aggregator.models import Publication, Story

DAYS = 7  # from the newest on; older stories stand under their months, or headings would outnumber them
RUN, RUN_SHOWN = 5, 2  # so many in a row of one source fold, and so many of them are shown
LARGEST = 82_000  # bytes of stories in a page, which its frame and style make less than 100 KB
_LONG_AGO = date.min


@dataclass(frozen=True, slots=True)
class Run:
    """Stories in a row; of many from one source most are folded."""

    items: tuple[Item, ...]
    folded: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """A heading and the stories under it: a day, or a month where that is longer ago."""

    key: str  # 2026-11-23 or 2026-11: as `datetime` of HTML's time element, and in the anchor
    name: str  # "Monday 23 November 2026", "November 2026"
    short: str  # "Mon 23", "Nov 2026"
    count: int  # stories of that day, on all pages
    items: tuple[Item, ...]
    link: str = ""  # to its heading, on whichever page that is

    def runs(self, fold: bool = True) -> Iterator[Run]:
        """The stories, those of one source that stand together as one run. A story that several told never folds."""
        for (_, folds), group in groupby(self.items, key=lambda item: (item.feed_id, item.sources == 1)):
            items = tuple(group)
            if fold and folds and len(items) >= RUN:
                yield Run(items[:RUN_SHOWN], items[RUN_SHOWN:])
            else:
                yield Run(items)


def days_of(publication: Publication, brief: bool = False, own_pages: bool = True) -> tuple[Day, ...]:
    """The stories in their order, each under its own date or that of the story below it if later.

    So the headings only ever go back in time: a story that came days late stands among those it came
    with, and its time then says its own date. Dates are those of the publication's time zone. `brief`,
    `own_pages`: as of Items.
    """
    make = Items(publication, brief, own_pages)
    heading = _LONG_AGO
    dated: list[tuple[date, Story]] = []
    for story in reversed(publication.stories):
        heading = max(heading, story.published.astimezone(make.zone).date())
        dated.append((heading, story))
    dated.reverse()
    newest = dated[0][0] if dated else _LONG_AGO
    days = []
    for key, group in groupby(dated, key=lambda pair: _key(pair[0], newest)):
        stories = tuple(group)
        day = stories[0][0]
        # Under a month each says its date, as any does that is not of its heading's day.
        items = tuple(make.item(story, day if len(key) > 7 else newest) for day, story in stories)
        if len(key) > 7:
            name, short = f"{weekday(day)} {day_and_month(day)} {day.year}", f"{weekday(day)[:3]} {day.day}"
        else:
            name = month_and_year(day.year, day.month)
            short = f"{month_abbreviation(day.month)} {day.year}"
        days.append(Day(key, name, short, len(items), items))
    return tuple(days)


def _key(day: date, newest: date) -> str:
    return day.isoformat() if (newest - day).days < DAYS else day.isoformat()[:7]


def newest_of(stories: Iterable[Story]) -> datetime | None:
    """When the newest of them was first published."""
    return max((story.first_published or story.published for story in stories), default=None)


def split(days: Sequence[Day], most: int, largest: int = LARGEST) -> list[list[Day]]:
    """The days on pages of at most `most` stories and about `largest` bytes; a day may go on on the next page."""
    pages: list[list[Day]] = [[]]
    count = size = 0
    for day in days:
        items: list[Item] = []
        for item in day.items:
            if count and (count >= most or size + item.size > largest):
                if items:
                    pages[-1].append(replace(day, items=tuple(items)))
                pages.append([])
                count, size, items = 0, 0, []
            items.append(item)
            count, size = count + 1, size + item.size
        pages[-1].append(replace(day, items=tuple(items)))
    return pages
