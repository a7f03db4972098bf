"""Subscription lists of every reader, however broken: no subscription is lost, folders become tags."""

from __future__ import annotations

import html
import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import InvalidValue, feed_key, repaired_url
from aggregator.subscriptions import ListedFeed, ListError, read_list
from aggregator.subscriptions.formats import decoded

A, B = "https://a.example/feed", "https://b.example/rss"


def opml(body: str) -> str:
    return (
        f'<?xml version="1.0"?>\n<opml version="2.0"><head><title>t</title></head><body>{body}</body></opml>'
    )


OUTLINE = f'<outline type="rss" text="A" xmlUrl="{A}"/>'

# Name: (list, what is read of it as (url, name, tags))
LISTS: dict[str, tuple[str | bytes, list[tuple[str, str | None, tuple[str, ...]]]]] = {
    "plain": (opml(OUTLINE), [(A, "A", ())]),
    "a folder": (opml(f'<outline text="Tech">{OUTLINE}</outline>'), [(A, "A", ("Tech",))]),
    "deep folders": (
        opml(f'<outline text="x"><outline title="y" text="z">{OUTLINE}</outline></outline>'),
        [(A, "A", ("x", "y"))],
    ),
    "in two folders": (
        opml(f'<outline text="x">{OUTLINE}</outline><outline text="y">{OUTLINE}</outline>'),
        [(A, "A", ("x", "y"))],
    ),
    "categories": (opml(f'<outline category="/x/y, z" xmlUrl="{A}"/>'), [(A, None, ("x", "y", "z"))]),
    "a bare ampersand": (opml(f'<outline text="Q & A" xmlUrl="{A}?a=1&b=2"/>'), [(A + "?a=1&b=2", "Q & A", ())]),
    "quotes in quotes": (
        opml(f'<outline text="The "Best" of" description=""x" - y" xmlUrl="{A}"/>'),
        [(A, 'The "Best" of', ())],
    ),
    "HTML in a value": (
        opml(f'<outline text="x" description="by <a href="https://x.example" rel="me">us</a>." xmlUrl="{A}" />{OUTLINE}'),
        [(A, "x", ())],
    ),
    "angle brackets": (opml(f'<outline text="1 < 2 > 1" xmlUrl="{A}"/>'), [(A, "1 < 2 > 1", ())]),
    "never closed": (f'<opml><body><outline text="x"><outline xmlUrl="{A}"><outline xmlUrl={B}', [(A, None, ("x",)), (B, None, ("x",))]),
    "closed too often": (opml(f"</outline></outline>{OUTLINE}</body>"), [(A, "A", ())]),
    "other spellings": (opml(f"<OUTLINE XMLURL='{A}' TITLE='A'/><outline type=\"atom\" url=\"{B}\"/>"), [(A, "A", ()), (B, None, ())]),
    "unknown entities": (opml(f'<outline text="arch&aelig;ology &nope;" xmlUrl="{A}"/>'), [(A, "archæology &nope;", ())]),
    "escaped twice": (opml(f'<outline xmlUrl="{A}?a&amp;amp;b"/>'), [(A + "?a&b", None, ())]),
    "feed: and no scheme": (opml('<outline xmlUrl="feed://a.example/feed"/><outline xmlUrl="b.example/rss"/>'), [(A, None, ()), (B, None, ())]),
    "commented out": (opml(f'<!-- <outline xmlUrl="{B}"/> -->{OUTLINE}<!-- x'), [(A, "A", ())]),
    "Latin-1": (
        f'<?xml version="1.0" encoding="iso-8859-1"?><opml><outline text="café" xmlUrl="{A}"/></opml>'.encode("latin-1"),
        [(A, "café", ())],
    ),
    "UTF-16": (opml(OUTLINE).encode("utf-16"), [(A, "A", ())]),
    "the same feed twice": (opml(f'{OUTLINE}<outline xmlUrl="http://www.a.example/feed/"/>'), [(A, "A", ())]),
    "a list of URLs": (f"# mine\n{A}\n\n  {B}  \nhttps://a.example/feed\n", [(A, None, ()), (B, None, ())]),
    "a list in Markdown": (f"- {A}\n* b.example/rss\n", [(A, None, ()), (B, None, ())]),
    "newsboat": (
        f'{A} tech "two words" "~The A"\n{B} !hidden\n"query:x:unread = \\"yes\\""\n',
        [(A, "The A", ("tech", "two words")), (B, None, ())],
    ),
    "sfeedrc": (
        f"#sfeedpath=\"$HOME\"\nfeeds() {{\n\t# feed <name> <feedurl> [basesiteurl]\n\tfeed \"A\" \"{A}\"\n\tfeed 'B' '{B}' 'https://b.example' 'UTF-8'\n}}\n",
        [(A, "A", ()), (B, "B", ())],
    ),
    "Planet Venus": (
        f"[Planet]\nname = Planet X\nlink = http://planet.example/\n[DEFAULT]\nfacewidth = 1\n[{A}]\nname = Ann\nface = ann.png\n\n; x\n[{B}]\n",
        [(A, "Ann", ()), (B, None, ())],
    ),
    "Pluto": (f"title = Planet\n\n[ann]\n  title = Ann\n  link = https://a.example\n  feed = {A}\n", [(A, "Ann", ())]),
    "our own JSON": (
        json.dumps({"feeds": [{"url": A, "name": "A", "tags": ["x"]}, {"url": B}]}),
        [(A, "A", ("x",)), (B, None, ())],
    ),
    "miniflux": (
        json.dumps([{"feed_url": A, "site_url": B, "title": "A", "category": {"id": 1, "title": "All"}}]),
        [(A, "A", ("All",))],
    ),
    "Google Reader": (
        json.dumps({"subscriptions": [{"id": f"feed/{A}", "title": "A", "categories": [{"id": "user/x", "label": "x"}]}]}),
        [(A, "A", ("x",))],
    ),
    "an array of URLs": (json.dumps([A, B]), [(A, None, ()), (B, None, ())]),
    "FOAF": (
        f'<rdf:RDF><foaf:Group><foaf:name>G</foaf:name><foaf:Agent><foaf:name>Ann</foaf:name><rss:channel rdf:about="{A}"/></foaf:Agent></foaf:Group></rdf:RDF>',
        [(A, "Ann", ("G",))],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), LISTS.values(), ids=LISTS)
