"""Twenty events of our own invention, four in each of five languages, as three outlets tell each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from support.feeds import DATE

Telling = tuple[str, str]  # a headline, and its summary


def _events(name: str) -> list[tuple[str, list[Telling]]]:
    language, found = "", []
    for block in Path(__file__).with_name(name).read_text(encoding="utf-8").split("\n\n"):
        told: list[Telling] = []
        for line in block.splitlines():
            if line.startswith("@"):
                language = line[1:]
            elif line and not line.startswith("#"):
                title, _, summary = line.partition(" | ")
                told.append((title, summary))
        if told:
            found.append((language, told))
    return found


EVENTS = _events("events.txt")  # the language of each, and how three outlets tell it
MORE_EVENTS = _events("more-events.txt")  # in languages that only the lists of words know


def outlet_feed(number: int, date: str = DATE, chosen: Iterable[int] = range(20)) -> bytes:
    """RSS 2.0: what one of the three outlets (0 to 2) tells of the events."""
    told = {str(event): EVENTS[event][1][number] for event in chosen}
    return telling_feed(f"outlet{number}.example", f"Outlet {number}", told, date)


def telling_feed(host: str, name: str, told: Mapping[str, Telling], date: str = DATE) -> bytes:
    """RSS 2.0 of an outlet, each item at a path of its own."""
    items = "".join(
        f"<item><title>{escape(title)}</title><link>https://{host}/{path}</link>"
        f"<description>{escape(summary)}</description><pubDate>{date}</pubDate></item>"
        for path, (title, summary) in told.items()
    )
    return f"<rss version='2.0'><channel><title>{name}</title>{items}</channel></rss>".encode()
