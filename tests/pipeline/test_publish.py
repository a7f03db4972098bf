"""What the merged feed shows, and that it changes only when there is something new."""

from __future__ import annotations

import gc
import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.app import App
from aggregator.config import load
from aggregator.export.manifest import Manifest
from aggregator.models import Story, StorySummary
from aggregator.pipeline.publish import LARGEST, LARGEST_YOUNG, MOST_YOUNG, choose, publish
from aggregator.settings import Publish, Subscription
from support.feeds import numbered, rss
from support.make import NOON
from support.server import Feed, serve
from support.w3c.document import LARGEST as LARGEST_READ

from .conftest import Bench


def heads(*rows: tuple[int, float], size: int = 100) -> list[StorySummary]:
    """Stories as (feed, hours before the newest), newest first."""
    return [
        StorySummary(id, feed, NOON - timedelta(hours=hours), size) for id, (feed, hours) in enumerate(rows)
    ]


@pytest.mark.parametrize(
    ("why", "found", "limits", "want"),
    [
        ("nothing", [], Publish(), 0),
        ("all of a few", heads((1, 0), (1, 1)), Publish(), 2),
        ("at most so many", heads(*((n, 100 + n) for n in range(9))), Publish(entries=5, guarantee_hours=0), 5),
        ("at most so many of one source", heads(*((1, 100 + n) for n in range(9))), Publish(per_source=3, guarantee_hours=0), 3),
        ("but all that is young", heads(*((1, n) for n in range(40))), Publish(entries=5, per_source=3, guarantee_hours=30), 31),
        ("but no flood", heads(*((1, 0) for _ in range(MOST_YOUNG + 9))), Publish(), MOST_YOUNG),
        ("nor a flood by size", heads(*((n, 0) for n in range(9)), size=LARGEST_YOUNG // 4), Publish(), 4),
        ("at most a megabyte", heads(*((n, 100 + n) for n in range(9)), size=LARGEST // 2), Publish(guarantee_hours=0), 2),
    ],
)  # fmt: skip
def test_choose(why: str, found: list[StorySummary], limits: Publish, want: int) -> None:
    assert len(choose(found, limits)) == want


def test_a_flood_leaves_every_source_its_newest() -> None:
    found = heads(*((1, 0) for _ in range(2 * MOST_YOUNG)), (2, 1), (3, 2), (2, 3))
    chosen = choose(found, Publish())
    assert len(chosen) == MOST_YOUNG
    assert {2 * MOST_YOUNG, 2 * MOST_YOUNG + 1, 2 * MOST_YOUNG + 2} <= set(chosen)
    assert chosen == sorted(chosen)


@given(
    st.lists(st.tuples(st.integers(1, 3), st.floats(0, 200)), max_size=60),
    st.integers(1, 20),
    st.integers(1, 5),
    st.integers(0, 100),
)
def test_what_is_young_is_never_missing_and_order_stays(
    rows: list[tuple[int, float]], entries: int, per_source: int, hours: int
) -> None:
    found = heads(*sorted(rows, key=lambda row: row[1]))
    chosen = choose(found, Publish(entries=entries, per_source=per_source, guarantee_hours=hours))
    assert chosen == sorted(chosen)
    if found:
        young = [head.id for head in found if head.position >= found[0].position - timedelta(hours=hours)]
        assert set(young) <= set(chosen)
        assert len(chosen) <= max(entries, len(young))


def test_an_unchanged_store_gives_the_same_bytes_and_writes_nothing(bench: Bench) -> None:
    with serve({"/feed": Feed(rss(*numbered(range(20))))}) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
        assert set(bench.publish()) == {
            *("feed.atom", "feed.json", "bots.rss", "index.html", "about.html", "subscriptions.opml"),
            *("feed.css", "icon.svg", "favicon.ico"),
            *(
                "compact.html",
                "404.html",
                *(name for name in bench.published() if name.startswith("sources/")),
            ),
            *("tags/index.html", "archive/index.html", "archive/2026-03.atom", "archive/2026-03.html"),
        }
        before = bench.published()
        times = {path: path.stat().st_mtime_ns for path in bench.config.public_path.rglob("*")}
        bench.now += timedelta(days=1)
        bench.poll()
        assert bench.publish() == ()
    assert bench.published() == before
    assert {path: path.stat().st_mtime_ns for path in bench.config.public_path.rglob("*")} == times


def test_a_new_subscription_neither_floods_nor_stays_empty(bench: Bench) -> None:
    with serve({"/feed": Feed(rss(*numbered(range(30))))}) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
        bench.publish()
    assert bench.published()["feed.atom"].count(b"<entry") == 10
    assert len(bench.titles()) == 30


def test_outputs_name_every_source(bench: Bench) -> None:
    with serve({"/feed": Feed(rss(*numbered([1]), title="Post & Courier"))}) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
        bench.publish()
        opml = bench.published()["subscriptions.opml"].decode()
        assert "Post &amp; Courier" in opml
        assert server.url("/feed") in opml


def odd(title: str) -> bytes:
    """A feed of one entry, whose id is no valid URI."""
    return (
        f"<rss version='2.0'><channel><title>Odd</title><item><title>{title}</title>"
        "<link>https://odd.example/1</link><guid>https://odd.example/a[1]</guid></item></channel></rss>"
    ).encode()


def test_an_id_that_was_published_once_stays_whatever_we_think_of_it_now(bench: Bench) -> None:
    with serve({"/feed": Feed(odd("The first headline of this story"))}) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
        (story,) = bench.store.latest(9)
        assert story.atom_id.startswith("urn:uuid:")
        for table in ("stories", "entries"):  # as a version before kept it
            bench.sql(f"UPDATE {table} SET atom_id = 'https://odd.example/a[1]'")
        bench.publish()
        route = server.routes["/feed"]
        assert isinstance(route, Feed)
        route.body = odd("Another headline altogether, you see")
        bench.now += timedelta(hours=2)
        bench.poll()
        bench.publish()
    (story,) = bench.store.latest(9)
    assert (story.atom_id, story.title) == (
        "https://odd.example/a[1]",
        "Another headline altogether, you see",
    )
    assert b"<id>https://odd.example/a[1]</id>" in bench.published()["feed.atom"]


def test_each_source_has_a_page_of_its_own_that_changes_with_its_stories_alone(bench: Bench) -> None:
    one, two = rss(*numbered(range(3))), rss(*numbered(range(10, 13)))
    manifest = Manifest()
    with serve({"/one": Feed(one), "/two": Feed(two)}) as server:
        bench.subscribe(server.url("/one"), server.url("/two"))
        bench.poll()
        publish(bench.store, bench.config, bench.now, manifest=manifest)
        pages = {name: data for name, data in bench.published().items() if name.startswith("sources/")}
        assert [data.count(b"<article") for data in pages.values()] == [3, 3]
        digest = bench.published()["index.html"].decode()
        assert all(f'href="{name}"' in digest for name in pages)
        server.routes["/two"] = Feed(rss(*numbered(range(10, 14))))
        bench.now += timedelta(hours=2)
        bench.poll()
        changed = publish(bench.store, bench.config, bench.now, manifest=manifest)
    assert len([name for name in changed if name.startswith("sources/")]) == 1


def test_what_was_published_is_not_held_in_memory(bench: Bench) -> None:
    """A service publishes for months; what it remembers of its outputs may not hold their stories."""
    manifest = Manifest()
    feed = Feed(rss(*numbered(range(8))))
    with serve({"/feed": feed}) as server:
        bench.subscribe(Subscription(server.url("/feed"), tags=("news",)))
        bench.poll()
        publish(bench.store, bench.config, bench.now, None, manifest)
        assert "tags/news" in manifest.parts
        assert publish(bench.store, bench.config, bench.now, None, manifest) == ()
    bench.subscribe(server.url("/feed"))
    publish(bench.store, bench.config, bench.now, None, manifest)
    assert "tags/news" not in manifest.parts
    gc.collect()
    ours = {source.url for source in bench.store.sources()}
    held = [each for each in gc.get_objects() if isinstance(each, Story) and each.source.url in ours]
    assert held == []


@pytest.mark.slow
def test_no_output_is_larger_than_validators_read_however_much_is_escaped(bench: Bench) -> None:
    """What is written `<b>&amp;</b>` takes two and a half times as much in a feed."""
    text = "&lt;b&gt;&amp;amp;&lt;/b&gt; " * 3_600
    items = "".join(
        f"<item><title>Long story number {n} of them all</title><link>https://long.example/{n}</link>"
        f"<description>{text}</description></item>"
        for n in range(62)
    )
    feed = f'<rss version="2.0"><channel><title>Long</title>{items}</channel></rss>'
    with serve({"/feed": Feed(feed.encode())}) as server:
        bench.subscribe(Subscription(server.url("/feed"), tags=("long",)), publish=Publish(backfill=100))
        bench.poll()
        bench.publish()
    found = {name: len(data) for name, data in bench.published().items() if not name.endswith(".html")}
    assert max(found.values()) < LARGEST_READ
    assert found["feed.atom"] > LARGEST_READ // 2
    archived = [
        data.count(b"<entry")
        for name, data in bench.published().items()
        if name.startswith("archive/2") and name.endswith(".atom")
    ]
    assert (len(archived), sum(archived)) == (2, 62)
    assert bench.publish() == ()


@pytest.mark.parametrize(
    ("days", "dates", "want"),
    [
        (30, ("2026-03-02", "2026-02-10", "2025-01-01", ""), {0, 1, 3}),
        (0, ("2026-03-02", "2026-02-10", "2025-01-01", ""), {0, 1, 2, 3}),
        (30, ("2014-05-20", "2014-05-01", "2011-01-01"), {0, 1}),  # it rests, and does not come out empty
        (30, ("", "", ""), {0, 1, 2}),
    ],
    ids=["active", "of any age", "resting", "without dates"],
)
def test_a_backfill_has_an_age(bench: Bench, days: int, dates: tuple[str, ...], want: set[int]) -> None:
    items = "".join(
        f"<item><title>Post {n} of a feed that is new here</title><link>https://old.example/{n}</link>"
        + (f"<dc:date>{date}T12:00:00Z</dc:date></item>" if date else "</item>")
        for n, date in enumerate(dates)
    )
    feed = (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Old</title>'
        f"{items}</channel></rss>"
    )
    with serve({"/feed": Feed(feed.encode())}) as server:
        bench.subscribe(server.url("/feed"), publish=Publish(backfill_days=days))
        bench.poll()
        bench.publish()
    atom = bench.published()["feed.atom"].decode()
    assert {n for n in range(len(dates)) if f"https://old.example/{n}" in atom} == want
    assert len(bench.store.latest(10)) == len(dates)


@pytest.mark.parametrize(
    "id_", ["urn:uuid:6a1f7f5e-7ad1-4c46-9e0e-2a2f0f8f4b11", "https://old.example/atom.xml"]
)
def test_a_lost_store_keeps_the_ids(bench: Bench, tmp_path: Path, id_: str) -> None:
    with serve({"/feed": Feed(rss(*numbered(range(3))))}) as server:
        found = []
        for name in ("one", "two"):
            file = tmp_path / name / "feeds.yaml"
            file.parent.mkdir()
            file.write_text(
                f"id: {id_}\nallow_addresses: [127.0.0.0/8]\n"
                f"feeds: [{{url: '{server.url('/feed')}', tags: [sea]}}]\n"
            )
            with App(load(file), lambda: bench.now) as app:
                app.poll()
                app.publish()
                public = app.config.public_path
            found.append((_ids(public / "feed.atom"), _ids(public / "tags/sea.atom")))
    assert found[0] == found[1]
    assert found[0][0][0] == id_


def _ids(file: Path) -> list[str]:
    return re.findall(r"<id>(.*?)</id>", file.read_text(encoding="utf-8"))


def test_the_merged_feed_lies_at_its_aliases_too_and_no_longer_when_they_go(bench: Bench) -> None:
    with serve({"/feed": Feed(rss(*numbered(range(3))))}) as server:
        aliases = ("/atom.xml", "/blog/rss.xml", "/blog/feed/", "/index.html", "/tags/news.atom", "/feed.css")
        bench.subscribe(server.url("/feed"), publish=Publish(aliases=aliases))
        bench.poll()
        bench.publish()
        folder = bench.config.public_path
        found = bench.published()
        copies = {name for name, data in found.items() if data == found["feed.atom"]}
        assert copies == {"feed.atom", "atom.xml", "blog/rss.xml"}
        assert found["index.html"].startswith(b"<!doctype html>")
        (folder / "blog/own.xml").write_bytes(b"<rss/>")
        assert bench.publish() == ()
        bench.subscribe(server.url("/feed"), publish=Publish(aliases=("/atom.xml",)))
        bench.publish()
    left = {str(path.relative_to(folder)) for path in folder.rglob("*.xml")}
    assert left == {"atom.xml", "blog/own.xml"}
