"""How long things take in a large store, which is filled through the program's own store, document by document.

    python benchmarks/large.py [--entries 1000000] [--feeds 10000] [--keep FOLDER]

A million entries take a quarter of an hour to fill; `--keep` keeps them for the next run. Times are the least of five,
in a process that has the store open; what is wanted is compared with CPU, since the machine may be busy.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.app import App
from aggregator.dedupe import add_keys
from aggregator.models import Entry, Feed, FeedInfo, Fetched, ReadFeed, Validators
from aggregator.pipeline.record import Answer, PollRecorder
from aggregator.settings import Config, Keep, Subscription
from entries import NOW, WORDS, title

A_DOCUMENT = 50  # entries


def config_of(folder: Path, feeds: int) -> Config:
    names = (f"https://f{number}.ex/feed" for number in range(feeds))
    return Config(folder / "feeds.yaml", tuple(map(Subscription, names)), data=folder)


def document(feed: int, start: int, count: int, chance: random.Random, age: float) -> ReadFeed:
    """`age`: days before now of the oldest."""

    def entries() -> Iterator[Entry]:
        for number in range(start, start + count):
            yield Entry(
                guid=f"https://f{feed}.ex/id/{number}",
                link=f"https://f{feed}.ex/story/{number}",
                title=f"{title(chance)} {chance.choice(WORDS)}{number}",
                published=NOW - timedelta(days=age * chance.random()),
                date_reason="source",
                summary=title(chance),
                content=f"<p>{title(chance)} {title(chance)}</p>",
                fingerprint=str(number),
            )

    return add_keys(
        ReadFeed(FeedInfo("rss20", f"Feed {feed}", None), tuple(entries())), f"https://f{feed}.ex/"
    )


def fill(app: App, entries: int) -> Iterator[tuple[int, float]]:
    """Saves and publishes documents until so many entries are there; each tenth of them, and seconds an entry."""
    recorder, chance = PollRecorder(app.config, app.open()._store), random.Random(1)
    feeds = [replace(feed, first_success=NOW) for feed in app.feeds()]
    began, portion = time.perf_counter(), max(1, entries // A_DOCUMENT // 10)
    for number in range(entries // A_DOCUMENT):
        feed = feeds[number % len(feeds)]
        # The entries come over the 300 days before now, as in life; else all of them would be news.
        at = NOW - timedelta(days=300 * (1 - (number + 1) / (entries // A_DOCUMENT)))
        read = document(number % len(feeds), number * A_DOCUMENT, A_DOCUMENT, chance, 300)
        save(recorder, feed, read, at)
        if number % 100 == 99:
            app._store.publish_pending(at)
        if number % portion == portion - 1:
            yield (number + 1) * A_DOCUMENT, (time.perf_counter() - began) / portion / A_DOCUMENT
            while app._store.index_search():
                pass
            began = time.perf_counter()


def save(recorder: PollRecorder, feed: Feed, read: ReadFeed, at: datetime = NOW) -> None:
    fetched = Fetched(feed.url, b"", Validators(), {})
    recorder.record(Answer(feed, Subscription(feed.url), fetched, read, "x"), at)


def least(
    call: Callable[[], object], times: int = 5, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(times):
        began = clock()
        call()
        taken.append(clock() - began)
    return 1000 * min(taken)


def measure(app: App) -> Iterator[tuple[str, Callable[[], object], float]]:
    """What is done, and how many milliseconds it may take."""
    yield "latest", app.latest, 5
    yield "a page of search for a common word", lambda: app.search("harbour", 20), 20
    yield "feeds", app.feed_lines, 50
    yield "why", lambda: (app.feed_lines(), app.feeds([7]), app.feed_history(7)), 50
    story = app.latest(1)[0]
    yield "explain", lambda: app.explain(story.id), 50
    yield "a story by its link", lambda: app.find_stories(f"{story.link}"), 50
    app.publish()
    turn = itertools.count(time.time_ns() // 1_000_000)  # of a store that was kept, too, these are news
    recorder, chance = PollRecorder(app.config, app._store), random.Random(next(turn))
    feed = app.feeds([7])[0]

    def changed() -> None:
        number = next(turn) * A_DOCUMENT
        save(recorder, feed, document(7, number, 3, chance, 0.01))

    def changed_and_published() -> None:
        changed()
        app.publish()

    yield "one document saved", changed, 150
    yield "... and published", changed_and_published, 150
    yield "nothing new published", app.publish, 50
    yield "500 entries forgotten", lambda: app._store.forget(NOW, Keep(entries=1)), 100


def ingest(large: App, empty: App, documents: int) -> tuple[float, float]:
    """Seconds of CPU that an entry costs in each: the same documents are saved in turn."""
    apps, taken = (large, empty), [0.0, 0.0]
    recorders = [PollRecorder(app.config, app.open()._store) for app in apps]
    feeds = [[replace(feed, first_success=NOW) for feed in app.feeds()] for app in apps]
    first, chance = time.time_ns() // 1_000_000, random.Random(2)
    for number in range(documents):
        place = number * 7919 % len(feeds[0])
        read = document(place, (first + number) * A_DOCUMENT, A_DOCUMENT, chance, 2)
        for turn in (0, 1) if number % 2 else (1, 0):
            began = time.process_time()
            save(recorders[turn], feeds[turn][place], read)
            if number % 100 == 99:
                apps[turn]._store.publish_pending(NOW)
            taken[turn] += time.process_time() - began
    return taken[0] / documents / A_DOCUMENT, taken[1] / documents / A_DOCUMENT


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--feeds", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--documents", type=int, default=400, help="of 50 entries, to compare saving")
    given = parser.parse_args()
    with contextlib.ExitStack() as ends:
        folder = given.keep or Path(ends.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(exist_ok=True)
        is_new = not (folder / "aggregator.db").exists()
        app = ends.enter_context(App(config_of(folder, given.feeds), clock=lambda: NOW))
        for stored, each in fill(app, given.entries) if is_new else ():
            print(f"{stored:>9,} entries: {1000 * each:.3f} ms an entry", flush=True)
        for name, call, most in measure(app):
            taken, cpu = least(call), least(call, clock=time.process_time)
            holds = "holds" if cpu <= most else "does not"
            print(f"{name:<40}{taken:>9.1f} ms, CPU {cpu:>8.1f}, at most {most:g}: {holds}", flush=True)
        with tempfile.TemporaryDirectory() as empty:
            other = ends.enter_context(App(config_of(Path(empty), given.feeds), clock=lambda: NOW))
            large, small = ingest(app, other, given.documents)
            other.close()
        print(f"an entry saved, ms of CPU: {1000 * large:.3f}, in an empty store {1000 * small:.3f}")
        print(f"speed, of an empty store's: {small / large:.2f}, at least 0.7", flush=True)


if __name__ == "__main__":
    main()