def test_list(content: str | bytes, expected: list[tuple[str, str | None, tuple[str, ...]]]) -> None:
    found = read_list(content if isinstance(content, bytes) else content.encode())
    assert [(feed.url, feed.name, feed.tags) for feed in found.feeds] == expected


DETAILS: dict[str, tuple[str, ListedFeed, dict[str, int]]] = {
    "Planet Venus": (
        f"[{A}]\nname = Ann\nface = https://a.example/ann.png\nirc = ann_\nlast-fm = ann\nfilter = python\n",
        ListedFeed(A, "Ann", avatar="https://a.example/ann.png", extra=(("irc", "ann_"), ("last_fm", "ann"))),
        {"filter": 1},
    ),
    "a face that is a file": (
        f"[{A}]\nname = Ann\nface = ann.png\n", ListedFeed(A, "Ann"), {"avatar that is no URL": 1}
    ),
    "Pluto": (
        f"[ann]\n  title = Ann\n  link = https://a.example/\n  feed = {A}\n  avatar = a.example/ann.png\n  twitter = ann\n",
        ListedFeed(A, "Ann", (), "https://a.example/", "https://a.example/ann.png", (("twitter", "ann"),)),
        {},
    ),
    "sfeed": (
        f"feeds() {{\n  feed 'A' '{A}' 'https://a.example' 'iso-8859-1'\n}}",
        ListedFeed(A, "A", site="https://a.example"),
        {"encoding": 1},
    ),
    "newsboat": (f'{A} "!Ann" tech "~Ann"', ListedFeed(A, "Ann", ("tech",)), {"hidden (!)": 1}),
    "miniflux": (
        json.dumps([{"feed_url": A, "title": "A", "disabled": True, "username": "ann", "password": "x", "crawler": False}]),
        ListedFeed(A, "A"),
        {"disabled": 1, "password": 1, "username": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "expected", "ignored"), DETAILS.values(), ids=DETAILS)
def test_what_a_list_says_beyond_names_is_taken_over_or_told(
    content: str, expected: ListedFeed, ignored: dict[str, int]
) -> None:
    found = read_list(content.encode())
    assert (found.feeds, dict(found.ignored)) == ((expected,), ignored)


REJECTED = {
    "another scheme": (opml('<outline xmlUrl="ftp://a.example/"/>'), "is not an http(s) URL"),
    "a list within": (opml('<outline type="include" url="https://a.example/x.opml"/>'), "another list"),
    "a page that FreshRSS scrapes": (
        opml(f'<outline type="HTML+XPath" xmlUrl="{A}" frss:xPathItem="//a"/>'),
        "not a feed",
    ),
    "a query of newsboat": (f'{A}\n"query:all:unread"\n', "a query or script"),
}


@pytest.mark.parametrize(("content", "reason"), REJECTED.values(), ids=REJECTED)
def test_what_cannot_be_followed_is_named_with_its_reason(content: str, reason: str) -> None:
    (rejected,) = read_list(content.encode()).rejected
    assert reason in rejected.reason


def test_passwords_are_not_repeated() -> None:
    (rejected,) = read_list(opml('<outline xmlUrl="ftp://me:secret@a.example/"/>').encode()).rejected
    assert "secret" not in f"{rejected.text} {rejected.reason}"


NO_LISTS = {
    "a feed": (b'<?xml version="1.0"?>\n<rss version="2.0"><channel/></rss>', "aggregator feeds add"),
    "a page": (b"<!DOCTYPE html><html><a href='https://a.example'>x</a></html>", "aggregator feeds add"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0", "is not a text file"),
    "prose": (b"Dear all,\nplease read on.\n", "is not a list of feeds"),
    "nothing": (b"", "is not a list of feeds"),
    "broken JSON": (b'{"feeds": [', "is not valid JSON"),
    "deep JSON": (b"[" * 100_000, "nested too deeply"),
    "an archive": (b"PK\x03\x04\x14\0", "unpack it"),
    "compressed": (b"\x1f\x8b\x08\0", "gunzip"),
    "a database": (b"SQLite format 3\0\x10", "OPML"),
    "too large": (b"x" * 20_000_001, "is larger than 20 MB"),
}


@pytest.mark.parametrize(("content", "words"), NO_LISTS.values(), ids=NO_LISTS)
def test_what_is_no_list_is_told_apart(content: bytes, words: str) -> None:
    with pytest.raises(ListError, match=re.escape(words)):
        read_list(content)


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.text("<>outlne xmUr=\"'/ \n[]{},:h", max_size=80).map(str.encode)
)
def test_any_bytes_are_a_list_or_are_not(content: bytes) -> None:
    try:
        found = read_list(content)
    except ListError:
        return
    for feed in found.feeds:
        assert repaired_url(feed.url) == feed.url
        assert all(tag.isprintable() and "," not in tag for tag in feed.tags)


CORPUS = Path(os.environ.get("FEED_CORPUS", "")) / "opml"


@pytest.mark.skipif(not (CORPUS / "index.jsonl").exists(), reason="FEED_CORPUS is not set")
def test_of_the_lists_that_people_have_no_subscription_is_lost() -> None:
    """Each xmlUrl that a tolerant expression sees is read, or named as one that cannot be followed."""
    seen = 0
    for line in (CORPUS / "index.jsonl").read_text().splitlines():
        content = (CORPUS / json.loads(line)["file"]).read_bytes()
        found = read_list(content)
        text = re.sub(r"<!--.*?-->", "", decoded(content), flags=re.S)
        told = {feed_key(feed.url) for feed in found.feeds} | {each.text for each in found.rejected}
        for written in re.findall(r"xmlUrl\s*=\s*[\"']?([^\"'\s>]+)", text, re.I):
            try:
                key = feed_key(repaired_url(html.unescape(written)))
            except InvalidValue:
                key = written
            assert key in told, (line, written)
            seen += 1
    assert seen > 1500
