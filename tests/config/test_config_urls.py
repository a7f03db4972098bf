"""Addresses are taken as they are or answered with what they should look like."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.complaints import Wrong
from aggregator.config.urls import base_url, feed_key, feed_url

RIGHT = (
    "https://example.org/feed",
    "http://example.org",
    "HTTPS://Example.org/Feed?a=b&c=d#e",
    "https://example.org:8443/feed",
    "https://me:secret@example.org/feed",
    "http://127.0.0.1:8080/feed.xml",
    "http://[::1]:8080/feed.xml",
    "http://localhost/feed",
    "https://medium.com/feed/@someone",
    "https://bücher.example/feed",
    "https://example.org/größe/日本",
)


@pytest.mark.parametrize("url", RIGHT)
def test_right(url: str) -> None:
    assert feed_url(url) == url


WHOLE = "write the whole address, as https://example.org/feed"
HOST_AND_PORT = "check its host and port; write it as https://example.org/feed"
WEB = "a feed's address begins with https:// or http://"

WRONG = {
    "": ("is empty", "write an address, as https://example.org/feed"),
    "example.org/feed": (
        "`example.org/feed` does not begin with https:// or http://",
        "write https://example.org/feed",
    ),
    "localhost:8080/feed": (
        "`localhost:8080/feed` does not begin with https:// or http://",
        "write https://localhost:8080/feed",
    ),
    "//example.org/feed": (
        "`//example.org/feed` does not begin with https:// or http://",
        "write https://example.org/feed",
    ),
    "/feed.xml": ("`/feed.xml` does not begin with https:// or http://", "write https://feed.xml"),
    "feed": ("`feed` does not begin with https:// or http://", WHOLE),
    "me:secret@example.org/feed": (
        "`example.org/feed` does not begin with https:// or http://",
        "write https:// before the user name",
    ),
    "feed:https://example.org/": (
        "`feed:` only tells a browser to open a feed reader",
        "write https://example.org/",
    ),
    "podcast://example.org/": (
        "`podcast:` only tells a browser to open a feed reader",
        "write https://example.org/",
    ),
    "ftp://example.org/feed": ("`ftp://example.org/feed` is not on the web", WEB),
    "file:///etc/passwd": ("`file:///etc/passwd` is not on the web", WEB),
    "javascript:alert(1)": ("`javascript:alert(1)` is not on the web", WEB),
    "https:example.org/feed": (
        "`https:example.org/feed` lacks the two slashes after https:",
        "write https://example.org/feed",
    ),
    "https:/example.org/feed": (
        "`https:/example.org/feed` lacks the two slashes after https:",
        "write https://example.org/feed",
    ),
    "https://": ("`https://` names no host", WHOLE),
    "https:///feed": ("`https:///feed` names no host", WHOLE),
    "https://?a=b": ("`https://?a=b` names no host", WHOLE),
    "https://:80/": ("`https://:80/` names no host", WHOLE),
    "https://me@/feed": ("`https:///feed` is not a valid address", HOST_AND_PORT),
    "https://example.org:99999/": ("`https://example.org:99999/` is not a valid address", HOST_AND_PORT),
    "https://exa<mple.org/": ("`https://exa<mple.org/` is not a valid address", HOST_AND_PORT),
    "https://[::1/feed": ("`https://[::1/feed` is not a valid address", HOST_AND_PORT),
    " https://example.org/": ("` https://example.org/` holds a space", "remove it, or write %20 for it"),
    "https://example.org/\u00a0": (
        "`https://example.org/` holds a space",
        "remove it, or write %20 for it",
    ),
    "https://example.org/\u200b": ("holds the invisible character U+200B", "type the address anew"),
    "https://example.org/\x00": ("holds the invisible character U+0000", "type the address anew"),
}


@pytest.mark.parametrize(("url", "expected"), WRONG.items())
def test_wrong(url: str, expected: tuple[str, str]) -> None:
    with pytest.raises(Wrong) as caught:
        feed_url(url)
    assert (caught.value.wrong, caught.value.right) == expected


@given(st.text() | st.from_regex(r"(https?|feed):/{0,3}[\w.@:\[\]-]*(/.*)?", fullmatch=True))
def test_any_text_is_an_address_or_is_not(url: str) -> None:
    with contextlib.suppress(Wrong):
        assert feed_url(url) == url


SAME = (
    "https://example.org/feed",
    "http://example.org/feed",
    "https://www.example.org/feed",
    "https://EXAMPLE.org/feed",
    "https://example.org:443/feed",
    "http://example.org:80/feed",
    "https://example.org/feed/",
    "https://example.org/feed#top",
    "https://example.org/a/../feed",
)


@pytest.mark.parametrize("url", SAME)
def test_same_feed(url: str) -> None:
    assert feed_key(url) == feed_key("https://example.org/feed")


OTHER = (
    "https://example.org/Feed",
    "https://example.org/feed?a=b",
    "https://example.org/feed?a=b/",
    "https://example.org:8443/feed",
    "https://news.example.org/feed",
    "https://me:secret@example.org/feed",
    "https://example.org/www.feed",
    "https://example.org/",
)


def test_other_feeds() -> None:
    keys = {feed_key(url) for url in (*OTHER, "https://example.org/feed")}
    assert len(keys) == len(OTHER) + 1


def test_two_users_are_two_feeds() -> None:
    assert feed_key("https://www.example.org") == feed_key("http://example.org/")
    assert feed_key("https://a:1@www.example.org/") == feed_key("https://a:1@example.org/")
    assert feed_key("https://a:1@example.org/") != feed_key("https://b:2@example.org/")


BASES = {
    "https://example.org": "https://example.org/",
    "https://example.org/": "https://example.org/",
    "http://127.0.0.1:8080/news": "http://127.0.0.1:8080/news/",
    "https://example.org/@news/": "https://example.org/@news/",
}


@pytest.mark.parametrize(("url", "expected"), BASES.items())
def test_base_url_ends_with_a_slash(url: str, expected: str) -> None:
    assert base_url(url) == expected
