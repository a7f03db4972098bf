"""What related coverage costs an entry in a store of a thousand and of a million entries.

    python benchmarks/related_cost.py [--large 1000000]

Fills two stores with made-up entries of 300 days, the words of headlines and summaries as frequent as in any
language (Zipf), and an index of the last three days. Then saves the same documents of five new entries into each,
with and without words, and relates them after each document. Prints milliseconds of CPU an entry and the ratio.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sqlite3
import statistics
import tempfile
import time
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate
from pathlib import Path

from aggregator.dedupe import add_keys
from aggregator.models import (
    Entry,
    EntryWords,
    Feed,
    FeedInfo,
    Fetched,
    ReadFeed,
    RelatedLink,
    Validators,
    WeighedEntry,
)
from aggregator.pipeline.record import Answer, PollRecorder
from aggregator.related import choose_links, display_words, weigh
from aggregator.settings import Config, Subscription
from aggregator.store.open import open_store
from aggregator.times import format_utc
from entries import FEEDS, NOW, fill, title

BOUND = 0.6  # milliseconds that relating may add to an entry in a store of a million
RATIO = 3.0  # and what it may cost there, times what it costs in one of a thousand
VOCABULARY = 200_000
A_TOPIC = 625  # entries
HEADLINE, SUMMARY = 9, 18  # words
COUNTED_DAYS, DAYS = 45, 300  # halving every 30 days leaves the words of about 45

_TOTALS = list(accumulate(1 / (rank + 10) for rank in range(VOCABULARY)))


def word(chance: random.Random) -> str:
    return f"w{bisect(_TOTALS, chance.random() * _TOTALS[-1])}"


def words(chance: random.Random, outlet: int) -> EntryWords:
    chosen = list(dict.fromkeys(word(chance) for _ in range(HEADLINE + SUMMARY)))
    return EntryWords(f"outlet{outlet}", tuple(chosen[:HEADLINE]), tuple(sorted(chosen[HEADLINE:])))


def fill_words(path: Path, size: int) -> None:
    chance = random.Random(3)
    counted = size * COUNTED_DAYS // DAYS
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        expected = ((HEADLINE + SUMMARY) * counted / (rank + 10) / _TOTALS[-1] for rank in range(VOCABULARY))
        db.executemany(
            "INSERT INTO word_counts (word, entries) VALUES (?, ?)",
            sorted(
                [
                    ("", counted),
                    *((f"w{rank}", min(counted, round(count) or 1)) for rank, count in enumerate(expected)),
                ]
            ),
        )
        db.execute("UPDATE entries SET title_strength = 'strong'")
        recent = db.execute(
            "SELECT id, published, feed_id FROM entries WHERE published > ?",
            (format_utc(NOW - timedelta(hours=72)),),
        ).fetchall()
        db.executemany(
            "INSERT INTO related_words (entry_id, published, outlet, headline, summary) VALUES (?, ?, ?, ?, ?)",
            [
                (id, at, each.outlet, " ".join(each.headline), " ".join(each.summary))
                for id, at, feed_id in recent
                for each in [words(chance, feed_id)]
            ],
        )
        db.execute("INSERT INTO meta (key, value) VALUES ('words halved', ?)", (format_utc(NOW),))


def measure(size: int, documents: int) -> tuple[float, float, float]:
    """Milliseconds an entry: saving it without words, saving it with words, relating it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "aggregator.db"
        store = open_store(path)
        config = Config(
            Path("feeds.yaml"), tuple(Subscription(f"https://f{n}.ex/feed") for n in range(FEEDS))
        )
        store.sync_subscriptions(config.feeds, NOW)
        fill(path, size)
        fill_words(path, size)
        store.relate(NOW, (), weigh, choose_links, display_words)
        recorder = PollRecorder(config, store)
        feeds = [replace(feed, first_success=NOW) for feed in store.feeds()]

        def save(feed: Feed, entries: Iterable[Entry]) -> float:
            document = add_keys(ReadFeed(FeedInfo("rss20", "", None), tuple(entries)), feed.url)
            if with_words:
                chosen = tuple(
                    replace(e, words=words(chance, feed.id), keys=replace(e.keys, title_strength="strong"))
                    for e in document.entries
                )
                document = replace(document, entries=chosen)
            began = time.process_time()
            recorder.record(
                Answer(feed, Subscription(feed.url), Fetched(feed.url, b"", Validators(), {}), document, "x"),
                NOW,
            )
            return (time.process_time() - began) / len(document.entries) * 1000

        times: dict[bool, list[float]] = {False: [], True: []}
        relating = []
        chance = random.Random(2)
        for number in range(2 * documents):
            with_words = number % 2 == 1
            feed = feeds[number % FEEDS]
            new = [made_entry(feed.id, 10**9 + number * 5 + each, chance) for each in range(5)]
            times[with_words].append(save(feed, new))
            if with_words:
                began = time.process_time()
                store.relate(NOW, (), weigh, choose_links, display_words)
                relating.append((time.process_time() - began) / 5 * 1000)
        store.close()
        return statistics.median(times[False]), statistics.median(times[True]), statistics.median(relating)


