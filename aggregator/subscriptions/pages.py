"""Where the feed of a web page that names none may be: the usual places, the answers of directories."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from aggregator.discovery import Candidate, candidates, distinct
from aggregator.links import absolute

# Asked one after the other until one is a feed: few, since each is a request that a site did not invite.
COMMON_PLACES = ("feed", "rss", "feed.xml", "atom.xml", "rss.xml", "index.xml", "feed.json")


def common_places(url: str) -> tuple[str, ...]:
    """Where sites keep their feed: beside the page first, then at the root."""
    folders = dict.fromkeys(filter(None, (absolute("./", url), absolute("/", url))))
    return tuple(dict.fromkeys(folder + name for folder in folders for name in COMMON_PLACES))


def feeds_in_lookup(body: bytes) -> tuple[Candidate, ...]:
    """The feedUrl values of a directory's answer in JSON."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    return tuple(distinct(candidates(_feed_urls(value), "")))


def _feed_urls(value: Any) -> Iterator[tuple[str, str]]:
    results = value.get("results") if isinstance(value, dict) else None
    for item in results if isinstance(results, list) else ():
        if isinstance(item, dict) and isinstance(item.get("feedUrl"), str):
            yield item["feedUrl"], str(item.get("collectionName") or "")
