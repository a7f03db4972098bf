"""Archive documents (RFC 5005, 4): their entries are frozen as they were rendered when the document closed.

Only the head is written anew, from what does not change: the publication's id and title, the addresses of
the documents before and after. So an archive outlives what retention and feeds do to the stories in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.export.atom import NAMESPACE, render_atom
from aggregator.export.digest import render_month
from aggregator.export.files import begins, write_changed
from aggregator.export.pages import Pages
from aggregator.export.xml import parsed
from aggregator.models import Archive, Publication, Source, Story

if TYPE_CHECKING:
    from lxml import etree

MOST = 500  # stories in one document; a month with more has several
LARGEST = 5_000_000  # characters of their content, all together

_A = f"{{{NAMESPACE}}}"
_END = b"</feed>\n"


def next_name(month: str, before: Archive | None) -> str:
    """The name of a document of that month (as "2026-10"): its first, or the part after the one before."""
    if before is None or before.name[:7] != month:
        return month
    return f"{month}-{int(before.name[8:] or 1) + 1}"


def entries_of(publication: Publication) -> bytes:
    """The entries as they stand in the publication's Atom document."""
    data = render_atom(publication)
    return data[data.index(b"<entry") : data.rindex(_END)] if publication.stories else b""


def write(
    document: Publication, archive: Archive, folder: Path, frozen: Callable[[], bytes], pages: Pages
) -> tuple[str, ...]:
    """Writes a closed document and its page unless they stand there already; names of those written.

    `document`: without stories. Only the heads are compared, so that years of archives cost next to nothing.
    """
    head, page_head = _head(document), _page_head(document, pages)
    atom, page = folder / f"{document.place}.atom", folder / f"{document.place}.html"
    if begins(atom, head, len(head) + archive.size + len(_END)) and begins(page, page_head):
        return ()
    entries = frozen()
    whole = replace(document, stories=stories_of(entries))
    rendered = ((atom, head + entries + _END), (page, render_month(whole, pages)))
    return tuple(f"archive/{path.name}" for path, data in rendered if write_changed(path, data))


def _head(document: Publication) -> bytes:
    data = render_atom(document)
    return data[: data.rindex(_END)]


def _page_head(document: Publication, pages: Pages) -> bytes:
    """All of the page that stands before its stories: their number, the style, the program's version."""
    return render_month(document, pages).partition(b"<main")[0]


def stories_of(entries: bytes) -> tuple[Story, ...]:
    """Frozen entries as stories again, with as much as a page shows of them."""
    root = parsed(f'<feed xmlns="{NAMESPACE}">'.encode() + entries + b"</feed>")
    sources: dict[str, Source] = {}
    return tuple(_story(number, entry, sources) for number, entry in enumerate(root.findall(f"{_A}entry")))


def _story(number: int, entry: etree._Element, sources: dict[str, Source]) -> Story:
    def text(path: str) -> str:
        return entry.findtext("/".join(_A + name for name in path.split("/"))) or ""

    def link(inside: str = "") -> str | None:
        found = entry.find(f"{inside}{_A}link[@rel='alternate']")
        return None if found is None else found.get("href")

    address = text("source/id")
    source = sources.setdefault(
        address, Source(len(sources), text("source/title"), address, link(f"{_A}source/"))
    )
    published = datetime.fromisoformat(text("published"))
    return Story(
        id=number,
        atom_id=text("id"),
        title=text("title"),
        link=link(),
        published=published,
        updated=datetime.fromisoformat(text("updated")),
        first_published=published,
        source=source,
        tags=tuple(tag.get("term", "") for tag in entry.findall(f"{_A}category")),
    )
