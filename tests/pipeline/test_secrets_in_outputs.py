"""No address that holds a secret is published or logged, wherever it stands."""

from __future__ import annotations

import logging

import pytest

from aggregator.links import secrets_in, without_secrets
from aggregator.settings import Subscription
from support.feeds import rss
from support.server import Feed, serve

from .conftest import Bench

SECRET = "s3cr3t-t0k3n"


@pytest.mark.parametrize(
    ("url", "published"),
    [
        ("https://a.example/feed?auth=abcdef1", "https://a.example/feed"),
        ("https://a.example/feed?id=7&access_token=abcdef&x=1#y", "https://a.example/feed?id=7&x=1#y"),
        ("https://u:p@a.example/feed?apiKey=abcdef", "https://a.example/feed"),
        ("https://a.example/feed?X-Amz-Signature=abcdef", "https://a.example/feed"),
        (
            "https://a.example/feed?keyword=x&author=y&monkey=z",
            "https://a.example/feed?keyword=x&author=y&monkey=z",
        ),
        ("https://a.example/feed?token=", "https://a.example/feed?token="),
        ("https://a.example/feed", "https://a.example/feed"),
    ],
)
def test_parameters_named_like_a_secret_are_left_out(url: str, published: str) -> None:
    assert without_secrets(url) == published
    assert without_secrets(published) == published


def test_secrets_are_the_values_of_those_parameters() -> None:
    assert secrets_in(f"https://a.example/?token={SECRET}&sig=short&id=7") == (SECRET,)


def test_a_secret_address_stands_in_no_output(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    feed = rss(("A story", f"https://news.example/1?token={SECRET}&id=1")).replace(
        b"</link>",
        b"</link><description>read https://news.example/all?token=" + SECRET.encode() + b"</description>",
        2,
    )
    with serve(
        {f"/feed?token={SECRET}": Feed(feed), "/quiet": Feed(rss(("Other", "https://quiet.example/1")))}
    ) as server:
        bench.subscribe(server.url(f"/feed?token={SECRET}"), server.url("/quiet"))
        bench.poll()
        bench.publish()
    for name, data in bench.published().items():
        assert SECRET.encode() not in data, name
    assert b"https://news.example/1?id=1" in bench.published()["feed.atom"]
    assert SECRET not in caplog.text


def test_the_address_of_a_private_feed_is_published_nowhere(bench: Bench) -> None:
    with serve({"/long-and-secret": Feed(rss(("A story", "https://news.example/1")))}) as server:
        bench.subscribe(Subscription(server.url("/long-and-secret"), private="true"))
        bench.poll()
        bench.publish()
    published = bench.published()
    assert b"A story" in published["feed.atom"]
    assert not [name for name, data in published.items() if b"long-and-secret" in data]
