"""Feeds of pages: by the rules of well-known sites, by links, by anchors."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.discovery import anchored_feeds, linked_feeds
from aggregator.subscriptions import (
    common_places,
    feeds_in_lookup,
    site_feeds,
)

PAGE = "https://example.org/blog/post.html"

SITES = {
    "https://www.youtube.com/channel/UCaaaaaaaaaaaaaaaaaaaaaa/videos": "https://www.youtube.com/feeds/videos.xml?channel_id=UCaaaaaaaaaaaaaaaaaaaaaa",
    "https://m.youtube.com/playlist?list=PLx_1-2": "https://www.youtube.com/feeds/videos.xml?playlist_id=PLx_1-2",
    "https://www.youtube.com/watch?v=x&list=PLx": "https://www.youtube.com/feeds/videos.xml?playlist_id=PLx",
    "https://youtube.com/user/ann": "https://www.youtube.com/feeds/videos.xml?user=ann",
    "https://www.youtube.com/@ann": None,  # its page names the feed
    "https://old.reddit.com/r/python/top/?t=week": "https://www.reddit.com/r/python/.rss",
    "https://reddit.com/u/ann": "https://www.reddit.com/u/ann/.rss",
    "https://www.reddit.com/r/python/.rss": None,
    "https://mastodon.example/@ann": "https://mastodon.example/@ann.rss",
    "https://mastodon.example/@ann@other.example": "https://mastodon.example/@ann@other.example.rss",
    "https://bsky.app/profile/ann.example": "https://bsky.app/profile/ann.example/rss",
    "https://github.com/ann/tool": "https://github.com/ann/tool/releases.atom",
    "https://github.com/ann/tool.js": "https://github.com/ann/tool.js/releases.atom",
    "https://github.com/ann/tool/releases": "https://github.com/ann/tool/releases.atom",
    "https://github.com/ann/tool/commits/main/": "https://github.com/ann/tool/commits/main.atom",
    "https://github.com/ann/tool/releases.atom": None,
    "https://github.com/ann": "https://github.com/ann.atom",
    "https://gitlab.com/group/sub/tool": "https://gitlab.com/group/sub/tool/-/releases.atom",
    "https://gitlab.gnome.org/GNOME/gtk/-/commits/main": "https://gitlab.gnome.org/GNOME/gtk/-/commits/main?format=atom",
    "https://codeberg.org/ann/tool": "https://codeberg.org/ann/tool/releases.rss",
    "https://podcasts.apple.com/us/podcast/the-show/id1234567?i=1": "https://itunes.apple.com/lookup?id=1234567&entity=podcast",
    "https://overcast.fm/itunes1234567/the-show": "https://itunes.apple.com/lookup?id=1234567&entity=podcast",
    "https://ann.substack.com/p/a-post": "https://ann.substack.com/feed",
    "https://substack.com/@ann": "https://ann.substack.com/feed",
    "https://medium.com/@ann": "https://medium.com/feed/@ann",
    "https://medium.com/the-pub/a-post-1a2b": "https://medium.com/feed/the-pub",
    "https://ann.medium.com/": "https://ann.medium.com/feed",
    "https://ann.tumblr.com/post/1": "https://ann.tumblr.com/rss",
    "https://www.tumblr.com/ann": "https://ann.tumblr.com/rss",
    "https://ann.wordpress.com/": "https://ann.wordpress.com/feed/",
    "https://ann.blogspot.com": "https://ann.blogspot.com/feeds/posts/default",
    "https://news.ycombinator.com/": "https://news.ycombinator.com/rss",
    "https://lobste.rs": "https://lobste.rs/rss",
    "https://lobste.rs/t/python,web": "https://lobste.rs/t/python,web.rss",
    "https://example.org/feed": None,
    "https://example.org/@ann/post": None,
}  # fmt: skip


@pytest.mark.parametrize(("url", "expected"), SITES.items())
def test_site(url: str, expected: str | None) -> None:
    found = site_feeds(url)
    assert (found.urls[0] if found else None) == expected
    assert site_feeds(expected) is None if expected else True  # a feed's address is no page's


def test_a_lookup_names_the_feed_in_json() -> None:
    found = site_feeds("https://podcasts.apple.com/podcast/id12")
    assert found is not None
    assert found.lookup
    answer = {"resultCount": 1, "results": [{"collectionName": "Show", "feedUrl": "https://a.example/rss"}]}
    (candidate,) = feeds_in_lookup(json.dumps(answer).encode())
    assert (candidate.url, candidate.title) == ("https://a.example/rss", "Show")
    for broken in (b"", b"[]", b'{"results": 1}', b'{"results": [1, {"feedUrl": 2}]}', b"[" * 100_000):
        assert feeds_in_lookup(broken) == ()


LINKED = {
    "a relative address": (
        '<link rel="alternate" type="application/rss+xml" href="/feed">',
        ["https://example.org/feed"],
    ),
    "a base": (
        '<base href="https://cdn.example/x/"><link rel=alternate type=application/atom+xml href=atom.xml>',
        ["https://cdn.example/x/atom.xml"],
    ),
    "several, comments last": (
        '<link rel="alternate" type="application/rss+xml" title="Blog Comments" href="/comments/feed/">'
        '<link rel="alternate" type="application/rss+xml; charset=utf-8" title="Blog" href="/feed/">',
        ["https://example.org/feed/", "https://example.org/comments/feed/"],
    ),
    "rel=feed": ('<link rel="feed" href="/x">', ["https://example.org/x"]),
    "other links": (
        '<link rel="stylesheet alternate" type="text/xml" href="/a"><link rel="alternate" hreflang="de" href="/de">'
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">'
        '<link rel="alternate" type="application/json+oembed" href="/oembed"><link rel="alternate" type="application/rss+xml">',
        [],
    ),
    "commented out": ('<!-- <link rel="alternate" type="application/rss+xml" href="/feed"> -->', []),
    "a script's address": ('<link rel="alternate" type="application/rss+xml" href="javascript:x()">', []),
    "an apostrophe in text": (
        "<p>it's <b>\"quoted</b><link rel='alternate' title='Ann&#39;s' type='application/rss+xml' href='/feed'>text's",
        ["https://example.org/feed"],
    ),
}


@pytest.mark.parametrize(("page", "expected"), LINKED.values(), ids=LINKED)
def test_linked(page: str, expected: list[str]) -> None:
    assert [each.url for each in linked_feeds(page, PAGE)] == expected


def test_anchored_to_its_own_host_first() -> None:
    page = (
        '<a href="https://feeds.other.example/x">other</a> <a href="/about">about</a>'
        ' <a class=x href="/index.xml">RSS</a> <a href="?feed=rss2">2</a> <a href="/feeding-birds">no</a>'
    )
    assert [each.url for each in anchored_feeds(page, PAGE)] == [
        "https://example.org/index.xml",
        "https://example.org/blog/post.html?feed=rss2",
        "https://feeds.other.example/x",
    ]


def test_common_places_begin_beside_the_page() -> None:
    places = common_places(PAGE)
    assert places[0] == "https://example.org/blog/feed"
    assert "https://example.org/feed.xml" in places
    assert len(common_places("https://example.org/")) == len(places) // 2


@given(st.text() | st.text("<>alinkbse href=\"'/ typorde!-", max_size=80))
def test_any_page_names_feeds_or_none(page: str) -> None:
    for each in (*linked_feeds(page, PAGE), *anchored_feeds(page, PAGE)):
        assert each.url.startswith(("http://", "https://"))


CORPUS = Path(os.environ.get("FEED_CORPUS", "")) / "discovery/miniflux.jsonl"


@pytest.mark.skipif(not CORPUS.exists(), reason="FEED_CORPUS is not set")
def test_pages_of_another_reader() -> None:
    rows = [json.loads(line) for line in CORPUS.read_text().splitlines()]
    for row in rows:
        if row["expected_count"] is not None:
            found = [each.url for each in linked_feeds(row["html"], row["base"])]
            assert len(found) == row["expected_count"], row["name"]
            assert set(row["expected"]) <= set(found), row["name"]
