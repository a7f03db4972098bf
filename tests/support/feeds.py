"""Small feeds in every format, written for the tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

Item = tuple[str, str]  # title, link

DATE = "Mon, 02 Mar 2026 12:00:00 GMT"


def rss(*items: Item, title: str = "A feed", extra: str = "", date: str = DATE) -> bytes:
    """RSS 2.0 with these items, the first the newest."""
    body = "".join(
        f"<item><title>{escape(name)}</title><link>{escape(link)}</link><guid>{escape(link)}</guid>"
        f"<pubDate>{date}</pubDate><description>About {escape(name)}</description></item>"
        for name, link in items
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>{escape(title)}</title>'
        f"<link>https://feed.example/</link><description>d</description>{extra}{body}</channel></rss>"
    ).encode()


def today() -> str:
    """A date for rss() of the last few minutes, for commands that go by the real clock."""
    return format_datetime(datetime.now(UTC) - timedelta(minutes=5))


def numbered(numbers: Iterable[int], site: str = "https://feed.example") -> list[Item]:
    """Items that differ: title and link by number."""
    return [(f"Headline number {number} of many", f"{site}/{number}") for number in numbers]
