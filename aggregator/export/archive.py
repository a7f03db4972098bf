"""Archive documents (RFC 5005, 4): their entries are frozen as they were rendered when the document closed.

Only the head is written anew, from what does not change: the publication's id and title, the addresses of
the documents before and after. So an archive outlives what retention and feeds do to the stories in it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.errors import ExportError
from aggregator.export.atom import NAMESPACE, render_atom, tombstone
from aggregator.export.digest import month_pages
from aggregator.export.files import in_words, write_together
from aggregator.export.pages import Pages
from aggregator.export.places import numbered
from aggregator.export.size import LARGEST as LARGEST
from aggregator.export.xml import XML_LANG, parsed
from aggregator.models import Amount, Archive, Entry, Person, Publication, Source, Story
from aggregator.text import unescape

if TYPE_CHECKING:
    from lxml import etree

MOST = 500  # stories in one document; a month with more has several

_A = f"{{{NAMESPACE}}}"
_END = b"</feed>\n"
_ENTRY = re.compile(rb"<entry\b.*?</entry>\n?", re.DOTALL)
_CONTENT = re.compile(
    rb"<content[ >][^<]*</content>"
)  # what a page shows nothing of, and most of the document

_SUMMARY = re.compile(rb"<summary[ >][^<]*</summary>\n?")
_SELF = re.compile(rb'<link rel="self"[^>]*/>\n?')
_RELATED = re.compile(rb'<link rel="related"[^>]* href="([^"]*)"/>\n?')
_ID = re.compile(rb"<id>[^<]*</id>")


def next_name(month: str, before: Archive | None) -> str:
    """The name of a document of that month (as "2026-10"): its first, or the part after the one before."""
    if before is None or before.name[:7] != month:
        return month
    return f"{month}-{int(before.name[8:] or 1) + 1}"


def entries_of(publication: Publication) -> bytes:
    """The entries as they stand in the publication's Atom document."""
    data = render_atom(publication)
    return data[data.index(b"<entry") : data.rindex(_END)] if publication.stories else b""


def write(document: Publication, folder: Path, entries: bytes, pages: Pages) -> tuple[str, ...]:
    """Writes a closed document with these frozen entries, and its pages; names of those that had to be written.

    `document`: without stories.
    """
    atom, page = folder / f"{document.place}.atom", folder / f"{document.place}.html"
    rendered = [(atom, _head(document) + entries + _END)]
    whole = replace(document, stories=stories_of(entries))
    for number, data in enumerate(month_pages(whole, pages), 1):
        rendered.append((page.with_name(numbered(page.name, number)), data))
    changed, failures = write_together(rendered)
    names = tuple(f"archive/{path.name}" for path in changed)
    if failures:
        raise ExportError(in_words(failures.values()), names)
    return names


def names_of(there: Collection[str], name: str) -> tuple[str, ...]:
    """The files of a closed document that are there: its feed and its pages. `there`: names in the archive's folder."""
    pages = (numbered(f"{name}.html", number) for number in range(1, MOST))
    return tuple(f"archive/{file}" for file in (f"{name}.atom", *takewhile(there.__contains__, pages)))


def _head(document: Publication) -> bytes:
    data = render_atom(document)
    return data[: data.rindex(_END)]


def stories_of(entries: bytes) -> tuple[Story, ...]:
    """Frozen entries as stories again, with as much as a page shows of them."""
    heads = _CONTENT.sub(b"", entries)
    root = parsed(f'<feed xmlns="{NAMESPACE}">'.encode() + heads + b"</feed>")
    sources: dict[str, Source] = {}
    return tuple(_story(number, entry, sources) for number, entry in enumerate(root.iterfind(f"{_A}entry")))


def _story(number: int, entry: etree._Element, sources: dict[str, Source]) -> Story:
    fields, origin = _Fields(entry), _Fields(entry.find(f"{_A}source"))
    address = origin.text("id")
    source = sources.setdefault(address, Source(len(sources), origin.text("title"), address, origin.link))
    published = datetime.fromisoformat(fields.text("published"))
    return Story(
        id=number,
        atom_id=fields.text("id"),
        title=fields.text("title"),
        link=fields.link,
        published=published,
        updated=datetime.fromisoformat(fields.text("updated")),
        first_published=published,
        source=source,
        tags=fields.tags,
        language=entry.get(XML_LANG),
    )


@dataclass(frozen=True, slots=True)
class FrozenEntry:
    """An entry of a closed document, as far as one can say whether it must go."""

    atom_id: str
    addresses: frozenset[str]  # of its source: its id and its feed's address
    site: str | None  # of its source
    entry: Entry


@dataclass(frozen=True, slots=True)
class Allowed:
    """How much of a frozen entry is shown."""

    content: Amount = "full"
    source_id: str | None = (
        None  # instead of the one that it has, if its feed is private: then without address
    )
    secrets: tuple[str, ...] = ()  # which are left out


