"""Links are a function of what is stored: feeds and polls in any order, whatever was done between them, give the same."""

from __future__ import annotations

import contextlib
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedupe import add_keys
from aggregator.models import Entry, EntryWords, Feed, FeedInfo, Keys, ReadFeed
from aggregator.pipeline.record import PollRecorder
from aggregator.related import choose_links, display_words, weigh
from aggregator.settings import Config, Subscription
from aggregator.store.interfaces import Store
from support.make import NOON
from support.stores import new_store, save_document, sql

Told = tuple[EntryWords, ...]
Links = set[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    feed: int
    told: Told


@dataclass(frozen=True, slots=True)
class Before:
    """What the store had counted before: below 1,000 entries counts are exact, above they are taken in steps."""

    entries: int
    words: tuple[tuple[str, int], ...] = (("c0", 250), ("c1", 250), ("c2", 62), ("c3", 14), ("c4", 3))


class Played:
    """A store in which documents of feeds are saved in some order, with other things done between them."""

    def __init__(self, store: Store, path: Path, feeds: Sequence[int], before: Before) -> None:
        self.store, self.path = store, path
        self.subscriptions = [Subscription(_address(number)) for number in feeds]
        self.store.sync_subscriptions(self.subscriptions, NOON)
        for word, count in ("", before.entries), *before.words:
            sql(path, "INSERT INTO word_counts (word, entries) VALUES (?, ?)", word, count)
        self.recorder = PollRecorder(Config(Path("feeds.yaml"), tuple(self.subscriptions)), store)

    def feed(self, number: int) -> Feed:
        (found,) = (feed for feed in self.store.feeds() if feed.url == _address(number))
        return replace(found, first_success=NOON)

    def save(self, document: Document) -> None:
        entries = [
            _entry(f"{document.name}-{place}", document.feed, words)
            for place, words in enumerate(document.told)
        ]
        feed = self.feed(document.feed)
        read = add_keys(ReadFeed(FeedInfo("rss20", "", None), tuple(entries)), feed.url)
        save_document(self.recorder, feed, read, NOON)

    def relate(self, off: Sequence[int] = ()) -> int:
        return self.store.relate(
            NOON, [self.feed(number).id for number in off], weigh, choose_links, display_words
        )

    def drop_for_a_while(self, number: int) -> None:
        self.store.sync_subscriptions(
            [each for each in self.subscriptions if each.url != _address(number)], NOON
        )
        self.relate()
        self.store.sync_subscriptions(self.subscriptions, NOON)

    def links(self) -> Links:
        found = sql(
            self.path,
            "SELECT a.title AS one, b.title AS other, r.key, r.cosine FROM related r"
            " JOIN entries a ON a.id = r.entry_id JOIN entries b ON b.id = r.other_id",
        )
        return {tuple(row) for row in found}

    def index(self) -> Links:
        found = sql(
            self.path, "SELECT e.title, t.word FROM telling_index t JOIN entries e ON e.id = t.entry_id"
        )
        return {tuple(row) for row in found}


def _address(feed: int) -> str:
    return f"https://outlet{feed}.example/feed"


def _entry(name: str, feed: int, words: EntryWords) -> Entry:
    """An entry that nothing but its words relates to others; it shows the words as its title has them."""
    link = f"https://outlet{feed}.example/{name}"
    title = " ".join(("story", name, *words.headline))
    when = NOON - timedelta(minutes=random.Random(name).randrange(1_000))
    keys = Keys(title_key=title, title_strength="strong")
    return Entry(link, link, title, when, "source", fingerprint=name, keys=keys, words=words)


@contextlib.contextmanager
def played(documents: Sequence[Document], before: Before, seed: int) -> Iterator[Played]:
    numbers = sorted({document.feed for document in documents})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "aggregator.db"
        store = new_store(path)
        yield Played(store, path, random.Random(seed).sample(numbers, len(numbers)), before)
        store.close()


def a_day(chance: random.Random, documents: int, feeds: int) -> list[Document]:
    """Documents of events, each of which up to thirty tell in much the same words; all with words that many have."""
    events = [[f"e{number}x{word}" for word in range(7)] for number in range(max(documents // 4, 1))]
    found = []
    for number in range(documents):
        told = []
        for _ in range(chance.randint(1, 6)):
            own = chance.sample(events[int(len(events) * chance.random() ** 2)], chance.choice((3, 4, 5)))
            common = [f"c{int(40 * chance.random() ** 2)}" for _ in range(6)]
            words = list(dict.fromkeys(own + common))
            told.append(EntryWords(f"outlet{number % feeds}", tuple(words[:7]), tuple(sorted(words[7:]))))
        found.append(Document(str(number), number % feeds, tuple(told)))
    return found


BETWEEN = ("nothing", "nothing", "publish", "publish with a feed off", "drop a feed and take it back")


def links_in_order(
    documents: Sequence[Document], before: Before, chance: random.Random
) -> tuple[Links, Links]:
    """Links and index after the documents came in an order by chance, with anything between them."""
    feeds = sorted({document.feed for document in documents})
    with played(documents, before, chance.randrange(1_000)) as run:
        for document in chance.sample(documents, len(documents)):
            run.save(document)
            done, feed = chance.choice(BETWEEN), chance.choice(feeds)
            if done == "publish":
                run.relate()
            elif done == "publish with a feed off":
                run.relate([feed])
            elif done == "drop a feed and take it back":
                run.drop_for_a_while(feed)
        run.relate()
        found = run.links(), run.index()
        assert run.relate() == 0
        assert (run.links(), run.index()) == found
        return found


def links_at_once(documents: Sequence[Document], before: Before) -> tuple[Links, Links]:
    with played(documents, before, 0) as run:
        for document in documents:
            run.save(document)
        run.relate()
        return run.links(), run.index()


@pytest.mark.slow
@given(
    chance=st.randoms(use_true_random=False),
    documents=st.integers(1, 24),
    feeds=st.integers(2, 20),
    before=st.sampled_from([Before(0, ()), Before(960), Before(1_220), Before(5_000)]),
)
def test_links_do_not_depend_on_the_order_of_feeds_and_of_polls(
    chance: random.Random, documents: int, feeds: int, before: Before
) -> None:
    """Nor on when was published, which feeds were off or dropped for a while, or how many entries were counted before."""
    day = a_day(chance, documents, feeds)
    assert links_in_order(day, before, chance) == links_at_once(day, before)


def test_a_day_that_takes_all_steps_is_the_same_in_any_order() -> None:
    day = a_day(random.Random(1), 40, 30)
    before = Before(1_220)
    expected = links_at_once(day, before)
    assert len(expected[0]) > 200
    full = {one for one, *_ in expected[0] if sum(each[0] == one for each in expected[0]) == 10}
    assert full, "some have as many links as may be"
    for seed in range(2):
        assert links_in_order(day, before, random.Random(seed)) == expected


@pytest.mark.slow
def test_a_large_day_is_the_same_in_any_order() -> None:
    day = a_day(random.Random(2), 500, 60)
    expected = links_at_once(day, Before(0, ()))
    assert len(expected[0]) > 2_000
    assert links_in_order(day, Before(0, ()), random.Random(3)) == expected


def test_one_of_ten_links_that_goes_gives_way_to_the_next() -> None:
    day = a_day(random.Random(1), 60, 12)
    with played(day, Before(1_220), 0) as run:
        for document in day:
            run.save(document)
        run.relate()
        before = run.links()
        run.store.sync_subscriptions(run.subscriptions[1:], NOON)
        left = run.links()
        run.relate()
        after = run.links()
        assert left < before
        assert left < after
        sql(run.path, "DELETE FROM meta WHERE key = 'words weighed'")
        run.relate()
        assert run.links() == after, "which is what comes of judging all anew"
