"""The direct children of a channel or an entry, found by the tables of what they give, and read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from aggregator.models import Person, Text
from aggregator.parse.elements import Element, ElementReader, Scope, is_page, local_name, relation
from aggregator.parse.namespaces import split_tag, vocabulary
from aggregator.parse.people import distinct_people
from aggregator.parse.table import CHANNEL, ENTRY, HTML_BY_DEFAULT, Table
from aggregator.parse.values import LINE, LINK, LIST, TEXT, TITLE

Found = Mapping[str, Sequence[Element]]  # elements by what they give
T = TypeVar("T")


class Link(NamedTuple):
    relation: str
    is_page: bool  # by its type
    href: str | None
    element: Element


class ChildReader:
    """Finds and reads what the children of an element give; remembers each name of a document."""

    def __init__(self, reader: ElementReader, root: Element) -> None:
        self.reader = reader
        self._root_address = split_tag(root.tag)[0]
        self._names: dict[str, tuple[str, str] | None] = {}
        self._in_channel: dict[str, str | None] = {}
        self._in_entry: dict[str, str | None] = {}

    def name(self, element: Element) -> tuple[str, str] | None:
        """Vocabulary and local name; None for a vocabulary that says nothing of feeds."""
        tag = element.tag
        try:
            return self._names[tag]
        except KeyError:
            address, local = split_tag(tag)
            found = vocabulary(address, element.prefix, self._root_address)
            name = self._names[tag] = None if found is None else (found, local)
            return name

    def of_channel(self, element: Element) -> dict[str, list[Element]]:
        return self._sorted(element, CHANNEL, self._in_channel)

    def of_entry(self, element: Element) -> Found:
        return self._sorted(element, ENTRY, self._in_entry)

    def _sorted(
        self, element: Element, table: Table, gives: dict[str, str | None]
    ) -> dict[str, list[Element]]:
        found: defaultdict[str, list[Element]] = defaultdict(list)
        for child in element:
            tag = child.tag
            try:
                key = gives[tag]
            except KeyError:
                name = self.name(child)
                key = gives[tag] = table.get(name) if name else None
            if key is not None:
                found[key].append(child)
        return found

    # ---------------------------------------------------------------- what they say

    def text(self, found: Found, key: str, limit: int = LINE) -> str | None:
        """The text of the last of these elements that has any."""
        if key in found:
            for element in reversed(found[key]):
                if text := self.reader.text(element, limit):
                    return text
        return None

    def address(self, found: Found, key: str, scope: Scope) -> str | None:
        """The address in the last of these elements that has any."""
        for element in reversed(found.get(key, ())):
            if address := self.reader.link(element, scope):
                return address
        return None

    def href(self, element: Element, scope: Scope) -> str | None:
        """A link's address, from its attribute or its text."""
        href = (
            self.reader.attribute(element, "href", "url", "uri", limit=LINK + 1) if element.items() else None
        )
        return self.reader.link(element, scope, href)

    def image(self, element: Element, scope: Scope) -> str | None:
        """The address of a picture: in RSS's <image><url>, in an attribute, or as text."""
        inside = (self.reader.link(child, scope) for child in element if local_name(child) == "url")
        return first(inside) if len(element) else self.href(element, scope)

    def links(self, found: Found, scope: Scope) -> list[Link]:
        """RSS's and Atom's links in order, what they lead to, and how."""
        return [
            Link(relation(each), is_page(each), self.href(each, scope), each)
            for each in found.get("link", ())[:LIST]
        ]

    def title(self, found: Found, keys: Iterable[str], scope: Scope) -> Text | None:
        """The first of these texts that is not empty."""
        for key in keys:
            for element in found.get(key, ()):
                if text := self.reader.rich(element, scope, TITLE):
                    return text
        return None

    def description(self, element: Element, scope: Scope, limit: int = TEXT) -> Text | None:
        default = "html" if self.name(element) in HTML_BY_DEFAULT else "text"
        return self.reader.rich(element, scope, limit, default)

    def people(self, found: Found, scope: Scope) -> tuple[Person, ...]:
        elements = found.get("author")
        return (
            distinct_people(self.reader.person(each, scope) for each in elements[:LIST]) if elements else ()
        )


def page_link(links: list[Link]) -> str | None:
    """The page that the channel or entry is also at: the first that says it is HTML, else the first.

    Pages in other languages and forms follow it. One in a named language comes after one that is in none.
    """
    page = None
    for link in links:
        if link.relation == "alternate" and link.is_page and link.href:
            if link.element.get("type") and not link.element.get("hreflang"):
                return link.href
            page = page or link.href
    return page


def web_address(identifier: str | None) -> str | None:
    """An id that is an address of the web: for want of a link, it is one."""
    return identifier if identifier and identifier.startswith(("http://", "https://")) else None


def first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value), None)


def last(values: Iterable[T | None]) -> T | None:
    found = [value for value in values if value]
    return found[-1] if found else None
