"""What each stage of reading costs, as a ratio to the least that its job needs, on the feeds of feedmix.py.

    python benchmarks/reading.py [--feeds 300] [--megabytes 20] [--repeat 9] [--json]

All in one process and one run. A stage and what it is compared with take turns, and the ratio is the median of
the turns, so that whatever else the machine does weighs on both. Exit code 1 where a bound does not hold.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import json
import pickle
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import nh3
from lxml import etree

from aggregator.dedupe import add_keys
from aggregator.models import ParsedFeed, ReadFeed
from aggregator.normalise import normalise
from aggregator.parse import parse
from feedmix import feeds

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
_CLEANER = nh3.Cleaner()
Work = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """One line of the result: CPU seconds of a stage, and what they are a multiple of."""

    name: str
    seconds: float
    ratio: float
    most: float

    def __str__(self) -> str:
        verdict = "holds" if self.ratio <= self.most else "does not hold"
        return f"{self.name:<62}{self.seconds:>7.3f} s{self.ratio:>7.2f}  at most {self.most:.2g}: {verdict}"


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--feeds", type=int, default=300)
    options.add_argument("--megabytes", type=float, default=20)
    options.add_argument("--repeat", type=int, default=9)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    found = stages(asked.feeds, int(asked.megabytes * 1e6), asked.repeat)
    if asked.json:
        print(json.dumps({each.name: [each.seconds, each.ratio] for each in found}))
    else:
        print(*found, sep="\n")
    return int(any(each.ratio > each.most for each in found))


def stages(count: int, size: int, repeat: int) -> list[Stage]:
    documents = [
        (feed.body, feed.content_type, f"https://made.example{feed.path}") for feed in feeds(count, size)
    ]
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    markup = [body for body, content_type, _ in documents if "json" not in content_type]
    parsed = [(parse(*each), each[2]) for each in documents]
    texts = [text.value for feed, _ in parsed for text in _texts(feed)]
    normalised = [(normalise(feed, url, NOW), url) for feed, url in parsed]
    read = [add_keys(feed, url) for feed, url in normalised]

    def trees() -> None:
        for body in markup:
            etree.fromstring(body, parser)

    def parsing() -> None:
        for document in documents:
            parse(*document)

    def cleaning() -> None:
        for text in texts:
            _CLEANER.clean(text)

    def normalising() -> None:
        for feed, url in parsed:
            normalise(feed, url, NOW)

    def keys() -> None:
        for feed, url in normalised:
            add_keys(feed, url)

    return [
        compared("parsing, to lxml's trees of the documents", trees, parsing, repeat, 4),
        compared("normalising, to one nh3 run over all content", cleaning, normalising, repeat, 3),
        compared("keys, to the same", cleaning, keys, repeat, 1),
        *_transport(read, repeat),
    ]


def compared(name: str, base: Work, work: Work, repeat: int, most: float) -> Stage:
    turns = [(_cpu(base), _cpu(work)) for _ in range(repeat)]
    ratio = statistics.median(work / base for base, work in turns)
    return Stage(name, min(work for _, work in turns), ratio, most)


def _cpu(work: Work) -> float:
    """CPU seconds of a call; collections of garbage are not counted."""
    gc.collect()
    gc.disable()
    began = time.process_time()
    work()
    spent = time.process_time() - began
    gc.enable()
    return spent


def _texts(feed: ParsedFeed) -> list[Any]:
    """What becomes the entries' content."""
    texts = (entry.content or entry.summary for entry in feed.entries)
    return [text for text in texts if text]


def _transport(read: list[ReadFeed], repeat: int) -> list[Stage]:
    """Carrying what was read between two processes, both ends: our records, and those of the standard library."""
    standard = [_standard(each) for each in read]

    def carrying(records: list[Any]) -> Work:
        return lambda: [pickle.loads(pickle.dumps(each)) for each in records]

    name = "records between processes, to dataclasses of the standard library"
    return [compared(name, carrying(standard), carrying(read), repeat, 0.33)]


def _standard(value: Any) -> Any:
    """The same value with records as `dataclasses` makes them."""
    if isinstance(value, tuple):
        return tuple(map(_standard, value))
    if not dataclasses.is_dataclass(value):
        return value
    fields = [field.name for field in dataclasses.fields(value)]
    return _twin(type(value).__name__, *fields)(*(_standard(getattr(value, name)) for name in fields))


@cache
def _twin(name: str, *fields: str) -> Any:
    twin = dataclasses.make_dataclass(name, fields, frozen=True, slots=True)
    twin.__module__ = __name__
    globals()[f"Standard{name}"] = twin  # where pickle looks for it
    twin.__qualname__ = twin.__name__ = f"Standard{name}"
    return twin


if __name__ == "__main__":
    sys.exit(main())
