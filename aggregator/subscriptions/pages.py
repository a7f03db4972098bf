"""Where the feed of a web page that names none may be: anchors, the usual places, the answers of directories."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from aggregator.discovery import MOST_TEXT, Candidate, candidates, distinct
from aggregator.discovery.markup import scan
from aggregator.links import absolute, host

_LIKE_A_FEED = re.compile(
    r"(?:/(?:feeds?|rss2?|atom)(?:/|$)|[./](?:rss|atom|rdf)$|(?:feed|rss|atom|index)\.(?:xml|json|rss)$"
    r"|[?&](?:feed|format)=(?:rss2?|atom|feed)|^https?://(?:feeds?|rss)\.)",
    re.I,
)

# Asked one after the other until one is a feed: few, since each is a request that a site did not invite.
COMMON_PLACES = ("feed", "rss", "feed.xml", "atom.xml", "rss.xml", "index.xml", "feed.json")


def anchored_feeds(page: str, url: str) -> tuple[Candidate, ...]:
    """The links in the page's text that look like feeds; those to its own host first."""
    page = page[:MOST_TEXT]
    anchors = ((tag.attributes.get("href", ""), "") for tag in scan(page, ("a",), with_text=True))
    found = [each for each in candidates(anchors, url) if _LIKE_A_FEED.search(each.url.partition("#")[0])]
    own = host(url)
    return tuple(sorted(distinct(found), key=lambda each: host(each.url) != own))


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
