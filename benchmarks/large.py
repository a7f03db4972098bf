"""How long things take in a large store, which is filled through the program's own store, document by document.

    python benchmarks/large.py [--entries 1000000] [--feeds 10000] [--keep FOLDER]

A million entries take a quarter of an hour to fill; `--keep` keeps them for the next run. Times are the least of five,
in a process that has the store open.
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


def least(call: Callable[[], object], times: int = 5) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return 1000 * min(taken)


def measure(app: App) -> Iterator[tuple[str, float, float]]:
    """What is done, the milliseconds that it takes, and how many it may take."""
    yield "latest", least(app.latest), 5
    yield "a page of search for a common word", least(lambda: app.search("harbour", 20)), 20
    yield "feeds", least(app.feeds), 50
    feed = app.feeds()[7]
    yield "why", least(lambda: (app.feed_history(feed.id), app.due_feeds())), 50
    story = app.latest(1)[0]
    yield "explain", least(lambda: app.explain(story.id)), 50
    app.publish()
    turn = itertools.count(time.time_ns() // 1_000_000)  # of a store that was kept, too, these are news
    recorder, chance = PollRecorder(app.config, app._store), random.Random(next(turn))

    def changed() -> None:
        number = next(turn) * A_DOCUMENT
        save(recorder, feed, document(7, number, 3, chance, 0.01))

    def changed_and_published() -> None:
        changed()
        app.publish()

    yield "one document saved", least(changed), 150
    yield "... and published", least(changed_and_published), 150
    yield "nothing new published", least(app.publish), 50
    yield "500 entries forgotten", least(lambda: app._store.forget(NOW, Keep(entries=1))), 100


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--feeds", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    given = parser.parse_args()
    with contextlib.ExitStack() as ends:
        folder = given.keep or Path(ends.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(exist_ok=True)
        is_new = not (folder / "aggregator.db").exists()
        app = ends.enter_context(App(config_of(folder, given.feeds), clock=lambda: NOW))
        for stored, each in fill(app, given.entries) if is_new else ():
            print(f"{stored:>9,} entries: {1000 * each:.3f} ms an entry", flush=True)
        for name, taken, most in measure(app):
            print(
                f"{name:<40}{taken:>9.1f} ms, at most {most:g}: {'holds' if taken <= most else 'does not'}",
                flush=True,
            )


if __name__ == "__main__":
    main()
