"""What was published since a moment, in the form that is asked for; any number of stories takes little memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from aggregator.export.days import Day, headings, local_dates, portions
from aggregator.export.items import Items
from aggregator.export.mail import MOST, render_mail, render_mail_page
from aggregator.export.pages import Pages
from aggregator.export.plain import write_markdown, write_text
from aggregator.models import Publication, Story, StoryDates
from aggregator.pipeline.publication import load_sources, load_stories
from aggregator.settings import Config
from aggregator.store.interfaces import Library
from aggregator.text import tag_key

_PORTION = 200  # stories in memory at a time


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of the stories."""

    number: int | None = None  # at most, the newest
    tag: str | None = None
    feed: str | None = None  # its URL, or a part of its name
    since: datetime | None = None  # by their own date

    def takes(self, story: Story) -> bool:
        """Whether the story has this tag and this feed."""
        sources = (story.source, *(other.source for other in story.also))
        tags = {tag_key(each) for each in (*story.tags, *(t for source in sources for t in source.tags))}
        return (self.tag is None or tag_key(self.tag) in tags) and (
            self.feed is None
            or any(self.feed == s.url or self.feed.casefold() in s.name.casefold() for s in sources)
        )


class Digest:
    """Stories first published since then (moment and id), newest first. Lives as long as the store is open."""

    def __init__(self, store: Library, config: Config, since: tuple[datetime, int], choice: Choice) -> None:
        self._store, self._config, self._sources = store, config, load_sources(store, config)
        self._ids, self._published = array("q"), array("q")  # the latter in seconds since 1970
        self.newest = since  # moment and id of the story that was published last
        for story in islice(self._chosen(since, choice), choice.number):
            self._ids.append(story.id)
            self._published.append(int(story.published.timestamp()))
            self.newest = max(self.newest, (story.first_published, story.id))

    @property
    def total(self) -> int:
        """How many stories."""
        return len(self._ids)

    def render(
        self, form: str, pages: Pages, sender: str | None = None, to: str | Sequence[str] | None = None
    ) -> Iterator[bytes]:
        """As text, markdown, html or eml, piece by piece."""
        match form:
            case "text":
                yield from write_text(self._publication(()), self._days(), self.total)
            case "markdown":
                yield from write_markdown(self._publication(()), self._days(), self.total)
            case "html":
                yield render_mail_page(self._first(), pages, self._dates())
            case _:
                yield self.as_mail(pages, sender, to)

    def as_mail(
        self,
        pages: Pages,
        sender: str | None = None,
        to: str | Sequence[str] | None = None,
        date: datetime | None = None,
    ) -> bytes:
        """As `render_mail`: the newest stories, as many as fit into a message."""
        return render_mail(self._first(), pages, sender, to, date=date, dates=self._dates())

    def _chosen(self, since: tuple[datetime, int], choice: Choice) -> Iterator[StoryDates]:
        found = (
            dates
            for dates in self._store.published_since(*since)
            if choice.since is None or dates.published >= choice.since
        )
        if choice.tag is None and choice.feed is None:
            yield from found
            return
        while portion := {dates.id: dates for dates in islice(found, _PORTION)}:
            yield from (portion[story.id] for story in self._load(tuple(portion)) if choice.takes(story))

    def _load(self, ids: Sequence[int]) -> tuple[Story, ...]:
        return load_stories(self._store, ids, self._sources)

    def _stories(self) -> Iterator[Story]:
        """All, a portion at a time. One that is removed meanwhile is missing."""
        for start in range(0, self.total, _PORTION):
            yield from self._load(self._ids[start : start + _PORTION])

    def _days(self) -> Iterator[Day]:
        items = Items(self._publication(()), own_pages=False)
        return portions(items, headings(self._dates()), self._stories(), _PORTION)

    def _dates(self) -> Sequence[int]:
        moments = (datetime.fromtimestamp(seconds, UTC) for seconds in self._published)
        return local_dates(moments, self._config.timezone)

    def _first(self) -> Publication:
        """As a publication with the stories that a message can show."""
        return self._publication(self._load(self._ids[: MOST + 1]))

    def _publication(self, stories: Iterable[Story]) -> Publication:
        stories, config = tuple(stories), self._config
        return Publication(
            id="",  # no form that is made of it has one
            title=config.title,
            base_url=config.base_url,
            updated=self.newest[0],
            stories=stories,
            sources=tuple(self._sources.values()),
            content=config.publish.content,
            timezone=config.timezone,
        )
