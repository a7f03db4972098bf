"""The digest without HTML: as text for mail and terminals, and as Markdown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from aggregator.export.digest import Day, Item, Place, days_of
from aggregator.models import Publication
from aggregator.text import counted, one_line

WIDTH = 76  # columns; mail is quoted, and then still fits

# Any of these can begin something in CommonMark wherever it stands; the others only at the start of a line.
_MARKS = re.compile(r"[\\`*_\[\]<>#&|~!]")
_BEGINNING = re.compile(r"^(\d+)([.)])|^([-+=])")


def render_text(publication: Publication) -> bytes:
    """Plain text in UTF-8, lines of at most 76 characters but for addresses."""
    return _join(_text(publication)).encode("utf-8", "replace")


def render_markdown(publication: Publication) -> bytes:
    """CommonMark in UTF-8; what feeds say stays plain text in it."""
    return _join(_markdown(publication)).encode("utf-8", "replace")


def _join(blocks: Iterator[str]) -> str:
    return "\n\n".join(blocks) + "\n"


def _text(publication: Publication) -> Iterator[str]:
    title = one_line(publication.title) or "News Feed"
    yield f"{title}\n{_count(publication)}, {publication.base_url}"
    for day in days_of(publication):
        heading = _heading(day)
        yield f"{heading}\n{'-' * len(heading)}"
        for item in day.items:
            yield "\n".join(
                [
                    *_wrapped(item.title),
                    *_wrapped(f"({item.source.name}, {item.clock}{_also(item)})"),
                    *([item.link] if item.link else []),
                    *_wrapped(item.excerpt, "  "),
                ]
            )
    yield "Days and times are in UTC."


def _markdown(publication: Publication) -> Iterator[str]:
    yield f"# {_escaped(one_line(publication.title) or 'News Feed')}"
    yield f"{_count(publication)}. All of them, and how to subscribe: <{publication.base_url}>"
    for day in days_of(publication):
        yield f"## {_heading(day)}"
        for item in day.items:
            yield f"### {_linked(Place(item.title, item.link))}"
            also = f". Also at {_listed([_linked(place) for place in item.also])}" if item.also else ""
            yield f"{_linked(item.source)}, {item.clock}{also}"
            if item.excerpt:
                yield _escaped(item.excerpt)
    yield "Days and times are in UTC."


def _count(publication: Publication) -> str:
    number = len(publication.stories)
    return counted(number, "story", "stories")


def _heading(day: Day) -> str:
    return f"{day.weekday} {day.words} {day.date.year}"


def _also(item: Item) -> str:
    return f"; also at {_listed([place.name for place in item.also])}" if item.also else ""


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


def _linked(place: Place) -> str:
    # web_link leaves no <, > or space in an address.
    return f"[{_escaped(place.name)}](<{place.link}>)" if place.link else _escaped(place.name)


def _escaped(text: str) -> str:
    return _BEGINNING.sub(r"\1\\\2\3", _MARKS.sub(r"\\\g<0>", text))
