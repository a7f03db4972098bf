"""The digest without HTML: as text for mail and terminals, and as Markdown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from aggregator.export.days import Day, days_of
from aggregator.export.items import Item, Link
from aggregator.links import is_loopback
from aggregator.models import Publication
from aggregator.text import counted, one_line

WIDTH = 76  # columns; mail is quoted, and then still fits

# Any of these can begin something in CommonMark wherever it stands; the others only at the start of a line.
_MARKS = re.compile(r"[\\`*_\[\]<>#&|~!]")
_BEGINNING = re.compile(r"^(\d+)([.)])|^([-+=])")


def render_text(publication: Publication, days: Sequence[Day] | None = None) -> bytes:
    """Plain text in UTF-8, lines of at most 76 characters but for addresses. `days`: those to show, else all."""
    return _join(_text(publication, _days(publication) if days is None else days)).encode("utf-8", "replace")


def render_markdown(publication: Publication) -> bytes:
    """CommonMark in UTF-8; what feeds say stays plain text in it."""
    return _join(_markdown(publication)).encode("utf-8", "replace")


def left_out(publication: Publication, days: Sequence[Day]) -> int:
    """How many stories are not among these days'."""
    return len(publication.stories) - sum(len(day.items) for day in days)


def _days(publication: Publication) -> tuple[Day, ...]:
    return days_of(publication, own_pages=False)


def _join(blocks: Iterator[str]) -> str:
    return "\n\n".join(blocks) + "\n"


def _text(publication: Publication, days: Sequence[Day]) -> Iterator[str]:
    title = one_line(publication.title) or "News Feed"
    where = f", {publication.base_url}" if not is_loopback(publication.base_url) else ""
    yield f"{title}\n{_count(publication)}{where}"
    for day in days:
        yield f"{day.name}\n{'-' * len(day.name)}"
        for item in day.items:
            yield "\n".join(
                [
                    *_wrapped(item.title),
                    *_wrapped(f"({item.source.name}, {item.clock}{_also(item)})"),
                    *([item.link] if item.link else []),
                    *_wrapped(item.excerpt, "  "),
                ]
            )
    more = left_out(publication, days)
    if more:
        yield f"And {counted(more, 'more story', 'more stories')}{where and ' at ' + publication.base_url}"
    yield f"Dates and times are in {publication.timezone}."


def _markdown(publication: Publication) -> Iterator[str]:
    yield f"# {_escaped(one_line(publication.title) or 'News Feed')}"
    where = f" All of them, and how to subscribe: <{publication.base_url}>"
    yield f"{_count(publication)}.{where if not is_loopback(publication.base_url) else ''}"
    for day in _days(publication):
        yield f"## {day.name}"
        for item in day.items:
            yield f"### {_linked(Link(item.title, item.link))}"
            also = f". Also at {_listed([_linked(link) for link in item.also])}" if item.also else ""
            yield f"{_linked(item.source)}, {item.clock}{also}"
            if item.excerpt:
                yield _escaped(item.excerpt)
    yield f"Dates and times are in {publication.timezone}."


def _count(publication: Publication) -> str:
    return counted(len(publication.stories), "story", "stories")


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
