"""Writes one made-up feed in the form its publisher chose: RSS 2.0, RSS 1.0, Atom or JSON Feed.

Used by feedmix.py.
"""

from __future__ import annotations

import html
import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from feedtext import Markup, Words

LAST_DAY = datetime(2025, 6, 1, 12, tzinfo=UTC)  # no feed has anything younger


@dataclass(frozen=True, slots=True)
class Feed:
    """One document as it stands on its server."""

    path: str
    content_type: str
    body: bytes
    entries: int


@dataclass(frozen=True, slots=True)
class _Item:
    title: str
    link: str
    when: datetime
    author: str
    tags: tuple[str, ...]
    summary: str
    page: str


class Site:
    """Who writes one feed: its habits, and the document made by them."""

    def __init__(
        self, rng: random.Random, number: int, form: tuple[str, str], tongue: tuple[str, str]
    ) -> None:
        self._rng, self._number, (self._format, self._carries) = rng, number, form
        script, self._encoding = (tongue[0], "utf-8") if self._format == "json" else tongue
        self._home = f"https://site{number}.example"
        self._words = Words(rng, script)
        self._markup = Markup(rng, self._words, self._home)
        self._title = self._words.title()
        self._names = [self._words.some(2, 2).title() for _ in range(3)]
        self._tags = [self._words.some(1, 2) for _ in range(12)]
        self._hours = rng.choice((1, 4, 12, 24, 72, 300))  # between two entries
        self._media, self._ids, self._dates = rng.random() < 0.23, rng.random() < 0.9, rng.random() < 0.97

    def feed(self, size: int, count: int) -> Feed:
        """A document of about `size` bytes with `count` entries."""
        write, frame, content_type = _FORMATS[self._format]
        start, between, end = frame(self)
        when = LAST_DAY - timedelta(minutes=self._rng.randrange(3_000))
        items: list[str] = []
        left = size - len(start) - len(end)
        for others in range(count - 1, -1, -1):
            share = left / (others + 1) * (self._rng.uniform(0.5, 1.5) if others else 1)
            items.append(write(self, self._item(max(int(share) - 450, 80), when)))
            left -= len(self._encoded(items[-1])) + 1
            when -= timedelta(minutes=self._hours * self._rng.randrange(18, 102))
        document = start + between.join(items) + end
        path = f"/{self._number}/feed.{self._format}"
        return Feed(path, f"{content_type}; charset={self._encoding}", self._encoded(document), count)

    def _encoded(self, text: str) -> bytes:
        return text.encode(self._encoding, "xmlcharrefreplace")

    def _item(self, length: int, when: datetime) -> _Item:
        """An entry with a text of about `length` bytes; every fiftieth tells what other sites tell too."""
        rng, words = self._rng, self._words
        title, link = words.title(), f"{self._home}/{when:%Y/%m}/{rng.getrandbits(40):010x}/"
        if rng.random() < 0.02:
            story = rng.randrange(40)
            title, link = f"The one story number {story} of the wire", f"https://wire.example/{story}"
        tags = tuple(rng.sample(self._tags, rng.choice((0, 0, 1, 2, 4))))
        brief = min(length // 3, 300) if self._carries == "both" else length
        plain = self._carries in ("plain", "both")
        return _Item(
            title=title,
            link=f"{link}?utm_source=rss&utm_medium=feed" if rng.random() < 0.1 else link,
            when=when,
            author=rng.choice(self._names),
            tags=tags,
            summary=words.text(brief) if plain else "",
            page="" if self._carries == "plain" else self._markup.page(length - brief if plain else length),
        )

    def _frame_rss(self) -> tuple[str, str, str]:
        spaces = "".join(f' xmlns:{name}="{uri}"' for name, uri in _SPACES.items())
        return (
            f'<?xml version="1.0" encoding="{self._encoding}"?>\n<rss version="2.0"{spaces}>\n<channel>'
            f"<title>{_xml(self._title)}</title><link>{self._home}/</link>"
            f"<description>{_xml(self._words.sentence())}</description><language>en</language>"
            f'<atom:link href="{self._home}/feed" rel="self" type="application/rss+xml"/>\n',
            "\n",
            "\n</channel></rss>\n",
        )

    def _rss(self, item: _Item) -> str:
        text = {
            "plain": f"<description>{_xml(item.summary)}</description>",
            "escaped": f"<description>{_xml(item.page)}</description>",
            "cdata": f"<description><![CDATA[{item.page}]]></description>",
            "both": f"<description><![CDATA[{item.summary}]]></description>"
            f"<content:encoded><![CDATA[{item.page}]]></content:encoded>",
        }[self._carries]
        guid = f'<guid isPermaLink="false">{self._home}/?p={self._rng.randrange(10**8)}</guid>\n'
        image = f'<media:thumbnail url="{self._markup.image()}" width="640" height="360"/>\n'
        return (
            f"<item>\n<title>{_xml(item.title)}</title>\n<link>{_xml(item.link)}</link>\n"
            f"<dc:creator><![CDATA[{item.author}]]></dc:creator>\n"
            f"{self._dates * f'<pubDate>{format_datetime(item.when)}</pubDate>'}{self._ids * guid}"
            f"{''.join(f'<category><![CDATA[{tag}]]></category>' for tag in item.tags)}\n"
            f"{self._media * image}{text}\n</item>"
        )

    def _frame_rdf(self) -> tuple[str, str, str]:
        spaces = "".join(f' xmlns:{name}="{uri}"' for name, uri in _SPACES.items())
        return (
            f'<?xml version="1.0" encoding="{self._encoding}"?>\n<rdf:RDF xmlns="http://purl.org/rss/1.0/"'
            f' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"{spaces}>\n'
            f'<channel rdf:about="{self._home}/"><title>{_xml(self._title)}</title>'
            f"<link>{self._home}/</link><description/></channel>\n",
            "\n",
            "\n</rdf:RDF>\n",
        )

    def _rdf(self, item: _Item) -> str:
        return (
            f'<item rdf:about="{_xml(item.link)}"><title>{_xml(item.title)}</title><link>{_xml(item.link)}</link>'
            f"<dc:date>{item.when.isoformat()}</dc:date><description>{_xml(item.page)}</description></item>"
        )

    def _frame_atom(self) -> tuple[str, str, str]:
        return (
            f'<?xml version="1.0" encoding="{self._encoding}"?>\n<feed xmlns="http://www.w3.org/2005/Atom"'
            f' xmlns:media="{_SPACES["media"]}" xml:lang="en" xml:base="{self._home}/">\n'
            f'<title>{_xml(self._title)}</title><link href="{self._home}/"/>'
            f'<link rel="self" href="{self._home}/feed"/><id>{self._home}/feed</id>'
            f"<updated>{LAST_DAY.isoformat()}</updated>\n",
            "\n",
            "\n</feed>\n",
        )

    def _atom(self, item: _Item) -> str:
        xhtml = item.page.replace("&nbsp;", "&#160;")
        text = {
            "plain": f"<summary>{_xml(item.summary)}</summary>",
            "escaped": f'<content type="html">{_xml(item.page)}</content>',
            "xhtml": f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{xhtml}</div></content>',
        }[self._carries]
        tags = "".join(f'<category term="{_xml(tag)}"/>' for tag in item.tags)
        image = f'<media:group><media:thumbnail url="{self._markup.image()}"/></media:group>\n'
        return (
            f'<entry>\n<title type="html">{_xml(_xml(item.title))}</title>\n<link href="{_xml(item.link)}"/>\n'
            f"<id>tag:site{self._number}.example,2015:{self._rng.randrange(10**8)}</id>\n"
            f"<published>{item.when.isoformat()}</published><updated>{item.when.isoformat()}</updated>\n"
            f"<author><name>{_xml(item.author)}</name></author>\n"
            f"{tags}{self._media * image}{text}\n</entry>"
        )

    def _frame_json(self) -> tuple[str, str, str]:
        head = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self._title,
            "home_page_url": self._home,
        }
        return json.dumps(head, ensure_ascii=False)[:-1] + ', "items": [\n', ",\n", "\n]}\n"

    def _json(self, item: _Item) -> str:
        entry = {
            "id": item.link,
            "url": item.link,
            "title": item.title,
            "date_published": item.when.isoformat(),
            "authors": [{"name": item.author}],
            "tags": item.tags,
            "content_html": item.page,
        }
        return json.dumps(entry, ensure_ascii=False)


_FORMATS = {
    "rss": (Site._rss, Site._frame_rss, "application/rss+xml"),
    "rdf": (Site._rdf, Site._frame_rdf, "application/rdf+xml"),
    "atom": (Site._atom, Site._frame_atom, "application/atom+xml"),
    "json": (Site._json, Site._frame_json, "application/feed+json"),
}
_SPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
}


def _xml(text: str) -> str:
    return html.escape(text, quote=False)
