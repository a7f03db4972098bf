"""The digest without HTML: as text for mail and terminals, and as Markdown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from aggregator.export.days import Day, days_of
from aggregator.export.items import Item, Link
from aggregator.links import is_loopback
from aggregator.models import Publication
from aggregator.text import counted, one_line

WIDTH = 76  # columns; mail is quoted, and then still fits

# Any of these can begin something in CommonMark wherever it stands; the others only at the start of a line.
_MARKS = re.compile(r"[\\`*_\[\]<>#&|~!]")
_BEGINNING = re.compile(r"^(\d+)([.)])|^([-+=])")


def render_text(
    publication: Publication, days: Iterable[Day] | None = None, total: int | None = None
) -> bytes:
    """As `write_text`, at once."""
    return b"".join(write_text(publication, days, total))


def render_markdown(publication: Publication) -> bytes:
    """As `write_markdown`, at once."""
    return b"".join(write_markdown(publication))


def write_text(
    publication: Publication, days: Iterable[Day] | None = None, total: int | None = None
) -> Iterator[bytes]:
    """Plain text in UTF-8, lines of at most 76 characters but for addresses, piece by piece.

    `days`: those to show, also in portions, else those of the publication's stories; `total`: how many stories
    there are in all.
    """
    total = len(publication.stories) if total is None else total
    return _encode(_text(publication, _days(publication) if days is None else days, total))


def write_markdown(
    publication: Publication, days: Iterable[Day] | None = None, total: int | None = None
) -> Iterator[bytes]:
    """CommonMark in UTF-8, as `write_text`; what feeds say stays plain text in it."""
    total = len(publication.stories) if total is None else total
    return _encode(_markdown(publication, _days(publication) if days is None else days, total))


def _days(publication: Publication) -> tuple[Day, ...]:
    return days_of(publication, own_pages=False)


def _encode(blocks: Iterator[str]) -> Iterator[bytes]:
    between = ""
    for block in blocks:
        yield (between + block).encode("utf-8", "replace")
        between = "\n\n"
    yield b"\n"


def _text(publication: Publication, days: Iterable[Day], total: int) -> Iterator[str]:
    title = one_line(publication.title) or "News Feed"
    where = f", {publication.base_url}" if not is_loopback(publication.base_url) else ""
    yield f"{title}\n{_count(total)}{where}"
    heading = ""
    for day in days:
        if day.key != heading:
            heading = day.key
            yield f"{day.name}\n{'-' * len(day.name)}"
        for item in day.items:
            total -= 1
            yield "\n".join(
                [
                    *_wrapped(item.title),
                    *_wrapped(f"({item.source.name}, {item.clock}{_also(item)})"),
                    *([item.link] if item.link else []),
                    *_wrapped(item.excerpt, "  "),
                ]
            )
    if total:
        yield f"And {counted(total, 'more story', 'more stories')}{where and ' at ' + publication.base_url}"
    yield f"Dates and times are in {publication.timezone}."


def _markdown(publication: Publication, days: Iterable[Day], total: int) -> Iterator[str]:
    yield f"# {_escaped(one_line(publication.title) or 'News Feed')}"
    where = f" All of them, and how to subscribe: <{publication.base_url}>"
    yield f"{_count(total)}.{where if not is_loopback(publication.base_url) else ''}"
    heading = ""
    for day in days:
        if day.key != heading:
            heading = day.key
            yield f"## {day.name}"
        for item in day.items:
            yield f"### {_linked(Link(item.title, item.link))}"
            also = f". Also at {_listed([_linked(link) for link in item.also])}" if item.also else ""
            yield f"{_linked(item.source)}, {item.clock}{also}"
            if item.excerpt:
                yield _escaped(item.excerpt)
    yield f"Dates and times are in {publication.timezone}."


def _count(total: int) -> str:
    return counted(total, "story", "stories")


def _also(item: Item) -> str:
    names = [link.name for link in item.also] + ([f"{item.more} more"] if item.more else [])
    return f"; also at {_listed(names)}" if names else ""


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _linked(link: Link) -> str:
    # web_link leaves no <, > or space in an address.
    return f"[{_escaped(link.name)}](<{link.link}>)" if link.link else _escaped(link.name)


def _escaped(text: str) -> str:
    return _BEGINNING.sub(r"\1\\\2\3", _MARKS.sub(r"\\\g<0>", text))
