"""A show that has a feed for each format: one episode is one story, and two shows stay two."""

from __future__ import annotations

from support.bench import Bench
from support.server import Reply, serve


def show(host: str, suffix: str, date: str = "Sun, 01 Mar 2026 10:00:00 GMT", link: str = "") -> bytes:
    item = (
        f"<item><title>Episode 12</title><guid isPermaLink='false'>ep-12</guid><pubDate>{date}</pubDate>{link}"
        f'<enclosure url="https://{host}/12.{suffix}" type="audio/{suffix}" length="7"/></item>'
    )
    return f'<rss version="2.0"><channel><title>Radio</title>{item}</channel></rss>'.encode()


def stories(bench: Bench, *documents: bytes) -> int:
    with serve({f"/{number}": Reply(200, body) for number, body in enumerate(documents)}) as server:
        bench.subscribe(*(server.url(f"/{number}") for number in range(len(documents))))
        bench.poll()
    return len(bench.titles())


def test_one_episode_as_opus_and_mp3_is_one_story(bench: Bench) -> None:
    assert stories(bench, show("radio.example", "opus"), show("radio.example", "mp3")) == 1


def test_so_it_is_with_a_page_for_each_format(bench: Bench) -> None:
    pages = [f"<link>https://radio.example/{suffix}/12</link>" for suffix in ("opus", "mp3")]
    documents = [
        show("files.example", suffix, link=page) for suffix, page in zip(("opus", "mp3"), pages, strict=True)
    ]
    assert stories(bench, *documents) == 1


def test_two_shows_that_number_alike_are_two(bench: Bench) -> None:
    assert stories(bench, show("radio.example", "mp3"), show("other.example", "mp3")) == 2


def test_two_seasons_that_number_alike_are_two(bench: Bench) -> None:
    documents = show("radio.example", "mp3"), show("radio.example", "opus", "Sun, 22 Feb 2026 10:00:00 GMT")
    assert stories(bench, *documents) == 2
