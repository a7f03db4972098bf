"""Who leads a story: the store's choice and the words of `explain` come from one ranking."""

from __future__ import annotations

from typing import Any

import pytest

from aggregator.models import RANKING
from aggregator.pipeline.explain import explain
from aggregator.settings import Subscription
from support.bench import Bench
from support.make import entry
from support.saving import new, save

A, B = "https://a.ex/feed", "https://b.ex/feed"

# What sets the entry of feed B apart from that of feed A, which stands first in feeds.yaml and has all else.
WHY_B_LEADS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "blocked": ({"blocked": "block title: sponsored", "priority": 5}, {}),
    "subscribed": ({"dropped": True, "priority": 5}, {}),
    "priority": ({"home": True}, {"priority": 1}),
    "home": ({"hours": -1}, {"home": True}),
    "published": ({}, {"hours": -1}),
    "position": ({"after": True}, {}),
}


@pytest.mark.parametrize("field", WHY_B_LEADS)
def test_the_leader_and_the_reason_agree(bench: Bench, field: str) -> None:
    a, b = (dict(of) for of in WHY_B_LEADS[field])
    subscriptions = [Subscription(url, priority=of.pop("priority", 0)) for url, of in ((A, a), (B, b))]
    dropped, after = a.pop("dropped", False), a.pop("after", False)
    bench.subscribe(*reversed(subscriptions) if after else subscriptions)
    feeds = {feed.url: feed for feed in bench.store.feeds()}
    save(bench.store, feeds[A], new(entry("A headline of A", "https://a.ex/1", guid="a", **a)))
    save(bench.store, feeds[B], new(entry("A headline of B", "https://a.ex/1", guid="b", **b), story_id=1))
    if dropped:
        bench.subscribe(subscriptions[1])
    found = explain(bench.store, bench.config, 1)
    assert found.leader.title == "A headline of B"
    assert found.why_leader == next(each.words for each in RANKING if each.field == field)


def test_another_priority_gives_stored_stories_another_leader(bench: Bench) -> None:
    bench.subscribe(A, B)
    one, two = bench.store.feeds()
    save(bench.store, one, new(entry("A headline of A", "https://a.ex/1", guid="a")))
    save(bench.store, two, new(entry("A headline of B", "https://a.ex/1", guid="b"), story_id=1))
    assert bench.titles() == ["A headline of A"]
    bench.subscribe(A, Subscription(B, priority=1))
    assert bench.titles() == ["A headline of B"]
