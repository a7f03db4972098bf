"""OPML of any reader, and FOAF blogrolls, however broken: no subscription is lost, folders become tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from aggregator.discovery.markup import scan
from aggregator.subscriptions.collect import Collector, Line
from aggregator.subscriptions.records import SubscriptionList

_FEED_TYPES = frozenset({"rss", "atom", "pie", "rss1", "feed"})  # "pie": Liferea's word for Atom
_SCRAPED = re.compile("xpath|dotnotation", re.I)  # FreshRSS: HTML+XPath, JSON+DotNotation


def read_opml(text: str) -> SubscriptionList:
    """Each outline with an xmlUrl, tagged with the folders that it lies in and with its `category`."""
    return Collector("OPML").read(_outlines(text))


def _outlines(text: str) -> Iterator[Line]:
    folders: list[str | None] = []  # None: an outline that is not a folder
    for tag in scan(text, ("outline",)):
        if tag.closing:
            if folders:
                folders.pop()
            continue
        attributes = tag.attributes
        name = attributes.get("title", "").strip() or attributes.get("text", "").strip()
        url = _url_of(attributes)
        if url and _SCRAPED.search(attributes.get("type", "")):
            yield Line(url, name, reject="not a feed, but a page out of which FreshRSS makes one")
        elif url:
            path = [folder for folder in folders if folder]
            yield Line(url, name, [*path, *_categories(attributes.get("category", ""))])
        elif attributes.get("type", "").lower() == "include" and attributes.get("url"):
            yield Line(attributes["url"], reject="another list; import it by its own URL")
        if not tag.empty:
            folders.append(None if url else name)


def _url_of(attributes: Mapping[str, str]) -> str:
    kind = attributes.get("type", "").strip().lower()
    return (
        attributes.get("xmlurl", "").strip()
        or attributes.get("feedurl", "").strip()
        or (attributes.get("url", "").strip() if kind in _FEED_TYPES else "")
    )


def _categories(text: str) -> list[str]:
    """OPML 2.0: paths with slashes, separated by commas."""
    return [part for path in text.split(",") for part in path.split("/")]


def read_foaf(text: str) -> SubscriptionList:
    """The rss:channel elements of a FOAF blogroll; a group's name becomes a tag."""
    return Collector("FOAF").read(_channels(text))


def _channels(text: str) -> Iterator[Line]:
    in_group, in_agent = False, False
    group = name = ""
    for tag in scan(text, ("foaf:Group", "foaf:Agent", "foaf:name", "rss:channel"), with_text=True):
        if tag.name == "foaf:group":
            in_group, group = not tag.closing, ""
        elif tag.name == "foaf:agent":
            in_agent, name = not tag.closing, ""
        elif tag.name == "foaf:name" and not tag.closing:
            words = text[tag.end : text.find("<", tag.end)]
            if in_agent:
                name = words
            elif in_group:
                group = words
        elif tag.name == "rss:channel" and tag.attributes.get("rdf:about", "").strip():
            yield Line(tag.attributes["rdf:about"], name, [group] if group else [])
