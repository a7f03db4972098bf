"""The feeds that a web page names: autodiscovery links, else anchors, else the usual places."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from aggregator.links import absolute, host
from aggregator.subscriptions.markup import Tag, scan
from aggregator.text import one_line

_MOST_TEXT = 2_000_000  # characters of a page that are looked at

_FEED_TYPES = frozenset(
    "application/rss+xml application/atom+xml application/feed+json application/rdf+xml application/json "
    "application/xml text/xml application/x-rss+xml".split()
)
_LIKE_A_FEED = re.compile(
    r"(?:/(?:feeds?|rss2?|atom)(?:/|$)|[./](?:rss|atom|rdf)$|(?:feed|rss|atom|index)\.(?:xml|json|rss)$"
    r"|[?&](?:feed|format)=(?:rss2?|atom|feed)|^https?://(?:feeds?|rss)\.)",
    re.I,
)
_COMMENTS = re.compile(r"\bcomments?\b", re.I)

# Asked one after the other until one is a feed: few, since each is a request that a site did not invite.
COMMON_PLACES = ("feed", "rss", "feed.xml", "atom.xml", "rss.xml", "index.xml", "feed.json")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that may be a feed."""

    url: str
    title: str = ""


def linked_feeds(page: str, url: str) -> tuple[Candidate, ...]:
    """The feeds of the page's <link> elements; those of comments last."""
    page = page[:_MOST_TEXT]
    base = url
    found: list[Candidate] = []
    for tag in scan(page, ("base", "link"), with_text=True):
        href = tag.attributes.get("href", "").strip()
        if not href:
            continue
        if tag.name == "base":
            base = absolute(href, url) or base
        elif _is_feed_link(tag):
            found += _candidates([(href, tag.attributes.get("title", ""))], base)
    return tuple(
        sorted(_distinct(found), key=lambda each: bool(_COMMENTS.search(f"{each.title} {each.url}")))
    )


def _is_feed_link(tag: Tag) -> bool:
    relations = tag.attributes.get("rel", "").lower().split()
    kind = tag.attributes.get("type", "").partition(";")[0].strip().lower()
    if (
        "stylesheet" in relations
        or "wp-json" in tag.attributes["href"]
        or "/oembed" in tag.attributes["href"]
    ):
        return False
    return ("alternate" in relations and kind in _FEED_TYPES) or "feed" in relations


def anchored_feeds(page: str, url: str) -> tuple[Candidate, ...]:
    """The links in the page's text that look like feeds; those to its own host first."""
    page = page[:_MOST_TEXT]
    anchors = ((tag.attributes.get("href", ""), "") for tag in scan(page, ("a",), with_text=True))
    found = [each for each in _candidates(anchors, url) if _LIKE_A_FEED.search(each.url.partition("#")[0])]
    own = host(url)
    return tuple(sorted(_distinct(found), key=lambda each: host(each.url) != own))


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
    return tuple(_distinct(_candidates(_feed_urls(value), "")))


def _feed_urls(value: Any) -> Iterator[tuple[str, str]]:
    results = value.get("results") if isinstance(value, dict) else None
    for item in results if isinstance(results, list) else ():
        if isinstance(item, dict) and isinstance(item.get("feedUrl"), str):
            yield item["feedUrl"], str(item.get("collectionName") or "")


def _candidates(pairs: Iterable[tuple[str, str]], base: str) -> Iterator[Candidate]:
    for href, title in pairs:
        address = absolute(href.strip(), base or None)
        if address and address.startswith(("http://", "https://")):
            yield Candidate(address, one_line(title))


def _distinct(found: Iterable[Candidate]) -> list[Candidate]:
    return list({each.url: each for each in reversed(list(found))}.values())[::-1]
