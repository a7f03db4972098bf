"""Makes feeds of the sizes and in the mix of real ones, from a seed: the same numbers, the same bytes.

Used by feedfarm.py; to see what they are: python benchmarks/feedmix.py
"""

from __future__ import annotations

import json
import random
import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import TypeVar

from feedforms import Feed, Site

T = TypeVar("T")

# What 158 feeds that people follow are made of: the format and how it carries the text; script and encoding.
# One in twelve of them is not well-formed; all of these are, for a reader that refuses a feed has less to do.
_FORMS = (
    (("rss", "plain"), 37),
    (("rss", "cdata"), 19),
    (("rss", "escaped"), 30),
    (("rss", "both"), 31),  # a plain description, and all of it in content:encoded
    (("atom", "plain"), 11),
    (("atom", "escaped"), 24),
    (("atom", "xhtml"), 3),
    (("json", "html"), 2),
    (("rdf", "escaped"), 1),
)
_TONGUES = (
    (("latin", "utf-8"), 143),
    (("accents", "utf-8"), 5),
    (("accents", "iso-8859-1"), 3),
    (("cyrillic", "utf-8"), 1),
    (("cyrillic", "windows-1251"), 2),
    (("cjk", "utf-8"), 4),
)
# Deciles, smallest to largest, of a document's bytes, and of its entries where it was captured whole.
_BYTES = (900, 2_900, 5_000, 7_700, 13_600, 19_800, 32_600, 48_700, 74_600, 192_000, 625_000)
_ENTRIES = (1, 8, 10, 10, 10, 13, 15, 20, 25, 34, 200)


def feeds(count: int, size: int, seed: int = 1) -> Iterator[Feed]:
    """`count` feeds, one after another, of `size` bytes together."""
    rng = random.Random(f"{seed} mix")
    forms, tongues = _dealt(rng, _FORMS, count), _dealt(rng, _TONGUES, count)
    sizes, entries = _spread(rng, _BYTES, count), _spread(rng, _ENTRIES, count)
    scale = size / sum(sizes)
    for number in range(count):
        wanted = int(sizes[number] * scale)
        holds = int(max(min(entries[number], wanted / 550), wanted / 15_000, 1))
        site = Site(random.Random(f"{seed} feed {number}"), number, forms[number], tongues[number])
        yield site.feed(wanted, holds)


def with_news(feed: Feed) -> Feed:
    """The feed with one entry more at its beginning: the first one under another title, link and id."""
    if feed.content_type.startswith("application/feed+json"):
        document = json.loads(feed.body)
        first = document["items"][0]
        news = {**first, "id": f"{first['id']}-news", "title": "News"}
        news |= {"url": f"{first['url']}-news"} if "url" in first else {}
        document["items"].insert(0, news)
        return replace(feed, body=json.dumps(document, ensure_ascii=False).encode(), entries=feed.entries + 1)
    found = re.search(rb"<(item|entry)\b.*?</\1>", feed.body, re.DOTALL)
    assert found
    news_item = re.sub(rb"<title([^>]*)>.*?</title>", rb"<title\1>News</title>", found[0], flags=re.DOTALL)
    for end in (rb"</link>", rb"</guid>", rb"</id>"):
        news_item = news_item.replace(end, b"-news" + end, 1)
    news_item = re.sub(rb'(<link[^>]* href="[^"]*|<item rdf:about="[^"]*)"', rb'\1-news"', news_item)
    body = feed.body[: found.start()] + news_item + feed.body[found.start() :]
    return replace(feed, body=body, entries=feed.entries + 1)


def _dealt(rng: random.Random, table: Sequence[tuple[T, int]], count: int) -> list[T]:
    """`count` values in the table's proportions, in any order."""
    values, weights = zip(*table, strict=True)
    bounds = list(accumulate(weights))
    dealt = [values[bisect(bounds, (n + 0.5) / count * bounds[-1])] for n in range(count)]
    rng.shuffle(dealt)
    return dealt


def _spread(rng: random.Random, deciles: Sequence[int], count: int) -> list[float]:
    """`count` numbers with these deciles, in any order."""
    spread = []
    for n in range(count):
        decile, rest = divmod((len(deciles) - 1) * (n + 0.5) / count, 1)
        low, high = deciles[int(decile) : int(decile) + 2]
        spread.append(low * (high / low) ** rest)
    rng.shuffle(spread)
    return spread


if __name__ == "__main__":
    for made in feeds(300, 20_000_000):
        print(f"{len(made.body):8,} bytes {made.entries:4} entries  {made.path}")