def measure_topic(size: int) -> tuple[float, float]:
    """Pairs that are compared, and milliseconds, for each of so many entries of one day, in the worst case.

    As in a store of a million: topics of 24 words, each of which is in just fewer entries than would be too common.
    Any two entries of a topic have nine of these words, so most share three.
    """
    chance = random.Random(4)
    topics = size // A_TOPIC
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "aggregator.db"
        store = open_store(path)
        store.sync_subscriptions([Subscription(f"https://f{n}.ex/feed") for n in range(FEEDS)], NOW)
        fill(path, size)
        chosen = {
            id: chance.sample([f"w{id % topics}x{number}" for number in range(24)], HEADLINE)
            for id in range(1, size + 1)
        }
        counts = Counter(each for one in chosen.values() for each in one)
        with contextlib.closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE entries SET title_strength = 'strong', published = ?", (format_utc(NOW),))
            db.executemany(
                "INSERT INTO word_counts (word, entries) VALUES (?, ?)",
                [
                    ("", 1_000_000 * COUNTED_DAYS // DAYS),
                    *((word, min(n, 255)) for word, n in counts.items()),
                ],
            )
            db.executemany(
                "INSERT INTO related_words (entry_id, published, outlet, headline, summary) VALUES (?, ?, ?, ?, '')",
                [(id, format_utc(NOW), f"o{id % FEEDS}", " ".join(one)) for id, one in chosen.items()],
            )
        compared = 0

        def choose(pairs: Iterable[tuple[WeighedEntry, WeighedEntry]]) -> Sequence[RelatedLink]:
            nonlocal compared
            every = list(pairs)
            compared = len(every)
            return choose_links(every)

        began = time.process_time()
        store.relate(NOW, (), weigh, choose, display_words)
        store.close()
        return compared / size, (time.process_time() - began) / size * 1000


def made_entry(feed: int, number: int, chance: random.Random) -> Entry:
    when = NOW - timedelta(hours=40 * chance.random())
    address = f"https://f{feed}.ex/story/{number}"
    return Entry(address, address, f"{title(chance)} {number}", when, "source", fingerprint=str(number))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--documents", type=int, default=100)
    given = parser.parse_args()
    added = []
    for size in (given.small, given.large):
        without, with_words, relating = measure(size, given.documents)
        added.append(with_words - without + relating)
        print(
            f"{size:>9} entries stored: saved in {without:.3f} ms, with words {with_words:.3f} ms, related in"
            f" {relating:.3f} ms: {added[-1]:.3f} ms an entry for related coverage"
        )
    for size in (1_250, 5_000):
        pairs, taken = measure_topic(size)
        print(
            f"a day of {size:,} entries of few topics: {pairs:.0f} pairs compared and {taken:.2f} ms an entry"
        )
    holds = added[1] <= BOUND and added[1] <= RATIO * added[0]
    print(f"at most {BOUND} ms and {RATIO} times as much: {'holds' if holds else 'does not hold'}")
    return 0 if holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
