"""What one entry costs in a store of a thousand and of a million entries: dedupe and write, without network.

    python benchmarks/entries.py [--large 1000000]

Fills two stores with made-up entries (words from a fixed list, a few percent told by several feeds), then shows
each the same documents of 20 entries, 5 of them new, and prints the time an entry in each and their ratio.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.dedupe import add_keys
from aggregator.models import Entry, FeedInfo, Fetched, ReadFeed, Validators
from aggregator.pipeline.record import Answer, PollRecorder
from aggregator.settings import Config, Subscription
from aggregator.store.open import open_store
from aggregator.store.sql.values import to_text

BOUND = 2.0  # an entry in the large store may cost this times that in the small one
FEEDS = 200
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WORDS = (
    "harbour bridge council vote river storm market rates school station train ferry island record museum garden"
    " winter summer minister report study water energy price strike festival court police fire rescue player match"
).split()


def title(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=8))


def entries(feed: int, chance: random.Random, count: int, start: int, days: float) -> Iterator[Entry]:
    for number in range(start, start + count):
        # One in thirty carries another feed's link: the look-ups have something to find.
        teller = chance.randrange(FEEDS) if chance.random() < 0.03 else feed
        yield Entry(
            guid=f"https://f{feed}.ex/id/{number}",
            link=f"https://f{teller}.ex/story/{number}",
            title=title(chance),
            published=NOW - timedelta(days=days * chance.random()),
            date_reason="source",
            content=f"<p>{title(chance)}</p>",
            fingerprint=str(number),
        )


def fill(path: Path, size: int) -> None:
    """Writes the rows as keeping would have, in bulk: a million documents' worth would take its time."""
    chance = random.Random(1)
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        for start in range(0, size, 10_000):
            count = min(10_000, size - start)
            read = [
                (number % FEEDS + 1, entry)
                for number in range(count)
                for entry in entries(number % FEEDS, chance, 1, start + number, 300)
            ]
            documents = add_keys(
                ReadFeed(FeedInfo("rss20", "", None), tuple(e for _, e in read)), "https://x.ex/"
            )
            rows = [
                (start + n + 1, feed, e.guid, e.link, e.title, to_text(e.published), e.link_key, e.title_key, e.title_strength, e.fingerprint)
                for n, ((feed, _), e) in enumerate(zip(read, documents.entries, strict=True))
            ]  # fmt: skip
            db.executemany(
                "INSERT INTO entries (id, feed_id, guid, link, title, published, date_reason, first_seen, last_listed,"
                " link_key, title_key, title_strength, fingerprint)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'source', ?6, ?6, ?7, ?8, ?9, ?10)",
                rows,
            )
            db.executemany(
                "INSERT INTO stories (id, atom_id, entry_id, feed_id, first_entry_id, title, link, published, updated,"
                " created_at, position, first_published, is_published)"
                " VALUES (?1, ?3, ?1, ?2, ?1, ?5, ?4, ?6, ?6, ?6, ?6, ?6, 1)",
                [row[:6] for row in rows],
            )
            db.executemany(
                "INSERT INTO sightings (entry_id, story_id, rule, key, decided_at) VALUES (?1, ?1, 'new', '', ?2)",
                [(row[0], row[5]) for row in rows],
            )


def measure(size: int, documents: int) -> float:
    """Milliseconds an entry, the median over documents."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "aggregator.db"
        store = open_store(path)
        config = Config(
            Path("feeds.yaml"), tuple(Subscription(f"https://f{n}.ex/feed") for n in range(FEEDS))
        )
        store.sync_subscriptions(config.feeds, NOW)
        fill(path, size)
        recorder, chance, times = PollRecorder(config, store), random.Random(2), []
        feeds = [replace(feed, first_success=NOW) for feed in store.feeds()]
        for number in range(documents):
            feed = feeds[number % FEEDS]
            known = range(number % FEEDS, size, FEEDS)[-15:]
            old = [entry for n in known for entry in entries(number % FEEDS, random.Random(n), 1, n, 300)]
            new = list(entries(number % FEEDS, chance, 5, 10**9 + number * 5, 1))
            document = add_keys(ReadFeed(FeedInfo("rss20", "", None), (*new, *old)), feed.url)
            began = time.perf_counter()
            fetched = Fetched(feed.url, b"", Validators(), {})
            recorder.record(Answer(feed, Subscription(feed.url), fetched, document, "x"), NOW)
            times.append((time.perf_counter() - began) / len(document.entries))
        store.close()
        return statistics.median(times) * 1000


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--documents", type=int, default=400)
    given = parser.parse_args()
    small, large = (measure(size, given.documents) for size in (given.small, given.large))
    ratio = large / small
    print(f"{given.small:>9} entries stored: {small:.3f} ms an entry")
    print(f"{given.large:>9} entries stored: {large:.3f} ms an entry")
    print(f"ratio {ratio:.2f}; at most {BOUND}: {'holds' if ratio <= BOUND else 'does not hold'}")
    return 0 if ratio <= BOUND else 1


if __name__ == "__main__":
    raise SystemExit(main())
