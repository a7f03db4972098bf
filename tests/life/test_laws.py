"""Laws over sequences of documents, for which the machine looks for the exception."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedupe import NEWS_RULES
from aggregator.models import ReadFeed
from aggregator.pipeline.read import read
from aggregator.pipeline.record import PollRecorder
from aggregator.settings import Config, Subscription
from polite.warp import START
from support.stores import new_store, save_document, sql, tables

from .items import KEY, Document, Item, post, rss

WINDOW = 8
URL = "https://feed.example/feed"
IDS: dict[str, Callable[[Item, int], str | None]] = {
    "its own": lambda item, place: item.guid,
    "none": lambda item, place: None,
    "its link": lambda item, place: item.link,
    "its place": lambda item, place: str(place),
    "one for all": lambda item, place: "post",
}
LINKS: dict[str, Callable[[Item], str | None]] = {
    "its own": lambda item: item.link,
    "one for all": lambda item: "https://feed.example/page",
}


@dataclass(frozen=True, slots=True)
class Habits:
    """How a feed lists its items."""

    ids: str
    links: str
    oldest_first: bool = False
    has_titles: bool = True

    def document(self, items: Sequence[Item]) -> Sequence[Item]:
        """The newest of these, as the feed lists them."""
        listed = [
            replace(
                item,
                guid=IDS[self.ids](item, place),
                link=LINKS[self.links](item),
                title=item.title if self.has_titles else None,
            )
            for place, item in enumerate(reversed(items[-WINDOW:]), 1)
        ]
        return listed[::-1] if self.oldest_first else listed


@st.composite
def habits(draw: st.DrawFn) -> Habits:
    ids = draw(st.sampled_from(sorted(IDS)))
    links = "its own" if ids in ("none", "its link") else draw(st.sampled_from(sorted(LINKS)))
    return Habits(ids, links, draw(st.booleans()), draw(st.booleans()) or ids in ("its place", "one for all"))


@st.composite
def histories(draw: st.DrawFn) -> list[list[Item]]:
    """What there is at each step: first a few items, then one or two more each time, hours or days apart."""
    at, number, items = -200.0, 0, []
    for _ in range(draw(st.integers(3, 12))):
        items.append(post("feed", number, at))
        number, at = number + 1, at + draw(st.sampled_from([1.0, 7.0, 30.0]))
    steps = [list(items)]
    for _ in range(draw(st.integers(1, 6))):
        for _ in range(draw(st.integers(1, 2))):
            at += draw(st.sampled_from([1.0, 7.0, 30.0]))
            items.append(post("feed", number, at))
            number += 1
        steps.append(list(items))
    return steps


class World:
    """A store that one feed's documents are shown to."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "aggregator.db"
        self.store = new_store(self.path)
        config = Config(folder / "feeds.yaml", (Subscription(URL),), data=folder)
        self.store.sync_subscriptions(config.feeds, START)
        self.recorder = PollRecorder(config, self.store)

    def show(self, listed: Sequence[Item]) -> None:
        now = START + timedelta(hours=max(item.at or 0 for item in listed) + 0.5)
        (feed,) = self.store.feeds()
        document = read(rss("feed", Document(listed)), "application/rss+xml", URL, now)
        assert isinstance(document, ReadFeed)
        save_document(self.recorder, feed, document, now)
        self.store.publish_pending(now)

    def stories(self) -> dict[str, str]:
        """The key of the item that each published story shows, by the story's Atom id."""
        rows = sql(
            self.path,
            "SELECT s.atom_id, t.value FROM stories s JOIN entries e ON e.id = s.entry_id, json_each(e.tags) t"
            " WHERE s.first_published IS NOT NULL",
        )
        return {atom_id: tag.removeprefix(KEY) for atom_id, tag in rows}

    def dump(self) -> object:
        return tables(self.path, ("entries", "stories", "sightings", "contents", "related", "feed_traits"))


@contextlib.contextmanager
def world() -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        here = World(Path(folder))
        try:
            yield here
        finally:
            here.store.close()


@given(histories(), habits(), st.data())
def test_the_same_items_over_more_polls_give_the_same_stories(
    history: list[list[Item]], feed: Habits, data: st.DataObject
) -> None:
    between = range(1, len(history) - 1)
    some = data.draw(st.sets(st.sampled_from(between), max_size=3) if between else st.just(set()))
    with world() as often, world() as seldom:
        for step, items in enumerate(history):
            often.show(feed.document(items))
            if step in (0, len(history) - 1) or step not in some:
                seldom.show(feed.document(items))
        assert sorted(often.stories().values()) == sorted(seldom.stories().values())


@given(histories(), habits())
def test_a_document_seen_twice_changes_nothing(history: list[list[Item]], feed: Habits) -> None:
    with world() as here:
        for items in history:
            here.show(feed.document(items))
            before = here.dump()
            here.show(feed.document(items))
            assert here.dump() == before


@given(histories(), habits())
def test_what_was_published_is_never_taken_over_and_all_news_is_published_once(
    history: list[list[Item]], feed: Habits
) -> None:
    with world() as here:
        told: dict[str, str] = {}
        for items in history:
            here.show(feed.document(items))
            now = here.stories()
            assert {atom_id: now[atom_id] for atom_id in told} == told
            told = now
        keys = list(told.values())
        assert len(keys) == len(set(keys))
        assert {item.key for item in history[-1][len(history[0]) :]} <= set(keys)


@given(st.lists(st.tuples(histories(), habits()), min_size=1, max_size=2))
def test_every_entry_is_news_or_backlog_for_a_reason(shown: list[tuple[list[list[Item]], Habits]]) -> None:
    reasons = {rule.name: rule.is_news for rule in NEWS_RULES}
    with world() as here:
        for history, feed in shown:
            for items in history:
                here.show(feed.document(items))
        for row in sql(here.path, "SELECT news, quiet FROM entries"):
            assert reasons[row["news"]] is not bool(row["quiet"])
