"""The archive (RFC 5005): every published story once, and what is closed never changes again."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.export import archive as documents
from aggregator.pipeline.memory import Memory
from aggregator.pipeline.publish import Outputs
from aggregator.settings import Publish, Subscription
from support import valid
from support.feeds import numbered, rss
from support.make import NOON
from support.server import Feed, Server, serve
from support.valid import NS

from .conftest import Bench

BASE = "http://127.0.0.1:8080/"


def links(data: bytes) -> dict[str, str]:
    """The paging links of a valid document, under base_url."""
    root = valid.atom(data)
    return {
        str(link.get("rel")): str(link.get("href")).removeprefix(BASE)
        for link in root.findall("a:link", NS)
        if link.get("rel") in ("current", "next", "prev-archive", "next-archive")
    }


def ids(data: bytes) -> list[str]:
    return [str(found.text) for found in valid.atom(data).findall("a:entry/a:id", NS)]


def closed(data: bytes) -> bool:
    return valid.atom(data).find("fh:archive", NS) is not None


def archive(bench: Bench) -> dict[str, bytes]:
    return {name: data for name, data in bench.published().items() if name.startswith("archive/20")}


def news(bench: Bench, server: Server, when: datetime, *numbers: int) -> None:
    """These items appear, are polled and published."""
    bench.now = when
    route = server.routes["/feed"]
    assert isinstance(route, Feed)
    route.body = rss(*numbered(numbers), date=when.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    bench.poll()
    bench.publish()


def three_months(bench: Bench, server: Server) -> None:
    bench.subscribe(server.url("/feed"))
    for month in range(3):
        for day in range(3):
            news(
                bench, server, NOON + timedelta(days=31 * month + day), 10 * month + day, 10 * month + day + 5
            )


def test_current_month_and_archives_tell_every_story_once(bench: Bench) -> None:
    with serve({"/feed": Feed(b"")}) as server:
        three_months(bench, server)
    found = {name: data for name, data in archive(bench).items() if name.endswith(".atom")}
    assert list(found) == ["archive/2026-03.atom", "archive/2026-04.atom", "archive/2026-05.atom"]
    assert [closed(data) for data in found.values()] == [True, True, False]
    told = Counter(id for data in found.values() for id in ids(data))
    assert set(told) == {story.atom_id for story in bench.store.latest(1000)}
    assert set(told.values()) == {1}
    assert len(told) == 18


def test_documents_lead_to_each_other(bench: Bench) -> None:
    with serve({"/feed": Feed(b"")}) as server:
        three_months(bench, server)
    found = bench.published()
    assert links(found["feed.atom"]) == {"prev-archive": "archive/2026-04.atom"}
    assert links(found["archive/2026-05.atom"]) == {
        "current": "feed.atom",
        "prev-archive": "archive/2026-04.atom",
    }
    assert links(found["archive/2026-04.atom"]) == {
        "current": "feed.atom",
        "prev-archive": "archive/2026-03.atom",
        "next-archive": "archive/2026-05.atom",
    }
    assert links(found["archive/2026-03.atom"]) == {
        "current": "feed.atom",
        "next-archive": "archive/2026-04.atom",
    }


def test_feed_leads_to_the_open_month_where_it_does_not_show_all_of_it(bench: Bench) -> None:
    with serve({"/feed": Feed(b"")}) as server:
        bench.subscribe(server.url("/feed"), publish=Publish(entries=2, guarantee_hours=0))
        news(bench, server, NOON, 1, 2)
        assert links(bench.published()["feed.atom"]) == {}
        news(bench, server, NOON + timedelta(days=1), 3)
    assert links(bench.published()["feed.atom"]) == {"next": "archive/2026-03.atom"}
    assert len(ids(bench.published()["archive/2026-03.atom"])) == 3


def test_a_month_is_over_with_the_first_story_of_a_later_one_and_not_before(bench: Bench) -> None:
    with serve({"/feed": Feed(b"")}) as server:
        bench.subscribe(server.url("/feed"))
        news(bench, server, NOON, 1)
        bench.now = NOON + timedelta(days=200)
        bench.publish()
        assert not closed(bench.published()["archive/2026-03.atom"])
        news(bench, server, bench.now, 2)
        assert closed(bench.published()["archive/2026-03.atom"])
        assert links(bench.published()["archive/2026-03.atom"])["next-archive"] == "archive/2026-09.atom"


def edit(bench: Bench, server: Server) -> None:
    route = server.routes["/feed"]
    assert isinstance(route, Feed)
    route.body = rss(("Another headline altogether, you see", "https://feed.example/0"))
    bench.poll()


def forget(bench: Bench, server: Server) -> None:
    assert bench.forget(10) >= 12  # all of the first two months


def forget_all(bench: Bench, server: Server) -> None:
    bench.now += timedelta(days=400)
    assert bench.forget(10) == 18  # the open month's among them


def rename(bench: Bench, server: Server) -> None:
    bench.subscribe(Subscription(server.url("/feed"), name="Another name", tags=("x",)))


@pytest.mark.parametrize("happens", [edit, forget, forget_all, rename])
def test_whatever_happens_a_closed_month_stays_to_the_byte(bench: Bench, happens: object) -> None:
    with serve({"/feed": Feed(b"")}) as server:
        three_months(bench, server)
        before = {name: data for name, data in archive(bench).items() if "2026-05" not in name}
        assert len(before) == 4
        happens(bench, server)  # type: ignore[operator]
        bench.publish()
    after = archive(bench)
    atoms = [name for name in before if name.endswith(".atom")]
    assert {name: after[name] for name in atoms} == {name: before[name] for name in atoms}


def test_an_open_month_that_is_emptied_stays_where_the_one_before_leads(bench: Bench) -> None:
    with serve({"/feed": Feed(b"")}) as server:
        three_months(bench, server)
        forget_all(bench, server)
        bench.publish()
        found = bench.published()
        assert links(found["archive/2026-04.atom"])["next-archive"] == "archive/2026-05.atom"
        assert ids(found["archive/2026-05.atom"]) == []
        assert links(found["archive/2026-05.atom"])["prev-archive"] == "archive/2026-04.atom"
        assert links(found["feed.atom"]) == {"prev-archive": "archive/2026-04.atom"}
        assert bench.publish() == ()
        news(bench, server, bench.now, 99)
    month = f"archive/{bench.now:%Y-%m}.atom"
    assert links(bench.published()["archive/2026-04.atom"])["next-archive"] == month
    assert len(ids(bench.published()[month])) == 1


def test_archives_come_back_as_they_were_in_another_folder(bench: Bench) -> None:
    with serve({"/feed": Feed(b"")}) as server:
        three_months(bench, server)
        before = bench.published()
        forget(bench, server)
        for path in bench.config.public_path.glob("archive/*"):
            path.unlink()
        bench.publish()
    after = bench.published()
    for name in (
        "archive/2026-03.atom",
        "archive/2026-03.html",
        "archive/2026-04.atom",
        "archive/2026-04.html",
    ):
        assert after[name] == before[name]


def test_archives_move_with_the_address(bench: Bench) -> None:
    with serve({"/feed": Feed(b"")}) as server:
        three_months(bench, server)
        before = bench.published()["archive/2026-03.atom"]
        bench.config = replace(bench.config, base_url="https://news.example/")
        bench.publish()
    assert bench.published()["archive/2026-03.atom"] == before.replace(
        BASE.encode(), b"https://news.example/"
    )


def test_a_damaged_archive_is_mended(bench: Bench) -> None:
    with serve({"/feed": Feed(b"")}) as server:
        three_months(bench, server)
    before = archive(bench)
    file = bench.config.public_path / "archive/2026-03.atom"
    file.write_bytes(file.read_bytes()[:-10])
    (bench.config.public_path / "archive/2026-04.html").unlink()
    assert set(bench.publish()) == {"archive/2026-03.atom", "archive/2026-04.html"}
    assert archive(bench) == before


def test_a_month_with_many_stories_has_several_documents(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MOST", 4)
    with serve({"/feed": Feed(b"")}) as server:
        bench.subscribe(server.url("/feed"))
        news(bench, server, NOON, *range(10))
        names = [name for name in archive(bench) if name.endswith(".atom")]
        assert sorted(names) == ["archive/2026-03-2.atom", "archive/2026-03-3.atom", "archive/2026-03.atom"]
        first = bench.published()["archive/2026-03.atom"]
        assert closed(first)
        assert links(first)["next-archive"] == "archive/2026-03-2.atom"
        news(bench, server, NOON + timedelta(days=1), 10, 11, 12)
        found = [data for name, data in archive(bench).items() if name.endswith(".atom")]
        told = Counter(id for data in found for id in ids(data))
        assert (len(told), set(told.values())) == (13, {1})
        assert bench.published()["archive/2026-03.atom"] == first


def test_a_month_with_much_to_say_has_several_documents_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "LARGEST", 8_000)
    text = "&lt;p&gt;" + "many words " * 200 + "&lt;/p&gt;"
    items = "".join(
        f"<item><title>Story number {n} of them all</title><link>https://long.example/{n}</link>"
        f"<description>{text}</description></item>"
        for n in range(5)
    )
    feed = f'<rss version="2.0"><channel><title>Long</title>{items}</channel></rss>'.encode()
    with serve({"/feed": Feed(feed)}) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
        bench.publish()
    found = {name: len(ids(data)) for name, data in archive(bench).items() if name.endswith(".atom")}
    assert found == {"archive/2026-03.atom": 2, "archive/2026-03-2.atom": 2, "archive/2026-03-3.atom": 1}
    assert bench.publish() == ()


def test_a_feed_subscribed_later_does_not_touch_the_months_before(bench: Bench) -> None:
    """Its first stories take the places of their own dates in the feed, and the month of now in the archive."""
    old = rss(
        ("An old story that nobody else told", "https://old.example/7"), date="Mon, 02 Mar 2026 12:00:00 GMT"
    )
    with serve({"/feed": Feed(b""), "/old": Feed(old)}) as server:
        three_months(bench, server)
        before = archive(bench)
        bench.subscribe(server.url("/feed"), server.url("/old"))
        bench.poll()
        bench.publish()
    after = archive(bench)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"archive/2026-05.atom", "archive/2026-05.html"}
    assert b"https://old.example/7" in after["archive/2026-05.atom"]


def test_a_clock_that_goes_back_publishes_into_the_open_month(bench: Bench) -> None:
    with serve({"/feed": Feed(b"")}) as server:
        three_months(bench, server)
        before = archive(bench)
        news(bench, server, NOON + timedelta(days=1), 77)
    after = archive(bench)
    assert {name for name in after if after[name] != before.get(name)} == {
        "archive/2026-05.atom",
        "archive/2026-05.html",
    }


def test_what_one_poll_brought_is_published_whole(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many documents that closes: afterwards no byte changes, whoever publishes next."""
    monkeypatch.setattr(documents, "MOST", 2)
    with serve({"/feed": Feed(rss(*numbered(range(41))))}) as server:
        bench.subscribe(server.url("/feed"), publish=Publish(backfill=100))
        bench.poll()
        bench.publish()
        before = bench.published()
        assert sum(name.startswith("archive/2026-") and name.endswith(".atom") for name in before) == 21
        for _ in range(2):
            bench.now += timedelta(hours=1)
            bench.poll()
            assert bench.publish() == ()
    assert bench.published() == before


def test_building_a_publication_writes_nothing(bench: Bench) -> None:
    with serve({"/feed": Feed(rss(*numbered(range(5))))}) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
        bench.publish()
    before = bench.store.version()
    memory = Memory(bench.config)
    memory.feeds.read(bench.store)
    assert Outputs(bench.store, memory).merged.stories
    assert bench.store.version() == before
