"""What is kept of each feed, so as not to be computed at each publication, is what computing it would give.

Whatever the store was asked to do since.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.models import MOST_OF_SOURCE, Redacted
from aggregator.pipeline.rebuild import rebuild
from aggregator.pipeline.record import PollRecorder
from aggregator.settings import Config, Keep, Subscription
from aggregator.store.interfaces import Store
from aggregator.times import format_utc
from support.make import NOON, document, entry
from support.stores import new_store, save_document, sql

from .conftest import Engine

URLS = tuple(f"https://{name}.ex/feed" for name in ("one", "two", "three"))
KINDS = (
    "poll",
    "publish",
    "poll",
    "publish",
    "edit",
    "correct",
    "filter",
    "subscribe",
    "forget",
    "redact",
    "clock",
    "rebuild",
)
Step = tuple[str, int, int]  # what is done, and two numbers that choose how

steps = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 2), st.integers(0, 9)), min_size=5, max_size=20
)

# What the digest of a feed's newest stories is made of.
PUBLISHED = (
    "SELECT s.feed_id, s.id, s.published, s.updated, e.id, e.fingerprint FROM stories s JOIN entries e ON e.id = s.entry_id AND e.blocked IS NULL"
    " WHERE s.first_published IS NOT NULL ORDER BY s.position DESC, s.published DESC, s.id"
)
TELLERS = (
    "SELECT v.story_id, e.id, e.fingerprint FROM stories s JOIN sightings v ON v.story_id = s.id AND v.entry_id <> s.entry_id"
    " JOIN entries e ON e.id = v.entry_id AND e.blocked IS NULL"
    " JOIN feeds f ON f.id = e.feed_id AND f.subscribed = 1 ORDER BY e.published, e.id"
)
Ask = Callable[[str], Sequence[Any]]


class World:
    """A store of three feeds that report of the same ten things."""

    def __init__(self, folder: Path, store: Store, ask: Ask) -> None:
        self.folder, self.store, self.ask, self.now = folder, store, ask, NOON
        self.subscribe(URLS)

    def subscribe(self, urls: Sequence[str]) -> None:
        feeds = [Subscription(url, priority=place) for place, url in enumerate(urls)]
        self.config = Config(self.folder / "feeds.yaml", tuple(feeds), data=self.folder)
        self.store.sync_subscriptions(self.config.feeds, self.now)
        self.recorder = PollRecorder(self.config, self.store)

    def do(self, step: Step) -> None:
        kind, place, number = step
        self.now += timedelta(hours=1)
        getattr(self, f"_{kind}")(place, number)

    def _poll(self, place: int, number: int, words: str = "") -> None:
        feeds = [feed for feed in self.store.feeds() if feed.url == URLS[place]]
        listed = [
            entry(
                f"Headline number {n} of the bridge over the river",
                f"https://news.ex/{n}",
                hours=n,
                guid=f"{place}-{n}",
                content=f"<p>What is told of {n}. {words}</p>",
                updated=self.now if words else None,
            )
            for n in range(number, number + 3)
        ]
        for feed in feeds:
            save_document(self.recorder, feed, document(*listed), self.now)

    def _edit(self, place: int, number: int) -> None:
        self._poll(
            place, number, f"Corrected at {self.now}: quite another text, with many other words in it."
        )

    def _correct(self, place: int, number: int) -> None:
        """An edit that is no news to a reader."""
        self._poll(place, number, self.now.strftime("%H"))

    def _publish(self, place: int, number: int) -> None:
        self.store.publish_pending(self.now)

    def _filter(self, place: int, number: int) -> None:
        def blocked_by(found: Any, url: str) -> str | None:
            return "a filter" if url == URLS[place] and f"number {number} " in found.title else None

        self.store.refilter(f"{place} {number}", blocked_by)

    def _subscribe(self, place: int, number: int) -> None:
        self.subscribe([URLS[(place + n) % 3] for n in range(1 + number % 3)])

    def _forget(self, place: int, number: int) -> None:
        self.store.forget(self.now, Keep(entries=max(1, number)), limit=1 + place)

    def _redact(self, place: int, number: int) -> None:
        ids = [row[0] for row in self.ask("SELECT id FROM entries ORDER BY id")]
        self.store.redact(Redacted(ids[number : number + 1 + place], (), ()), self.now)

    def _clock(self, place: int, number: int) -> None:
        """A poll and a publication by a clock that is years ahead, and what a right one makes of it."""
        right, self.now = self.now, self.now + timedelta(days=2000)
        self._poll(place, number)
        self._publish(place, number)
        self.now = right
        self.store.forget(self.now, Keep())

    def _rebuild(self, place: int, number: int) -> None:
        rebuild(self.store, self.config, self.now, dry_run=False)

    def check(self) -> None:
        """What the store tells, kept or not, and the rows that it has kept."""
        marks, tellers = defaultdict(list), defaultdict(list)
        for story_id, *told in self.ask(TELLERS):
            tellers[story_id].append("{} {}".format(*told))
        for feed_id, story_id, *told in self.ask(PUBLISHED):
            marks[feed_id].append(" ".join(map(str, (story_id, *told, ",".join(tellers[story_id])))))
        entries, stories = (
            Counter(row[0] for row in self.ask(f"SELECT feed_id FROM {table}"))
            for table in ("entries", "stories")
        )

        def digest(feed_id: int) -> str:
            shown = ",".join(marks[feed_id][:MOST_OF_SOURCE])
            return blake2b(shown.encode(), digest_size=16).hexdigest()

        told = self.store.counts()
        assert (told["entries"], told["stories"]) == (entries.total(), stories.total())
        assert {feed.id: feed.entries for feed in self.store.feeds()} == {
            feed.id: entries[feed.id] for feed in self.store.feeds()
        }
        states = {feed_id: state.newest for feed_id, state in self.store.feed_states().items()}
        assert states == {feed.id: digest(feed.id) for feed in self.store.feeds()}
        updated = dict(self.ask("SELECT feed_id, max(updated) FROM stories GROUP BY feed_id"))
        lines = {line.id: line.updated and format_utc(line.updated) for line in self.store.feed_lines()}
        assert lines == {feed_id: updated.get(feed_id) for feed_id in lines}
        for feed_id, *kept in self.ask("SELECT feed_id, newest, entries, stories, updated FROM feed_states"):
            assert kept == [digest(feed_id), entries[feed_id], stories[feed_id], updated.get(feed_id)]


def perform(world: World, done: Sequence[Step]) -> None:
    for step in done:
        world.do(step)
        world.check()


@given(steps)
def test_what_is_kept_of_a_feed_is_what_computing_it_gives(done: Sequence[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "aggregator.db"
        with closing(new_store(path)) as store:
            perform(
                World(Path(folder), store, lambda statement: [tuple(row) for row in sql(path, statement)]),
                done,
            )


@pytest.mark.parametrize("seed", range(2))
def test_both_engines_keep_of_a_feed_what_computing_it_gives(engine: Engine, seed: int) -> None:
    chance = random.Random(seed)
    done = [(chance.choice(KINDS), chance.randrange(3), chance.randrange(10)) for _ in range(25)]
    with closing(engine.open()) as store:
        perform(World(engine.folder, store, engine.ask), done)


def test_only_feeds_that_have_changed_are_computed_again(engine: Engine) -> None:
    with closing(engine.open()) as store:
        world = World(engine.folder, store, engine.ask)
        kept = "SELECT feed_id FROM feed_states ORDER BY feed_id"
        for place, number in ((0, 0), (1, 3), (2, 6)):  # three things each, and none in common
            world.do(("poll", place, number))
        world.do(("publish", 0, 0))
        assert [row[0] for row in engine.ask(kept)] == [1, 2, 3]
        world.do(("poll", 1, 3))  # the same again
        assert [row[0] for row in engine.ask(kept)] == [1, 2, 3]
        world.do(("poll", 1, 4))  # and one that the third feed has reported
        assert [row[0] for row in engine.ask(kept)] == [1]
        world.do(("publish", 0, 0))
        assert [row[0] for row in engine.ask(kept)] == [1, 2, 3]
