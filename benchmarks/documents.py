"""Documents with news that processes save in one store at once, without network and without reading; see workers.py."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aggregator.dedupe import add_keys
from aggregator.models import Entry, FeedInfo, Fetched, ReadFeed, Validators
from aggregator.pipeline.record import Answer, PollRecorder
from aggregator.related import with_words
from aggregator.settings import Config, Subscription
from aggregator.store.open import open_store

LISTED, NEW = 25, 3  # entries of a document, and how many of them come with each poll
_INFO = FeedInfo("rss20", "A feed", None)


def _words(chance: random.Random, count: int) -> str:
    """Some are in every headline, and most in few."""
    return " ".join(
        f"word{chr(97 + n % 26)}{n}" for n in (int(30_000 ** chance.random()) for _ in range(count))
    )


def _entry(feed: int, number: int, now: datetime) -> Entry:
    chance = random.Random(f"{feed} {number} {now}")
    link = f"https://f{feed}.ex/{now:%Y%m%d%H%M%S}/{number}"
    return Entry(
        guid=link,
        link=link,
        title=_words(chance, 8),
        published=now - timedelta(minutes=1000 - number),
        date_reason="source",
        summary=_words(chance, 25),
        content=f"<p>{_words(chance, 250)}</p>",
        fingerprint=str(number),
    )


def documents(feed: int, url: str, count: int, new: int) -> Iterator[ReadFeed]:
    """What a feed shows one after another; each run other entries."""
    now = datetime.now(UTC).replace(microsecond=0)
    every = tuple(_entry(feed, number, now) for number in range(LISTED + (count - 1) * new))
    read = with_words(add_keys(ReadFeed(_INFO, every), url), url)
    for poll in range(count):
        yield replace(read, entries=read.entries[poll * new : poll * new + LISTED][::-1])


def save(place: str, part: tuple[int, int], seconds: float, begin: Any, results: Any, new: int = NEW) -> None:
    """Saves documents of each `part[1]`th feed, from `part[0]` on; told is how many, and how much CPU each took."""
    config = Config(Path("feeds.yaml"), ())
    with contextlib.closing(open_store(place)) as store:
        feeds = store.feeds()[part[0] :: part[1]][:20]
        config = replace(config, feeds=tuple(Subscription(feed.url) for feed in store.feeds()))
        recorder = PollRecorder(config, store)
        # Made before, since reading is another's work. The first of each makes the feed known and is not counted.
        shown = {feed.id: [*documents(feed.id, feed.url, 2 + int(seconds * 6), new)] for feed in feeds}

        def record(feed: Any, document: ReadFeed) -> None:
            fetched = Fetched(feed.url, b"", Validators(), {})
            recorder.record(Answer(feed, Subscription(feed.url), fetched, document, "x"), datetime.now(UTC))

        for feed in feeds:
            record(feed, shown[feed.id].pop(0))
        begin.wait()
        done, began, until = 0, time.process_time(), time.monotonic() + seconds
        while time.monotonic() < until and any(shown.values()):
            for feed in feeds:
                if shown[feed.id] and time.monotonic() < until:
                    record(feed, shown[feed.id].pop(0))
                    done += 1
    results.put((done, time.process_time() - began))
