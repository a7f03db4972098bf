"""The farm makes the same readable feeds each time, and serves them as a good server does."""

from __future__ import annotations

import gzip
import http.client
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from aggregator.parse import parse

FEW, SIZE = 24, 600_000


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmarks are scripts beside each other, not a package."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")


def test_the_same_numbers_make_the_same_bytes() -> None:
    from feedmix import feeds

    assert list(feeds(FEW, SIZE)) == list(feeds(FEW, SIZE))
    assert list(feeds(FEW, SIZE)) != list(feeds(FEW, SIZE, seed=2))


@pytest.mark.slow
def test_feeds_have_the_size_asked_for_and_formats_in_their_proportions() -> None:
    from feedmix import feeds

    made = list(feeds(158, 3_000_000))
    assert sum(len(feed.body) for feed in made) == pytest.approx(3_000_000, rel=0.05)
    formats = [feed.path.rpartition(".")[2] for feed in made]
    assert {name: formats.count(name) for name in formats} == {"rss": 117, "atom": 38, "json": 2, "rdf": 1}


@pytest.mark.slow
def test_every_feed_is_read_without_complaint_and_whole() -> None:
    from feedmix import feeds

    for feed in feeds(158, 3_000_000):
        said = parse(feed.body, feed.content_type, f"http://127.0.0.1{feed.path}")
        assert (len(said.entries), said.problem) == (feed.entries, None), feed.path


@pytest.mark.slow
def test_a_feed_with_news_has_one_entry_more_that_nobody_takes_for_another() -> None:
    from feedmix import feeds, with_news

    for feed in map(with_news, feeds(158, 3_000_000)):
        said = parse(feed.body, feed.content_type, f"http://127.0.0.1{feed.path}")
        assert (len(said.entries), said.problem) == (feed.entries, None), feed.path
        assert len({(entry.id, entry.link) for entry in said.entries[:2]}) == 2, feed.path


def test_the_farm_packs_what_it_serves_and_knows_what_its_guests_have() -> None:
    from feedfarm import farm
    from feedmix import feeds

    with farm(FEW, SIZE) as served:
        for feed, url in zip(feeds(FEW, SIZE), served.urls, strict=True):
            status, headers, body = _get(url, {"Accept-Encoding": "gzip"})
            assert (status, gzip.decompress(body)) == (200, feed.body)
            seen = {"If-None-Match": headers.get("ETag"), "If-Modified-Since": headers.get("Last-Modified")}
            validators = {name: value for name, value in seen.items() if value}
            assert validators
            assert _get(url, validators)[::2] == (304, b"")
        assert served.asked() == {"200": FEW, "304": FEW}
        assert served.asked() == {}
        assert _get(served.urls[0], {})[2] == next(feeds(FEW, SIZE)).body


def _get(url: str, headers: dict[str, str]) -> tuple[int, http.client.HTTPMessage, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.putrequest("GET", parts.path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()
