"""What feeds say: items that know what they really are, and documents made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from hashlib import blake2b
from xml.sax.saxutils import escape, quoteattr

from polite.warp import START

KEY = "key "  # begins the tag that carries an item's key through the program, which does not look at it
_WORDS = (
    "harbour bridge council vote river storm market rates school station train ferry island record museum garden"
    " winter summer minister report study water energy price strike festival court police fire rescue player match"
    " valley tower copper lantern orchard meadow pepper violin saddle thunder cotton marble pigeon tunnel velvet"
    " anchor basket candle desert engine falcon glacier hammer iceberg jacket kitten ladder magnet needle oyster"
).split()


def words(seed: object, count: int) -> str:
    """As many words; two seeds have hardly three of them in a row in common."""
    raw = blake2b(repr(seed).encode(), digest_size=8).digest()
    found = []
    for number in range(count):
        raw = blake2b(raw + bytes([number % 256]), digest_size=8).digest()
        found.append(_WORDS[int.from_bytes(raw) % len(_WORDS)])
    return " ".join(found)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a feed."""

    key: str  # what it really is, whatever id, link and title it goes by
    title: str | None = None
    link: str | None = None
    guid: str | None = None
    at: float | None = None  # its date, in hours since START; None: undated
    text: str = ""
    enclosure: str | None = None
    story: str = ""  # the same for items that tell one story; else its key
    old: bool = False  # it was published long before the feed first listed it

    @property
    def tells(self) -> str:
        return self.story or self.key


def post(feed: str, number: int, at: float | None, **more: object) -> Item:
    """An ordinary post: title, link, id and text of its own."""
    name = f"{feed} {number}"
    usual: dict[str, object] = {
        "key": name,
        "title": words(name, 7).capitalize(),
        "link": f"https://{feed}.example/posts/{number}",
        "guid": f"https://{feed}.example/?p={number}",
        "at": at,
        "text": words(f"text of {name}", 45).capitalize(),
    }
    return Item(**(usual | more))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Document:
    """What a feed serves until further notice."""

    items: Sequence[Item]
    title: str = ""  # of the feed; "": its name


def rss(name: str, document: Document) -> bytes:
    """The document as RSS 2.0."""
    body = "".join(map(_item, document.items))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>{escape(document.title or name)}</title><link>https://{name}.example/</link>"
        f"<description>d</description>{body}</channel></rss>"
    ).encode()


def _item(item: Item) -> str:
    return f"<item>{''.join(_parts(item))}</item>"


def _parts(item: Item) -> Iterable[str]:
    if item.title is not None:
        yield f"<title>{escape(item.title)}</title>"
    if item.link:
        yield f"<link>{escape(item.link)}</link>"
    if item.guid:
        yield f'<guid isPermaLink="false">{escape(item.guid)}</guid>'
    if item.at is not None:
        yield f"<pubDate>{format_datetime(START + timedelta(hours=item.at))}</pubDate>"
    if item.text:
        yield f"<description>{escape(item.text)}</description>"
    if item.enclosure:
        yield f'<enclosure url={quoteattr(item.enclosure)} type="audio/mpeg" length="1"/>'
    yield f"<category>{KEY}{escape(item.key)}</category>"
