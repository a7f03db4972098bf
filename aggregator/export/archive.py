"""Archive documents (RFC 5005, 4): their entries are frozen as they were rendered when the document closed.

Only the head is written anew, from what does not change: the publication's id and title, the addresses of
the documents before and after. So an archive outlives what retention and feeds do to the stories in it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from aggregator.export.atom import NAMESPACE, render_atom
from aggregator.export.xml import parsed
from aggregator.models import Archive, Publication, Source, Story

if TYPE_CHECKING:
    from lxml import etree

MOST = 500  # stories in one document; a month with more has several

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


def head_of(publication: Publication) -> bytes:
    """All of its Atom document that stands before the entries."""
    data = render_atom(publication)
    return data[: data.rindex(_END)]


def whole(head: bytes, entries: bytes) -> bytes:
    return head + entries + _END


def size_of(head: bytes, entries: int) -> int:
    return len(head) + entries + len(_END)


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
