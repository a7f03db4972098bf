"""Feed autodiscovery: the feeds that a web page names in its <link> elements, as browsers find them, or links to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from aggregator.discovery.markup import Tag, scan
from aggregator.links import absolute, host
from aggregator.records import dataclass
from aggregator.text import one_line

MOST_TEXT = 2_000_000  # characters of a page that are looked at

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


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that may be a feed."""

    url: str
    title: str = ""


def linked_feeds(page: str, url: str) -> tuple[Candidate, ...]:
    """The feeds of the page's <link> elements; those of comments last."""
    page = page[:MOST_TEXT]
    base = url
    found: list[Candidate] = []
    for tag in scan(page, ("base", "link"), with_text=True):
        href = tag.attributes.get("href", "").strip()
        if not href:
            continue
        if tag.name == "base":
            base = absolute(href, url) or base
        elif _is_feed_link(tag):
            found += candidates([(href, tag.attributes.get("title", ""))], base)
    return tuple(sorted(distinct(found), key=lambda each: bool(_COMMENTS.search(f"{each.title} {each.url}"))))


def anchored_feeds(page: str, url: str) -> tuple[Candidate, ...]:
    """The links in the page's text that look like feeds; those to its own host first."""
    page = page[:MOST_TEXT]
    anchors = ((tag.attributes.get("href", ""), "") for tag in scan(page, ("a",), with_text=True))
    found = [each for each in candidates(anchors, url) if _LIKE_A_FEED.search(each.url.partition("#")[0])]
    own = host(url)
    return tuple(sorted(distinct(found), key=lambda each: host(each.url) != own))


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


def candidates(pairs: Iterable[tuple[str, str]], base: str) -> Iterator[Candidate]:
    """The http(s) addresses among these references and titles."""
    for href, title in pairs:
        address = absolute(href.strip(), base or None)
        if address and address.startswith(("http://", "https://")):
            yield Candidate(address, one_line(title))


def distinct(found: Iterable[Candidate]) -> list[Candidate]:
    """Each address once, where it stands first."""
    return list({each.url: each for each in reversed(list(found))}.values())[::-1]
