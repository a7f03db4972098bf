"""Worked pairs of entries as real feeds: the documents that a feed shows before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from support.make import NOON
from support.stores import sql

Entry = Mapping[str, Any]


def site(entry: Entry) -> str:
    """The home page of the feed that carries the entry."""
    return str(entry.get("site") or f"https://{entry['feed'].lower()}.site.example/")


def document(entries: Iterable[Entry], start: datetime) -> bytes:
    """RSS 2.0 with these entries of one feed, `hours` after `start` each."""
    listed = list(entries)
    items = "".join(_item(entry, start) for entry in listed)
    home = site(listed[0]) if listed else "https://nothing.example/"
    name = listed[0].get("name") or listed[0]["feed"] if listed else "Nothing"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel>'
        f"<title>{escape(str(name))}</title><link>{escape(home)}</link><description>d</description>{items}</channel></rss>"
    ).encode()


def _item(entry: Entry, start: datetime) -> str:
    parts = [f"<title>{escape(entry['title'])}</title>"] if entry.get("title") else []
    if entry.get("link"):
        parts.append(f"<link>{escape(entry['link'])}</link>")
    if entry.get("orig_link"):
        parts.append(f"<feedburner:origLink>{escape(entry['orig_link'])}</feedburner:origLink>")
    if entry.get("guid"):
        permalink = str(entry.get("permalink", False)).lower()
        parts.append(f'<guid isPermaLink="{permalink}">{escape(entry["guid"])}</guid>')
    for name in entry.get("source_names", ()):
        parts.append(f'<source url="https://source.example/">{escape(name)}</source>')
    if entry.get("author"):
        parts.append(f"<dc:creator>{escape(entry['author'])}</dc:creator>")
    text = "word " * (entry["text_chars"] // 5) if entry.get("text_chars") else entry.get("text", "")
    parts.append(f"<description>{escape(text)}</description>")
    if entry.get("hours") is not None:
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
    if learned.get("untrusted_guid"):
        taught.append(
            [
                {"feed": feed, "link": f"https://{feed.lower()}.ex/old/{n}", "guid": "0", "title": title, "hours": -2000}
                for n, title in enumerate(("Harbour opens its gates", "Nine trees were felled"))
            ]
        )  # fmt: skip
    if learned.get("shared_link"):
        taught.append(
            [
                {"feed": feed, "link": pair["a"]["link"], "guid": f"old{n}", "title": title, "hours": -2000}
                for n, title in enumerate(("Elevated errors in the north", "Certificates were renewed"))
            ]
        )
    return taught


def verdict(path: Path) -> str:
    """Whether a and b, which are the last entries to come, tell one story (or are one entry)."""
    ((count,),) = sql(
        path,
        "SELECT count(DISTINCT story_id) FROM sightings JOIN entries ON id = entry_id WHERE published >= ?",
        (NOON - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    return "same" if count == 1 else "different"
