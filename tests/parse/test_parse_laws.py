"""Whatever the bytes, the answer is a feed or a reason; whatever a feed says well, it is read back."""

from __future__ import annotations

import codecs
import json
import string
from xml.sax.saxutils import escape

from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.models import ParsedFeed, Text
from aggregator.parse import parse

URL = "https://news.example/feed.xml"

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml"><channel><title>News</title>
<image><url>i.png</url></image><ttl>5</ttl><skipHours><hour>1</hour></skipHours>
<item><title>Füße &amp; more</title><link>https://news.example/1</link><guid>1</guid><dc:creator>Ada</dc:creator>
<pubDate>Tue, 03 Mar 2026 10:00:00 GMT</pubDate><category>a</category><description><![CDATA[<p>x</p>]]></description>
<enclosure url="a.mp3" length="1" type="audio/mpeg"/><media:content url="v.mp4" medium="video"/>
<source url="s">S</source><georss:point>1 2</georss:point></item><item><title>Two</title></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://b.example/" xml:lang="en"><title>News</title>
<link rel="self" href="f"/><author><name>Ada</name><email>a@b.example</email></author><entry><id>1</id>
<title type="html">&lt;b&gt;One&lt;/b&gt;</title><link href="1"/><updated>2026-03-03T10:00:00Z</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div></content>
<source><title>S</title><link href="s"/></source></entry></feed>"""
JSON = """{"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": [{"id": 1, "title": "One",
"authors": [{"name": "Ada"}], "tags": ["a"], "attachments": [{"url": "a.mp3", "size_in_bytes": 5}]}]}"""
SEEDS = [RSS.encode(), ATOM.encode(), JSON.encode(), RSS.encode("utf-16"), RSS.encode("latin-1")]

# What breaks feeds, and what breaks their readers.
SPLINTERS = [
    piece if isinstance(piece, bytes) else piece.encode()
    for piece in (
        "<", ">", "&", '"', "'", "/", "=", "\0", "\x0b", "]]>", "<!--", "-->", "<![CDATA[", "<?", "<!", "</", b"\xff",
        "&nbsp;", "&#0;", "&#xD83D;", "&#99999999999;", "&#;", "<item>", "</item>", "<entry/>", "<title", "<link/>",
        '<links a="b"/>', "<published_parsed>x</published_parsed>", '<title_detail a="b"/>', "<authors>a</authors>",
        '<entries a="b"/>', '<content src="x"/>', "<textInput>", "<svg>", "<image>", "<source/>", "<hour>9</hour>",
        ' xml:base="http://["', ' xml:lang=""', "<!DOCTYPE x [", "<!ENTITY a 'b'>", "[", "{", "}", ",", ":", "null",
        "1e999", '"\\ud800"', codecs.BOM_UTF16_LE, codecs.BOM_UTF8, b"\x80", b"\xc3",
    )
]  # fmt: skip


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """A good feed with pieces put in, taken out and doubled."""
    body = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 40)))
        body[start:end] = draw(
            st.sampled_from([*SPLINTERS, b"", bytes(body[start:end] * 2)]) | st.binary(max_size=8)
        )
    return bytes(body)


content_types = st.sampled_from(
    [None, "", "text/xml", "text/xml; charset=utf-16", "application/json; charset=x"]
)


def answer(body: bytes, content_type: str | None) -> ParsedFeed | str:
    try:
        return parse(body, content_type, URL)
    except ParseError as error:
        return str(error)


def check(body: bytes, content_type: str | None) -> None:
    feed = answer(body, content_type)
    assert feed
    if isinstance(feed, str):
        return
    hash(feed)  # frozen all the way down
    assert feed.format
    for entry in feed.entries:
        for text in (entry.title, entry.summary, entry.content):
            assert text is None or (text.value and text.value.encode())
        for value in (entry.id, entry.link, entry.published, entry.updated, entry.image, *entry.tags):
            assert value is None or (value and value.encode())


@given(st.binary() | st.text().map(str.encode), content_types)
def test_any_bytes_are_a_feed_or_refused(body: bytes, content_type: str | None) -> None:
    check(body, content_type)


@given(mangled(), content_types)
def test_so_are_broken_feeds(body: bytes, content_type: str | None) -> None:
    check(body, content_type)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists), st.data())
def test_so_are_json_feeds_with_values_of_any_type(value: object, data: st.DataObject) -> None:
    seed = json.loads(JSON)
    where = data.draw(st.sampled_from([seed, seed["items"][0], seed["items"][0]["attachments"][0]]))
    where[data.draw(st.sampled_from(sorted(where)))] = value
    check(json.dumps(seed).encode(), None)


@given(
    st.lists(st.text(string.printable, max_size=20), max_size=5),
    st.sampled_from(["utf-8", "utf-16", "utf-32"]),
)
def test_titles_are_read_back_as_they_were_written(titles: list[str], codec: str) -> None:
    allowed = [title.translate(dict.fromkeys(map(ord, "\x0b\x0c\r"))).strip() for title in titles]
    items = "".join(f"<item><guid>{n}</guid><title>{escape(t)}</title></item>" for n, t in enumerate(allowed))
    feed = parse(f'<rss version="2.0"><channel>{items}</channel></rss>'.encode(codec), None, URL)
    assert [entry.title.value if entry.title else "" for entry in feed.entries] == allowed
    assert feed.problem is None


@given(st.text())
def test_json_titles_are_read_back_as_they_were_written(title: str) -> None:
    document = {"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": title}]}
    (entry,) = parse(json.dumps(document).encode(), None, URL).entries
    assert entry.title == (Text(title.strip()) if title.strip() else None)
