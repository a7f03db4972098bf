"""Some worked pairs end to end: served as real feeds over loopback, polled, judged by the stories in the store.

test_rule_pairs.py tries all of them, without the network.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from support import pairs as make
from support.bench import Bench
from support.make import NOON
from support.server import Feed, serve

FOLDER = Path(__file__).parent
EVERY = 6
PAIRS = [
    json.loads(line)
    for file in ("pairs.jsonl", "more-pairs.jsonl")
    for line in (FOLDER / file).read_text(encoding="utf-8").splitlines()[::EVERY]
]
ACROSS = [pair for pair in PAIRS if pair["a"]["feed"] != pair["b"]["feed"]]


def name(pair: dict[str, Any]) -> str:
    return f"{pair['id']} {pair['why']}"


def poll_at(bench: Bench, hours: float) -> None:
    bench.now = NOON + timedelta(hours=hours)
    bench.poll()
    bench.publish()


@pytest.mark.parametrize("pair", PAIRS, ids=name)
def test_a_pair_in_the_order_of_time(bench: Bench, pair: dict[str, Any]) -> None:
    a, b = pair["a"], pair["b"]
    one = Feed(b"")
    other = one if a["feed"] == b["feed"] else Feed(make.document([], NOON))
    with serve({"/a": one, "/b": other}) as server:
        bench.subscribe(*([server.url("/a")] if one is other else [server.url("/a"), server.url("/b")]))
        for document in make.lessons(pair):
            one.body = make.document(document, NOON)
            poll_at(bench, -1900)
        if pair["together"]:
            one.body = make.document([a, b], NOON)
            poll_at(bench, b["hours"])
        else:
            one.body = make.document([a], NOON)
            poll_at(bench, a["hours"])
            other.body = make.document([b], NOON)
            poll_at(bench, b["hours"])
    assert make.verdict(bench.folder / "aggregator.db") == pair["expect"]


@pytest.mark.parametrize("order", ["a first", "b first"])
@pytest.mark.parametrize("pair", ACROSS, ids=name)
def test_a_pair_in_one_round(bench: Bench, pair: dict[str, Any], order: str) -> None:
    a, b = pair["a"], pair["b"]
    routes = {"/a": Feed(make.document([a], NOON)), "/b": Feed(make.document([b], NOON))}
    with serve(routes) as server:
        bench.subscribe(*(server.url(path) for path in (routes if order == "a first" else reversed(routes))))
        poll_at(bench, b["hours"])
    assert make.verdict(bench.folder / "aggregator.db") == pair["expect"]
