"""Addresses are taken as they are or answered with what they should look like."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.issues import InvalidValue
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


WHOLE = "write the full URL, for example https://example.org/feed"
HOST_AND_PORT = "check the host and port; for example https://example.org/feed"
WEB = "a feed URL starts with https:// or http://"

WRONG = {
    "": ("is empty", "write a URL, for example https://example.org/feed"),
    "example.org/feed": (
        "`example.org/feed` does not start with https:// or http://",
        "write https://example.org/feed",
    ),
    "localhost:8080/feed": (
        "`localhost:8080/feed` does not start with https:// or http://",
        "write https://localhost:8080/feed",
    ),
    "//example.org/feed": (
        "`//example.org/feed` does not start with https:// or http://",
        "write https://example.org/feed",
    ),
    "/feed.xml": ("`/feed.xml` does not start with https:// or http://", "write https://feed.xml"),
    "feed": ("`feed` does not start with https:// or http://", WHOLE),
    "me:secret@example.org/feed": (
        "`example.org/feed` does not start with https:// or http://",
        "write https:// before the user name",
    ),
    "feed:https://example.org/": (
        "`feed:` is only for opening a feed reader",
        "write https://example.org/",
    ),
    "podcast://example.org/": (
        "`podcast:` is only for opening a feed reader",
        "write https://example.org/",
    ),
    "ftp://example.org/feed": ("`ftp://example.org/feed` is not an http(s) URL", WEB),
    "file:///etc/passwd": ("`file:///etc/passwd` is not an http(s) URL", WEB),
    "javascript:alert(1)": ("`javascript:alert(1)` is not an http(s) URL", WEB),
    "https:example.org/feed": (
        "`https:example.org/feed` has no // after https:",
        "write https://example.org/feed",
    ),
    "https:/example.org/feed": (
        "`https:/example.org/feed` has no // after https:",
        "write https://example.org/feed",
    ),
    "https://": ("`https://` has no host", WHOLE),
    "https:///feed": ("`https:///feed` has no host", WHOLE),
    "https://?a=b": ("`https://?a=b` has no host", WHOLE),
    "https://:80/": ("`https://:80/` has no host", WHOLE),
    "https://me@/feed": ("`https:///feed` is not a valid URL", HOST_AND_PORT),
    "https://example.org:99999/": ("`https://example.org:99999/` is not a valid URL", HOST_AND_PORT),
    "https://exa<mple.org/": ("`https://exa<mple.org/` is not a valid URL", HOST_AND_PORT),
    "https://[::1/feed": ("`https://[::1/feed` is not a valid URL", HOST_AND_PORT),
    " https://example.org/": ("` https://example.org/` contains a space", "remove it, or write it as %20"),
    "https://example.org/\u00a0": (
        "`https://example.org/` contains a space",
        "remove it, or write it as %20",
    ),
    "https://example.org/\u200b": ("contains the invisible character U+200B", "type the URL again"),
    "https://example.org/\x00": ("contains the invisible character U+0000", "type the URL again"),
}


@pytest.mark.parametrize(("url", "expected"), WRONG.items())
def test_wrong(url: str, expected: tuple[str, str]) -> None:
    with pytest.raises(InvalidValue) as caught:
        feed_url(url)
    assert (caught.value.problem, caught.value.fix) == expected


@given(st.text() | st.from_regex(r"(https?|feed):/{0,3}[\w.@:\[\]-]*(/.*)?", fullmatch=True))
def test_any_text_is_an_address_or_is_not(url: str) -> None:
    with contextlib.suppress(InvalidValue):
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
