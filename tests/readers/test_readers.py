"""Feeds of ours as other programs read them: every title, link, id, date and enclosure as it was meant."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import fastfeedparser
import feedparser
import pytest

from aggregator.export.atom import render_atom
from aggregator.export.jsonfeed import render_jsonfeed
from aggregator.export.rss import render_bots
from aggregator.models import Enclosure, Story
from aggregator.parse import parse
from support import checks
from support.publications import NOON, RICH, STORY, archive, publication

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).with_name("readers.mjs")


@dataclass(frozen=True)
class Seen:
    """What a reader shows of an entry."""

    id: str
    title: str
    link: str | None
    published: datetime
    enclosures: tuple[str, ...] | None  # None: this reader does not tell


def story(number: int, title: str, **more: object) -> Story:
    fields = {
        "id": number,
        "atom_id": f"tag:feed.example,2026:{number}",
        "title": title,
        "link": f"https://feed.example/{number}?a=1&b=2#c",
        "published": NOON - timedelta(minutes=number),
    }
    return replace(STORY, **(fields | more))  # type: ignore[arg-type]


STORIES = (
    RICH,
    story(2, "AT&T <b>buys &amp; sells \"it\" 'all'"),
    story(3, "]]> --> <![CDATA[ &lt; &#38; &bogus;"),
    story(4, "京都で新しい図書館が開館 🚀 👩‍🌾"),
    story(5, "افتتاح مكتبة جديدة في القاهرة", language="ar"),
    story(6, "é è ü ß ﬁ ½ − “quotes” …"),
    story(7, "No link at all", link=None),
    story(8, "No text at all", summary="", content=""),
    story(9, "Much content", content="<p>" + "word " * 20_000 + "</p><pre>  a\n  b</pre>"),
    story(
        10,
        "Several enclosures",
        enclosures=(
            Enclosure("https://feed.example/a.mp3?x=1&y=2", "audio/mpeg", 1),
            Enclosure("https://feed.example/b.mp4", None, None),
            Enclosure("https://feed.example/file", None, 12),
        ),
    ),
    story(11, "Of long ago", published=datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
)


def expected(stories: Sequence[Story]) -> list[Seen]:
    return [
        Seen(
            story.atom_id,
            story.title,
            story.link,
            story.published,
            tuple(enclosure.url for enclosure in story.enclosures),
        )
        for story in stories
    ]


# ---------------------------------------------------------------- the readers


def with_feedparser(file: Path) -> list[Seen]:
    read = feedparser.parse(BytesIO(file.read_bytes()))
    assert not read.bozo
    return [
        Seen(
            entry.id,
            entry.title,
            next((link.href for link in entry.get("links", []) if link.rel == "alternate"), None),
            datetime.fromisoformat(entry.published),
            tuple(link.href for link in entry.get("links", []) if link.rel == "enclosure"),
        )
        for entry in read.entries
    ]


def with_fastfeedparser(file: Path) -> list[Seen]:
    found = []
    for entry in fastfeedparser.parse(file.read_bytes()).entries:
        links = [link["href"] for link in entry.get("links", []) if link["rel"] == "enclosure"]
        links += [enclosure["url"] for enclosure in entry.get("enclosures", [])]
        alternates = [link["href"] for link in entry.get("links", []) if link["rel"] == "alternate"]
        found.append(
            Seen(
                entry["id"],
                entry["title"],
                next(iter(alternates), None),
                datetime.fromisoformat(entry["published"]),
                tuple(dict.fromkeys(links)),
            )
        )
    return found


def with_our_own(file: Path) -> list[Seen]:
    kind = "application/atom+xml" if file.suffix == ".atom" else "application/feed+json"
    return [
        Seen(
            entry.id or "",
            entry.title.value if entry.title else "",
            entry.link,
            datetime.fromisoformat(entry.published or ""),
            tuple(enclosure.url for enclosure in entry.enclosures),
        )
        for entry in parse(file.read_bytes(), kind, "https://news.example/feed").entries
    ]


def with_node(module: str) -> Callable[[Path], list[Seen]]:
    def read(file: Path) -> list[Seen]:
        return [
            Seen(
                entry["id"],
                entry["title"],
                entry.get("link"),
                datetime.fromisoformat(entry["published"]),
                None if entry["enclosures"] is None else tuple(entry["enclosures"]),
            )
            for entry in json.loads(checks.node(SCRIPT, module, str(file)))
        ]

    return read


def needing(module: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        not checks.has_module(module),
        reason=f"NO {module.upper()} in {checks.FOLDER}: it did not read our feeds",
    )


BOTH, ATOM = (".atom", ".json"), (".atom",)
READERS: list[tuple[Callable[[Path], list[Seen]], tuple[str, ...], str, list[pytest.MarkDecorator]]] = [
    (with_feedparser, ATOM, "feedparser", []),
    (with_fastfeedparser, BOTH, "fastfeedparser", []),
    (with_our_own, BOTH, "our own", []),
    (with_node("feedsmith"), BOTH, "feedsmith", [needing("feedsmith")]),
    (with_node("rss-parser"), ATOM, "rss-parser", [needing("rss-parser")]),
]


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("feeds")
    (folder / "feed.atom").write_bytes(render_atom(publication(*STORIES)))
    (folder / "feed.json").write_bytes(render_jsonfeed(publication(*STORIES)))
    months = (archive("2026-10", 9, 9), archive("2026-11"))
    links = (("current", "https://news.example/feed.atom"),)
    month = publication(*STORIES, place="archive/2026-10", archived=True, archives=months, links=links)
    (folder / "archive.atom").write_bytes(render_atom(month))
    (folder / "empty.atom").write_bytes(render_atom(publication()))
    (folder / "empty.json").write_bytes(render_jsonfeed(publication()))
    return folder


@pytest.mark.parametrize(
    ("read", "file"),
    [
        pytest.param(read, f"{name}{suffix}", marks=marks, id=f"{reader} reads {name}{suffix}")
        for read, suffixes, reader, marks in READERS
        for suffix in suffixes
        for name in (("feed", "archive") if suffix == ".atom" else ("feed",))
    ],
)
def test_every_entry_is_read_as_it_was_meant(
    feeds: Path, read: Callable[[Path], list[Seen]], file: str
) -> None:
    seen = read(feeds / file)
    assert len(seen) == len(STORIES)
    for mine, theirs in zip(expected(STORIES), seen, strict=True):
        assert (mine if theirs.enclosures is not None else replace(mine, enclosures=None)) == theirs


@pytest.mark.parametrize(
    ("read", "file"),
    [
        pytest.param(read, f"empty{suffix}", marks=marks, id=f"{reader} reads empty{suffix}")
        for read, suffixes, reader, marks in READERS
        for suffix in suffixes
        if reader not in ("fastfeedparser", "feedsmith")  # which take an empty list for no feed
    ],
)
def test_a_feed_without_stories_is_read_too(
    feeds: Path, read: Callable[[Path], list[Seen]], file: str
) -> None:
    assert read(feeds / file) == []


@pytest.mark.parametrize("name", ["feedsmith", "rss-parser", "feedparser"])
def test_the_feed_for_bots_is_read_as_meant(tmp_path: Path, name: str) -> None:
    arrivals = tuple((story, NOON - timedelta(minutes=n)) for n, story in enumerate(STORIES))
    file = tmp_path / "bots.rss"
    file.write_bytes(render_bots(publication(*STORIES, arrivals=arrivals)))
    if name == "feedparser":
        read = feedparser.parse(BytesIO(file.read_bytes()))
        found = [(entry.id, entry.title, entry.get("link")) for entry in read.entries]
    else:
        if not checks.has_module(name):
            pytest.skip(f"NO {name} in {checks.FOLDER}")
        found = [
            (item["id"], item["title"], item.get("link"))
            for item in json.loads(checks.node(SCRIPT, name, str(file)))
        ]
    assert [(one, link) for one, _, link in found] == [(story.atom_id, story.link) for story in STORIES]
    assert found[0][1] == f"{STORIES[0].source.name}: {STORIES[0].title}"