def without(
    entries: bytes, goes: Callable[[FrozenEntry], bool], now: datetime
) -> tuple[bytes, list[FrozenEntry]]:
    """The frozen entries less those that must go, with tombstones (RFC 6721) before the others; and these."""
    gone: list[FrozenEntry] = []

    def replaced(found: re.Match[bytes]) -> bytes:
        frozen = _frozen(_alone(found[0]))
        if not goes(frozen):
            return found[0]
        gone.append(frozen)
        return b""

    left = _ENTRY.sub(replaced, entries)
    return b"".join(tombstone(entry.atom_id, now) for entry in gone) + left, gone


def frozen_entries(entries: bytes) -> list[FrozenEntry]:
    """The entries of a document one by one."""
    return [_frozen(_alone(found[0])) for found in _ENTRY.finditer(entries)]


def shown(entries: bytes, allowed: Sequence[Allowed | None], gone: Collection[str] = ()) -> tuple[int, bytes]:
    """How many of the frozen entries are shown, and these; as they are where all of them may be.

    `allowed`: how much of each is shown, None for nothing; `gone`: links of those that are shown nowhere, to which
    no other leads. What does not change stays to the byte; tombstones stay.
    """
    each = iter(allowed)

    def related(found: re.Match[bytes]) -> bytes:
        return b"" if html.unescape(found[1].decode()) in gone else found[0]

    def replaced(found: re.Match[bytes]) -> bytes:
        allow = next(each)
        return b"" if allow is None else _RELATED.sub(related, _reduced(found[0], allow))

    left = _ENTRY.sub(replaced, entries)
    count = sum(allow is not None for allow in allowed)
    return count, left or b"\n"  # a size of 0 is that of an open document


def _reduced(entry: bytes, allow: Allowed) -> bytes:
    if allow.content != "full":
        frozen = _frozen(_alone(entry)).entry
        entry = _CONTENT.sub(b"", entry, count=1).replace(b"\n\n", b"\n")
        if allow.content == "none":
            entry = _SUMMARY.sub(b"", entry, count=1)
        if b"<summary" not in entry:
            entry = entry.replace(b"<source>", _headline(frozen.title, frozen.link) + b"<source>", 1)
    if allow.source_id is not None:
        head, source, tail = entry.partition(b"<source>")
        tail = _SELF.sub(b"", tail, count=1)
        named = f"<id>{html.escape(allow.source_id)}</id>".encode()
        entry = head + source + _ID.sub(lambda _: named, tail, count=1)
    for secret in allow.secrets:
        entry = entry.replace(html.escape(secret).encode(), b"")
    return entry


def _headline(title: str, link: str | None) -> bytes:
    """The title as content, which a reader that shows nothing but texts has to have."""
    text = html.escape(title, quote=False)
    text = f'<p><a href="{html.escape(link)}">{text}</a></p>' if link else f"<p>{text}</p>"
    return f'<content type="html">{html.escape(text, quote=False)}</content>\n'.encode()


def _alone(entry: bytes) -> etree._Element:
    return parsed(f'<feed xmlns="{NAMESPACE}">'.encode() + entry + b"</feed>")[0]


def _frozen(element: etree._Element) -> FrozenEntry:
    fields, origin = _Fields(element), _Fields(element.find(f"{_A}source"))
    source = element.find(f"{_A}source")
    links = (
        [] if source is None else [link.get("href", "") for link in source.iterfind(f"{_A}link[@rel='self']")]
    )
    names = [_Fields(author).text("name") for author in element.iterfind(f"{_A}author")]
    published = datetime.fromisoformat(fields.text("published"))
    entry = Entry(
        guid=fields.text("id"),
        link=fields.link,
        title=fields.text("title"),
        published=published,
        date_reason="source",
        summary=fields.text("summary"),
        content=fields.text("content"),
        authors=tuple(Person(name) for name in names),
        tags=fields.tags,
    )
    return FrozenEntry(fields.text("id"), frozenset((origin.text("id"), *links)), origin.link, entry)


class _Fields:
    """What an element of Atom's says of itself, read in one go."""

    def __init__(self, element: etree._Element | None) -> None:
        self._texts: dict[str, str] = {}
        self.link: str | None = None
        tags: list[str] = []
        for child in () if element is None else element:
            if child.tag == f"{_A}link" and child.get("rel") == "alternate":
                self.link = self.link or child.get("href")
            elif child.tag == f"{_A}category":
                tags.append(child.get("term", ""))
            else:
                text = child.text or ""
                self._texts.setdefault(child.tag, unescape(text) if child.get("type") == "html" else text)
        self.tags = tuple(tags)

    def text(self, name: str) -> str:
        return self._texts.get(_A + name, "")
