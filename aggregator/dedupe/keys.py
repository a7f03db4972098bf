"""Fills in the keys by which a document's entries will be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from aggregator import links
from aggregator.dedupe.edits import text_size
from aggregator.dedupe.identity import is_global
from aggregator.dedupe.titles import strength, title_key
from aggregator.models import Entry, FeedInfo, Keys, Person, ReadFeed, Strength
from aggregator.records import dataclass, replace
from aggregator.tokens import plain_key

# A rule asks whether an entry has 400 characters of text; what goes beyond this is not counted.
_ENOUGH = 2_000

_BETWEEN_NAMES = re.compile(r"\s[-|–—:·•»>/]+\s|:\s|[()\[\]]")


@dataclass(frozen=True, slots=True)
class FeedIdentity:
    """What is a feed's own: its hosts, which `ref=` may name, and its name, which titles end with."""

    hosts: frozenset[str]
    title: str  # as a title key
    names: frozenset[str]  # its title and the names in it, as title keys

    @classmethod
    def of(cls, url: str, link: str | None, title: str | None) -> FeedIdentity:
        """`url`: where the feed stands; `link`: its site's home page."""
        hosts = frozenset(links.site(place) for place in (url, link) if place) - {""}
        return cls(hosts, plain_key(title or ""), _names(title or ""))

    def link_key(self, link: str | None) -> str | None:
        return links.link_key(link, self.hosts)

    def title_key(
        self, title: str, authors: Iterable[Person], source: str | None = None
    ) -> tuple[str | None, Strength]:
        """The title key and its strength; `source`: the name of where a relayed entry came from."""
        names = self.names
        by = [plain_key(author.name) for author in authors]
        if by or source:
            names = names.union(by, [f"by {name}" for name in by], [plain_key(source or "")]) - {""}
        key = title_key(title, names)
        return key, strength(key, self.title)

    def is_home(self, link: str | None) -> bool:
        return bool(link) and site_of(link) in self.hosts


def add_keys(feed: ReadFeed, url: str) -> ReadFeed:
    """The same document with keys on each entry. `url`: the feed's effective URL."""
    own = feed_identity(feed.info, url)
    return replace(feed, entries=tuple(_keyed(entry, own) for entry in feed.entries))


def feed_identity(info: FeedInfo, url: str) -> FeedIdentity:
    return FeedIdentity.of(url, info.link, info.title)


def _keyed(entry: Entry, own: FeedIdentity) -> Entry:
    key, proves = (
        (None, "none") if entry.untitled else own.title_key(entry.title, entry.authors, entry.source)
    )
    return replace(
        entry,
        keys=Keys(own.link_key(entry.link), key, proves, own.is_home(entry.link), _global_id(entry)),
        text_size=text_size(entry.content[:_ENOUGH]) or len(entry.summary),
    )


def _global_id(entry: Entry) -> str | None:
    """The id, where it names one thing in the world.

    An episode's number does so with its show's host and its date: shows have a feed for each format (Opus, MP3),
    which give an episode one id and date, another file, and often a title as short as "Episode 12".
    """
    if is_global(entry.guid):
        return entry.guid
    site = site_of(entry.link)
    if site and entry.enclosures and not entry.guid_made and entry.date_reason == "source":
        return f"{site} {entry.published:%Y-%m-%dT%H:%M:%SZ} {entry.guid}"
    return None


def _names(title: str) -> frozenset[str]:
    """What may stand for the feed at an end of its headlines: "World | BBC News" is "BBC News" there.

    A part of one word alone may as well be a subject ("World").
    """
    parts = [plain_key(part) for part in _BETWEEN_NAMES.split(title)]
    return frozenset([plain_key(title), *(part for part in parts if " " in part)]) - {""}


@lru_cache(2_048)  # asked several times for each entry of a document
def site_of(link: str | None) -> str:
    """The host of a link by which sites are compared; "" without a link."""
    return links.site(link) if link else ""
