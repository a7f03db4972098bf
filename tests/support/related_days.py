"""A store in which documents of feeds are saved in any order and related, entries being nothing but their words."""

from __future__ import annotations

import contextlib
import random
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from aggregator.dedupe import add_keys
from aggregator.models import Entry, EntryWords, Feed, FeedInfo, Keys, ReadFeed, RelatedLink, WeighedEntry
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
        self.compared = 0  # pairs, as often as they were judged
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
            NOON, [self.feed(number).id for number in off], weigh, self._choose, display_words
        )

    def _choose(self, pairs: Iterable[tuple[WeighedEntry, WeighedEntry]]) -> tuple[RelatedLink, ...]:
        compared = list(pairs)
        self.compared += len(compared)
        return choose_links(compared)

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

    def index(self, off: Sequence[int] = ()) -> Links:
        """Telling words; not of feeds that are off, of which some may be there from before."""
        left_out = {self.feed(number).id for number in off}
        found = sql(
            self.path,
            "SELECT e.title, t.word, e.feed_id FROM telling_index t JOIN entries e ON e.id = t.entry_id",
        )
        return {(row["title"], row["word"]) for row in found if row["feed_id"] not in left_out}


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
