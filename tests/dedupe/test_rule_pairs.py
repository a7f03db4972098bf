"""Pairs for each rule, each step of the keys and each setting, shown to a store in several orders, without network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.models import ReadFeed
from aggregator.pipeline.read import read
from aggregator.pipeline.record import PollRecorder
from aggregator.settings import Config, Dedupe, Subscription
from aggregator.store.interfaces import Store
from support import pairs as make
from support.make import NOON
from support.stores import new_store, save_document

PAIRS = [
    json.loads(line)
    for name in ("rule-pairs.jsonl", "pairs.jsonl", "more-pairs.jsonl")
    for line in (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
]

URLS = {"a": "https://feed-a.example/rss", "b": "https://feed-b.example/rss"}

Shown = tuple[str, Sequence[make.Entry], datetime]  # which feed shows which entries, and when it is asked

# How a pair can come, for two entries of one feed, for both in one document, and for two feeds.
ONE_FEED = ("as time goes", "afterwards")
ONE_DOCUMENT = ("a first", "b first")
TWO_FEEDS = ("as time goes", "afterwards", "b first", "in one round", "in one round, b first")


def ways(pair: Mapping[str, Any]) -> tuple[str, ...]:
    if pair["together"]:
        return ONE_DOCUMENT
    return ONE_FEED if pair["a"]["feed"] == pair["b"]["feed"] else TWO_FEEDS


def name(value: Any) -> str:
    return f"{value['id']} {value['why']}" if isinstance(value, dict) else str(value)


def rounds(pair: Mapping[str, Any], way: str) -> list[list[Shown]]:
    """What is shown in each round of polling; after each all that waits is published."""
    a, b = pair["a"], pair["b"]
    second = "a" if a["feed"] == b["feed"] else "b"
    late = NOON + timedelta(hours=1 + max(0, a["hours"] or 0, b["hours"] or 0))
    if pair["together"]:
        return [[("a", (a, b) if way == "a first" else (b, a), late)]]
    on_time = way == "as time goes"
    shown: list[Shown] = [
        (feed, [entry], NOON + timedelta(hours=entry["hours"] or 0) if on_time else late)
        for feed, entry in (("a", a), (second, b))
    ]
    if way.endswith("b first"):
        shown.reverse()
    return [shown] if way.startswith("in one round") else [[each] for each in shown]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = new_store(tmp_path / "aggregator.db")
    yield store
    store.close()


def configured(pair: Mapping[str, Any], reverse: bool) -> Config:
    settings = {
        which: Dedupe(
            tuple(said.get("by", ("link", "title"))),
            timedelta(hours=said.get("link_window", 30 * 24)),
            timedelta(hours=said.get("title_window", 72)),
        )
        for which, said in pair.get("settings", {}).items()
    }
    feeds = [Subscription(url, dedupe=settings.get(which)) for which, url in URLS.items()]
    general = settings.get("all", Dedupe())
    return Config(Path("feeds.yaml"), tuple(reversed(feeds) if reverse else feeds), dedupe=general)


def check(store: Store, path: Path, pair: dict[str, Any], way: str) -> None:
    config = configured(pair, reverse=way == "in one round, b first")
    store.sync_subscriptions(config.feeds, NOON)
    recorder = PollRecorder(config, store)
    before = NOON - timedelta(hours=1900)
    taught: list[list[Shown]] = [[("a", document, before)] for document in make.lessons(pair)]
    for shown in taught + rounds(pair, way):
        for which, entries, now in shown:
            feed = next(feed for feed in store.feeds() if feed.url == URLS[which])
            document = read(make.document(entries, NOON), "application/rss+xml", feed.url, now)
            assert isinstance(document, ReadFeed)
            save_document(recorder, feed, document, now)
        store.publish_pending(now)
    assert make.verdict(path) == pair["expect"]


@pytest.mark.parametrize("pair", PAIRS, ids=name)
def test_a_pair_as_time_goes(store: Store, tmp_path: Path, pair: dict[str, Any]) -> None:
    check(store, tmp_path / "aggregator.db", pair, ways(pair)[0])


@pytest.mark.slow
@pytest.mark.parametrize(("pair", "way"), [(pair, way) for pair in PAIRS for way in ways(pair)[1:]], ids=name)
def test_a_pair_in_another_order(store: Store, tmp_path: Path, pair: dict[str, Any], way: str) -> None:
    check(store, tmp_path / "aggregator.db", pair, way)
