"""Fills in the keys by which a document's entries will be compared."""

from __future__ import annotations

from dataclasses import replace

from aggregator import links
from aggregator.dedupe.titles import plain_key, strength, title_key
from aggregator.models import Entry, ReadFeed


def keyed(feed: ReadFeed, url: str) -> ReadFeed:
    """The same document with link_key, title_key and title_strength on each entry.

    `url`: the feed's effective URL; its host and the site's are the feed's own, which `ref=` may name.
    """
    own_hosts = frozenset(links.site(place) for place in (url, feed.info.link) if place)
    own_title = plain_key(feed.info.title or "")
    names = {own_title} - {""}

    def one(entry: Entry) -> Entry:
        authors = {plain_key(author.name) for author in entry.authors} - {""}
        key = None if entry.untitled else title_key(entry.title, frozenset(names | authors))
        return replace(
            entry,
            link_key=links.link_key(entry.link, own_hosts),
            title_key=key,
            title_strength=strength(key, own_title),
            home=bool(entry.link) and links.site(entry.link or "") in own_hosts,
        )

    return replace(feed, entries=tuple(one(entry) for entry in feed.entries))
