"""Stories under the headings of days, in runs of one source, on pages of a bounded size."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import accumulate, groupby, islice

from aggregator.export.items import Item, Items
from aggregator.export.text import (
    day_and_month,
    month_abbreviation,
    month_and_year,
    weekday,
    zone_of,
)
from aggregator.models import Publication, Story

DAYS = 7  # from the newest on; older stories stand under their months, or headings would outnumber them
RUN, RUN_SHOWN = 5, 2  # so many in a row of one source fold, and so many of them are shown
LARGEST = 82_000  # bytes of stories in a page, which its frame and style make less than 100 KB


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


def days_of(
    publication: Publication,
    brief: bool = False,
    own_pages: bool = True,
    dates: Sequence[int] | None = None,
) -> tuple[Day, ...]:
    """The stories in their order under the headings of their days. `brief`, `own_pages`: as of Items.

    `dates`: of all stories where the publication has the first of them alone; as of `local_dates`.
    """
    make = Items(publication, brief, own_pages)
    if dates is None:
        dates = local_dates((story.published for story in publication.stories), publication.timezone)
    return tuple(portions(make, headings(dates), publication.stories))


def local_dates(moments: Iterable[datetime], timezone: str) -> array[int]:
    """The date of each moment in that time zone, as date.toordinal() gives it."""
    zone = zone_of(timezone)
    return array("i", (moment.astimezone(zone).toordinal() for moment in moments))


def headings(dates: Sequence[int]) -> list[tuple[Day, date]]:
    """The days, without their stories, and the date that stories there need not say. `dates`: of the stories.

    A story stands under its own date or that of the story below it if later. So the headings only ever go back in
    time: a story that came days late stands among those it came with, and its time then says its own date.
    """
    found = array("i", accumulate(reversed(dates), max))[::-1]
    newest = date.fromordinal(found[0]) if found else date.min
    counts = {date.fromordinal(number): count for number, count in Counter(found).items()}
    days = []
    for key, group in groupby(counts, key=lambda day: _key(day, newest)):
        first, *others = group
        count = sum(counts[day] for day in (first, *others))
        if len(key) > 7:
            name = f"{weekday(first)} {day_and_month(first)} {first.year}"
            days.append((Day(key, name, f"{weekday(first)[:3]} {first.day}", count, ()), first))
        else:  # under a month each story says its date
            name, short = (
                month_and_year(first.year, first.month),
                f"{month_abbreviation(first.month)} {first.year}",
            )
            days.append((Day(key, name, short, count, ()), newest))
    return days


def portions(
    make: Items, days: Iterable[tuple[Day, date]], stories: Iterable[Story], most: int | None = None
) -> Iterator[Day]:
    """The days with their stories, as far as there are stories; a day of more than `most` comes in portions."""
    rest = iter(stories)
    for day, shown in days:
        left = day.count
        while left and (
            items := tuple(make.item(story, shown) for story in islice(rest, min(left, most or left)))
        ):
            yield replace(day, items=items)
            left -= len(items)


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
