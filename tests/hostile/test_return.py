"""Feeds that change between polls as no feed should: nothing that they told is lost, nothing is told twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from hostile.case import document
from hostile.round import host
from support.command import Folder
from support.feeds import rss as feed
from support.server import Feed, Reply, Route, serve

pytestmark = pytest.mark.network

N = 6


def item(number: int, **odd: str) -> str:
    said = {
        "guid": f"id-{number}",
        "title": f"Headline {number} that tells enough",
        "link": f"https://r.example/{number}",
        "pubDate": f"Mon, {1 + number:02} Jun 2026 12:00:00 GMT",
        "description": f"Text {number}",
    } | odd
    return (
        "<item>" + "".join(f"<{name}>{value}</{name}>" for name, value in said.items() if value) + "</item>"
    )


def rss(*items: str, name: str = "r") -> Route:
    body = "".join(items).replace("r.example", f"{name}.example").replace("Headline", f"Headline of {name}")
    return document(f'<rss version="2.0"><channel><title>{name}</title>{body}</channel></rss>')


def each(**odd: str) -> list[str]:
    return [item(n, **{key: value.format(n=n) for key, value in odd.items()}) for n in range(N)]


FIRST = each()
EMPTY = Reply(200, b"", (("Content-Type", "application/xml"),))
HTML = document("<html><body>Back soon</body></html>", "text/html")

# What each answers to three polls, and how many entries and stories there are in the end.
Answer = Sequence[str] | Route
TIMES: dict[str, tuple[tuple[Answer, Answer, Answer], int, int]] = {
    "empty once": ((FIRST, EMPTY, FIRST), N, N),
    "without entries once": ((FIRST, [], FIRST), N, N),
    "a page once": ((FIRST, HTML, FIRST), N, N),
    "cut once": ((FIRST, document("<rss version='2.0'><channel><title>x"), FIRST), N, N),
    "half once": ((FIRST, FIRST[:3], FIRST), N, N),
    "404 once": ((FIRST, Reply(404), FIRST), N, N),
    "500 once": ((FIRST, Reply(500), FIRST), N, N),
    "304 unasked once": ((FIRST, Reply(304), FIRST), N, N),
    "a part once": ((FIRST, Reply(206, b"x"), FIRST), N, N),
    "empty, then more": ((FIRST, EMPTY, [*FIRST, item(9)]), N + 1, N + 1),
    "empty, then others": ((FIRST, EMPTY, [item(10 + n) for n in range(3)]), N + 3, N + 3),
    "turned round": ((FIRST, FIRST[::-1], FIRST), N, N),
    "shuffled": ((FIRST, FIRST[::2] + FIRST[1::2], FIRST[1::2] + FIRST[::2]), N, N),
    "each twice": ((FIRST, FIRST * 2, FIRST), N, N),
    "titles edited": ((FIRST, each(title="Another headline {n} than before"), FIRST), N, N),
    "texts edited": ((FIRST, each(description="Quite another text {n}"), FIRST), N, N),
    "links edited": ((FIRST, each(link="https://r.example/new/{n}"), FIRST), N, N),
    "other ids": ((FIRST, each(guid="other-{n}"), FIRST), N, N),
    "other ids, twice": ((FIRST, each(guid="other-{n}"), each(guid="third-{n}")), N, N),
    "other ids and links": (
        (FIRST, each(guid="other-{n}", link="https://r.example/new/{n}"), FIRST), N, N,
    ),
    "without ids, then with": ((each(guid=""), FIRST, each(guid="")), N, N),
    "without links once": ((FIRST, each(link=""), FIRST), N, N),
    "without titles once": ((FIRST, each(title=""), FIRST), N, N),
    "other dates": ((FIRST, each(pubDate="Tue, 09 Jun 2026 1{n}:00:00 GMT"), FIRST), N, N),
    "without dates once": ((FIRST, each(pubDate=""), FIRST), N, N),
    "https to http": ((FIRST, each(link="http://r.example/{n}"), FIRST), N, N),
    "with what counts visits": ((FIRST, each(link="https://r.example/{n}?utm_source=x"), FIRST), N, N),
    "spaces around": ((FIRST, each(guid=" id-{n}\n", title="\n Headline {n} that  tells enough"), FIRST), N, N),
    "a byte order mark": ((FIRST, ["\ufeff", *FIRST], FIRST), N, N),
    "one more each time": ((FIRST[:4], FIRST[:5], FIRST), N, N),
    "one less each time": ((FIRST, FIRST[1:], FIRST[2:]), N, N),
}  # fmt: skip


@dataclass(frozen=True)
class SaveCounts:
    entries: int
    stories: int
    statuses: tuple[str, ...]


@pytest.fixture(scope="module")
def kept(folder: Folder) -> dict[str, SaveCounts]:
    """What is stored after three polls."""

    def route(number: int, answer: Answer) -> Route:
        return rss(*answer, name=f"feed{number}") if isinstance(answer, list) else answer  # type: ignore[return-value]

    good = Feed(feed(("A headline of a good feed", "https://good.example/1")))
    with serve({}, host="0.0.0.0") as server:
        urls = {name: f"http://{host(n)}:{server.port}/{n}" for n, name in enumerate(TIMES)}
        feeds = "".join(f"  - {url}\n" for url in (*urls.values(), f"http://{host(999)}:{server.port}/good"))
        settings = "allow_addresses: [127.0.0.0/8]\npolling: {host_gap: 0s}\nfeeds:\n"
        (folder.path / "feeds.yaml").write_text(settings + feeds)
        said: list[dict[str, str]] = []
        for turn in range(3):
            server.routes = {f"/{n}": route(n, times[0][turn]) for n, times in enumerate(TIMES.values())}
            server.routes["/good"] = good
            done = folder.run("poll", "--all", "--json")
            assert done.code == 0, done.err
            said.append({each["url"]: each["status"] for each in done.json["feeds"]})
    db = sqlite3.connect(folder.path / "data/aggregator.db")
    counted: dict[str, tuple[int, int]] = {
        url: (entries, stories)
        for url, entries, stories in db.execute(
            "SELECT url, count(*), count(DISTINCT story_id) FROM feeds JOIN entries ON feed_id = feeds.id"
            " JOIN sightings ON entry_id = entries.id GROUP BY url"
        )
    }
    db.close()
    return {name: SaveCounts(*counted[url], tuple(turn[url] for turn in said)) for name, url in urls.items()}


@pytest.mark.parametrize("name", TIMES)
def test_nothing_is_lost_and_nothing_doubled(kept: dict[str, SaveCounts], name: str) -> None:
    answers, entries, stories = TIMES[name]
    found = kept[name]
    assert (found.entries, found.stories) == (entries, stories), found
    assert found.statuses[0] == "ok"
    assert found.statuses[2] in ("ok", "unchanged")
    if not isinstance(answers[1], list):
        assert found.statuses[1] == "failing"
