"""Reads a well-formed feed: RSS 0.9x to 2.0, RSS 1.0, Atom 0.3 and 1.0.

The tables (table.py) say what each element gives. Only direct children speak: a link in an author or a
caption in a picture says nothing of the entry. Files of Media RSS alone are found deeper.
"""

from __future__ import annotations

from collections.abc import Iterator

from aggregator.models import ParsedEntry, ParsedFeed
from aggregator.parse.children import ChildReader, Link, first, last, page_link, web_address
from aggregator.parse.elements import Element, ElementReader, Scope, local_name, resource
from aggregator.parse.hints import poll_hints
from aggregator.parse.strict_entry import EntryReader
from aggregator.parse.tree import Tree
from aggregator.parse.values import ENTRIES, TITLE, Problems, says_something

_RSS_FORMATS = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
_ATOM_FORMATS = {"0.1": "atom01", "0.2": "atom02", "0.3": "atom03"}


def read_feed(tree: Tree, url: str, problems: Problems) -> ParsedFeed | None:
    """The feed in this tree; `url`: the document's. None for RDF that is about something else."""
    root = tree.root
    form = _format(root)
    reader = ElementReader(url, tree, guess_html=not form.startswith("atom"), problems=problems)
    feed = _FeedReader(ChildReader(reader, root)).read(root, form)
    return feed if feed.entries or form != "rss" or local_name(root) == "rss" else None


def _format(root: Element) -> str:
    """The format's name, as feedparser gives it."""
    addresses = {(address or "").lower() for address in root.nsmap.values()}
    version = (root.get("version") or "").strip()
    name = local_name(root)
    if name == "feed":
        if "http://www.w3.org/2005/atom" in addresses:
            return "atom10"
        return _ATOM_FORMATS.get(version, "atom")
    if name == "rdf":
        if "http://my.netscape.com/rdf/simple/0.9/" in addresses:
            return "rss090"
        return "rss10" if "http://purl.org/rss/1.0/" in addresses else "rss"
    return _RSS_FORMATS.get(version, "rss20" if version.startswith("2.") else "rss")


class _FeedReader:
    def __init__(self, children: ChildReader) -> None:
        self._children, self._reader = children, children.reader
        self._entry = EntryReader(children)

    def read(self, root: Element, form: str) -> ParsedFeed:
        reader, children = self._reader, self._children
        outer = reader.scope(root, Scope())
        channel = children.of_channel(root)
        items = self._items(channel, outer)
        scope = outer
        for element in channel.pop("channel", ()):  # of RSS and RDF, beside whose channel items may stand
            inside = children.of_channel(element)
            inner = reader.scope(element, outer)
            items += self._items(inside, inner)
            if scope is outer:
                scope = inner
            for key, elements in inside.items():
                channel[key] += elements
        reader.language = children.text(channel, "language") or outer.language
        links = children.links(channel, scope)
        rights = children.title(channel, ("rights",), scope)
        identifier = children.address(channel, "id", scope)
        return ParsedFeed(
            format=form,
            entries=tuple(self._entries(items)),
            id=identifier,
            title=children.title(channel, ("title", "title else"), scope),
            subtitle=first(
                children.description(each, scope, TITLE)
                for key in ("subtitle", "subtitle else")
                for each in channel.get(key, ())
            ),
            link=page_link(links) or _linked(links, "alternate") or web_address(identifier),
            self_link=_linked(links, "self"),
            hub=_linked(links, "hub"),
            authors=children.people(channel, scope),
            language=reader.language,
            rights=rights.value if rights else None,
            icon=children.address(channel, "icon", scope)
            or last(children.image(each, scope) for each in channel.get("image", ()))
            or children.address(channel, "logo", scope),
            generator=children.text(channel, "generator")
            or last(map(resource, channel.get("generator", ()))),
            hints=poll_hints(
                children.text(channel, "ttl"),
                children.text(channel, "update period"),
                children.text(channel, "update frequency"),
                [reader.text(hour) for each in channel.get("skip hours", ()) for hour in each],
                [reader.text(day) for each in channel.get("skip days", ()) for day in each],
            ),
            problem=str(reader.problems) or None,
        )

    def _items(self, found: dict[str, list[Element]], scope: Scope) -> list[tuple[Element, Scope]]:
        """The entries, which some feeds put into a list of their own."""
        items = [(element, scope) for element in found.pop("entry", ())]
        for listed in found.pop("items", ()):
            inner = self._reader.scope(listed, scope)
            items += [(element, inner) for element in self._children.of_channel(listed).get("entry", ())]
        return items

    def _entries(self, items: list[tuple[Element, Scope]]) -> Iterator[ParsedEntry]:
        if len(items) > ENTRIES:
            self._reader.problems.add(f"entries cut to the first {ENTRIES:,}")
        for element, outer in items[:ENTRIES]:
            try:
                found = self._entry.read(element, outer)
            except MemoryError:
                raise
            except Exception as error:  # one broken entry is a result, not a crash
                self._reader.problems.add(
                    f"entries left out that the reader fails on ({type(error).__name__})"
                )
                continue
            if says_something(found):
                yield found


def _linked(links: list[Link], relation: str) -> str | None:
    return first(link.href for link in links if link.relation == relation)
