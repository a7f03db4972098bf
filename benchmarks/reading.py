"""What each stage of reading costs, as a ratio to the least that its job needs, on the feeds of feedmix.py.

    python benchmarks/reading.py [--feeds 300] [--megabytes 20] [--repeat 5] [--json]

All in one process and one run, CPU time, the least of the repeats. Exit code 1 where a bound does not hold.
"""

from __future__ import annotations

import argparse
import gc
import json
import pickle
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import nh3
from lxml import etree

from aggregator.dedupe import keyed
from aggregator.models import ParsedFeed, ReadFeed
from aggregator.normalise import normalise
from aggregator.parse import parse
from feedmix import feeds

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
_CLEANER = nh3.Cleaner()


@dataclass(frozen=True, slots=True)
class Stage:
    """One line of the result: `base` is what its cost is a multiple of."""

    name: str
    seconds: float
    base: float
    most: float | None = None

    @property
    def ratio(self) -> float:
        return self.seconds / self.base


def least(work: Callable[[], Any], repeat: int) -> float:
    """CPU seconds of the quickest of the repeats; collections of garbage are not counted."""
    best = float("inf")
    for _ in range(repeat):
        gc.collect()
        gc.disable()
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
        gc.enable()
    return best


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--feeds", type=int, default=300)
    options.add_argument("--megabytes", type=float, default=20)
    options.add_argument("--repeat", type=int, default=5)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    found = stages(asked.feeds, int(asked.megabytes * 1e6), asked.repeat)
    if asked.json:
        print(json.dumps({each.name: [each.seconds, each.ratio] for each in found}))
    else:
        for each in found:
            bound = "" if each.most is None else f"  at most {each.most:g}: "
            verdict = "" if each.most is None else "holds" if each.ratio <= each.most else "does not hold"
            print(f"{each.name:<44}{each.seconds:>8.3f} s{each.ratio:>8.2f}{bound}{verdict}")
    return int(any(each.most is not None and each.ratio > each.most for each in found))


def stages(count: int, size: int, repeat: int) -> list[Stage]:
    documents = [
        (feed.body, feed.content_type, f"https://made.example{feed.path}") for feed in feeds(count, size)
    ]
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    markup = [body for body, content_type, _ in documents if "json" not in content_type]
    trees = least(lambda: [etree.fromstring(body, parser) for body in markup], repeat)
    parsed = [(parse(*each), each[2]) for each in documents]
    texts = [text.value for feed, _ in parsed for text in _texts(feed)]
    cleaning = least(lambda: [_CLEANER.clean(text) for text in texts], repeat)
    normalised = [(normalise(feed, url, NOW), url) for feed, url in parsed]
    read = [keyed(feed, url) for feed, url in normalised]
    return [
        Stage("lxml's trees of the documents", trees, trees),
        Stage(
            "parsing, to these trees", least(lambda: [parse(*each) for each in documents], repeat), trees, 4
        ),
        Stage("one nh3 run over all content", cleaning, cleaning),
        Stage(
            "normalising, to this run",
            least(lambda: [normalise(feed, url, NOW) for feed, url in parsed], repeat),
            cleaning,
            3,
        ),
        Stage(
            "keys, to this run",
            least(lambda: [keyed(feed, url) for feed, url in normalised], repeat),
            cleaning,
            1,
        ),
        *_transport(read, repeat),
    ]


def _texts(feed: ParsedFeed) -> list[Any]:
    """What becomes the entries' content."""
    texts = (entry.content or entry.summary for entry in feed.entries)
    return [text for text in texts if text]


def _transport(read: list[ReadFeed], repeat: int) -> list[Stage]:
    """Carrying what was read between two processes, both ends."""
    by_pickle = least(lambda: [pickle.loads(pickle.dumps(each)) for each in read], repeat)
    return [Stage("records between processes, by pickle", by_pickle, by_pickle)]


if __name__ == "__main__":
    sys.exit(main())
