"""Worked pairs of entries as real feeds: the documents that a feed shows before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

Entry = Mapping[str, Any]


def site(entry: Entry) -> str:
    """The home page of the feed that carries the entry."""
    return str(entry.get("site") or f"https://{entry['feed'].lower()}.site.example/")


def document(entries: Iterable[Entry], start: datetime) -> bytes:
    """RSS 2.0 with these entries of one feed, `hours` after `start` each."""
    listed = list(entries)
    items = "".join(_item(entry, start) for entry in listed)
    home = site(listed[0]) if listed else "https://nothing.example/"
    name = listed[0]["feed"] if listed else "Nothing"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"'
        ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel>'
        f"<title>{escape(str(name))}</title><link>{escape(home)}</link><description>d</description>{items}</channel></rss>"
    ).encode()


def _item(entry: Entry, start: datetime) -> str:
    parts = [f"<title>{escape(entry['title'])}</title>"]
    if entry.get("link"):
        parts.append(f"<link>{escape(entry['link'])}</link>")
    if entry.get("orig_link"):
        parts.append(f"<feedburner:origLink>{escape(entry['orig_link'])}</feedburner:origLink>")
    if entry.get("guid"):
        parts.append(f'<guid isPermaLink="false">{escape(entry["guid"])}</guid>')
    for name in entry.get("source_names", ()):
        parts.append(f'<source url="https://source.example/">{escape(name)}</source>')
    text = "word " * (entry["text_chars"] // 5) if entry.get("text_chars") else ""
    parts.append(f"<description>{text}</description>")
    parts.append(f"<pubDate>{format_datetime(start + timedelta(hours=entry['hours']))}</pubDate>")
    return f"<item>{''.join(parts)}</item>"


def lessons(pair: Mapping[str, Any]) -> list[list[Entry]]:
    """Documents that teach the feed of `a` what the pair says it has taught before."""
    learned = pair.get("learned") or {}
    feed = pair["a"]["feed"]
    taught: list[list[Entry]] = []
    if learned.get("keep_fragment"):
        page = pair["a"]["link"].partition("#")[0]
        taught.append(
            [
                {"feed": feed, "link": f"{page}#v0.{n}", "title": f"0.{n} released", "hours": -2000 + n}
                for n in (1, 2)
            ]
        )
    for title in learned.get("recurring_titles", ()):
        taught.append(
            [
                {
                    "feed": feed,
                    "link": f"https://{feed.lower()}.ex/old/{n}",
                    "title": title,
                    "hours": -2000 + 24 * n,
                }
                for n in (1, 2)
            ]
        )
    if learned.get("shared_link"):
        taught.append(
            [
                {"feed": feed, "link": pair["a"]["link"], "guid": f"old{n}", "title": title, "hours": -2000}
                for n, title in enumerate(("Elevated errors in the north", "Certificates were renewed"))
            ]
        )
    return taught
