"""One round over real sockets into a real store: what is remembered, what a broken feed leaves alone."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.errors import StoreError
from aggregator.models import Fetched, ReadError, ReadFeed
from aggregator.settings import Subscription
from support.feeds import numbered, rss
from support.server import Feed, Raw, Reply, Request, Route, hang, redirect, serve

from .conftest import Bench

HOUR = timedelta(hours=1)


def test_a_first_poll_and_a_304(bench: Bench) -> None:
    feed = Feed(rss(*numbered(range(3))), etag='W/"odd \xe9"', last_modified="Mon, 02 Mar 2026 11:00:00 GMT")
    with serve({"/feed": feed}) as server:
        bench.subscribe(server.url("/feed"))
        first = bench.poll()[server.url("/feed")]
        second = bench.poll()[server.url("/feed")]
    assert (first.status, first.new, first.stories, first.name) == ("ok", 3, 3, "A feed")
    assert (second.status, second.new) == ("unchanged", 0)
    assert server.requests[0].header("If-None-Match") is None
    assert server.requests[1].header("If-None-Match") == 'W/"odd \xe9"'
    assert server.requests[1].header("If-Modified-Since") == "Mon, 02 Mar 2026 11:00:00 GMT"
    stored = bench.store.feeds()[0]
    assert (stored.status, stored.entries, stored.last_attempt) == ("unchanged", 3, bench.now)


def test_a_304_need_not_repeat_the_validators(bench: Bench) -> None:
    def answer(request: Request) -> Reply:
        if request.header("If-None-Match") == '"1"':
            return Reply(304)
        return Reply(200, rss(*numbered([1])), (("ETag", '"1"'), ("Content-Type", "application/rss+xml")))

    with serve({"/feed": answer}) as server:
        bench.subscribe(server.url("/feed"))
        assert [next(iter(bench.poll().values())).status for _ in range(3)] == [
            "ok",
            "unchanged",
            "unchanged",
        ]


def test_the_same_body_again_is_unchanged_and_refreshes_the_validators(bench: Bench) -> None:
    feed = Feed(rss(*numbered([1])), etag='"a"')
    with serve({"/feed": feed}) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
        feed.etag = '"b"'
        assert next(iter(bench.poll().values())).status == "unchanged"
        bench.poll()
    assert [request.header("If-None-Match") for request in server.requests] == [None, '"a"', '"b"']


def test_new_entries_come_and_old_ones_stay(bench: Bench) -> None:
    feed = Feed(rss(*numbered(range(3))))
    with serve({"/feed": feed}) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
        feed.body = rss(*numbered(range(2, 5)))
        result = next(iter(bench.poll().values()))
    assert (result.new, result.edited) == (2, 0)
    assert len(bench.titles()) == 5


def test_an_edited_headline_is_no_new_story(bench: Bench) -> None:
    feed = Feed(rss(("Old headline", "https://feed.example/1")))
    with serve({"/feed": feed}) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
        feed.body = rss(("New headline", "https://feed.example/1"))
        bench.now += HOUR
        result = next(iter(bench.poll().values()))
    assert (result.new, result.edited) == (0, 1)
    (story,) = bench.store.latest(10)
    assert (story.title, story.updated) == ("New headline", bench.now)


def test_one_story_once_across_feeds(bench: Bench) -> None:
    one = rss(("Fed holds rates steady, signals two cuts", "https://a.ex/1?utm_source=rss"))
    two = rss(
        ("Rates on hold", "https://www.a.ex/1/"),
        ("FED holds rates steady - signals two cuts", "https://b.ex/2"),
    )
    with serve({"/one": Feed(one), "/two": Feed(two)}) as server:
        bench.subscribe(server.url("/one"), server.url("/two"))
        bench.poll()
    (story,) = bench.store.latest(10)
    assert len(story.also) == 2


BROKEN: dict[str, Route] = {
    "404": Reply(404),
    "500": Reply(500),
    "an HTML page": Feed(b"<!DOCTYPE html><html><body>Log in</body></html>", "text/html"),
    "nothing": Feed(b""),
    "no answer": Raw(hang),
    "no HTTP": Raw(b"220 ftp.example ready\r\n"),
    "a loop": redirect("/broken"),
    "too large": Feed(b" " * 20_000_000),
}


@pytest.mark.parametrize("how", BROKEN)
def test_one_broken_feed_is_a_result(bench: Bench, how: str) -> None:
    if how == "no answer":
        bench.polling = type(bench.polling)(host_gap=timedelta(0), timeout=timedelta(seconds=3))
    with serve({"/broken": BROKEN[how], "/good": Feed(rss(*numbered([1])))}) as server:
        bench.subscribe(server.url("/broken"), server.url("/good"))
        results = bench.poll()
    broken, good = results[server.url("/broken")], results[server.url("/good")]
    assert (broken.status, good.status, good.new) == ("failing", "ok", 1)
    assert broken.message
    stored = bench.store.feeds()[0]
    assert (stored.status, stored.last_error, stored.failures) == ("failing", broken.message, 1)


def test_a_document_that_is_no_feed_leaves_all_as_it_was(bench: Bench) -> None:
    feed = Feed(rss(*numbered(range(3))), etag='"good"')
    with serve({"/feed": feed}) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
        feed.body, feed.content_type, feed.etag = b"<html>maintenance</html>", "text/html", '"bad"'
        assert next(iter(bench.poll().values())).status == "failing"
        bench.poll()
    assert server.requests[-1].header("If-None-Match") == '"good"'
    assert len(bench.titles()) == 3


def test_a_reader_that_breaks_is_a_result(bench: Bench) -> None:
    async def broken(fetched: Fetched, now: datetime) -> ReadFeed | ReadError:
        raise ZeroDivisionError

    bench.read = broken  # type: ignore[method-assign]
    with serve({"/feed": Feed(rss(*numbered([1])))}) as server:
        bench.subscribe(server.url("/feed"))
        assert next(iter(bench.poll().values())).status == "failing"


def test_a_store_that_breaks_ends_the_round(bench: Bench) -> None:
    with serve({"/feed": Feed(rss(*numbered([1]))), "/slow": Raw(hang)}) as server:
        bench.subscribe(server.url("/feed"), server.url("/slow"))
        bench.sql("DROP TABLE sightings")
        with pytest.raises(StoreError):
            bench.poll()


def test_gone_from_the_first_410(bench: Bench) -> None:
    with serve({"/feed": Reply(410)}) as server:
        bench.subscribe(server.url("/feed"))
        assert next(iter(bench.poll().values())).status == "gone"
        bench.now += timedelta(hours=48)
        assert next(iter(bench.poll(only_due=True).values())).status == "gone"
        bench.now += timedelta(days=300)
        assert bench.poll(only_due=True) == {}


def test_retry_after_is_obeyed_for_the_whole_host_even_when_forced(bench: Bench) -> None:
    routes: dict[str, Route] = {
        "/busy": Reply(429, headers=(("Retry-After", "7200"),)),
        "/other": Feed(rss(*numbered([1]))),
    }
    with serve(routes) as server:
        bench.subscribe(server.url("/busy"), server.url("/other"))
        first = bench.poll()
        assert [result.status for result in first.values()] == ["paused", "paused"]
        bench.now += 1.9 * HOUR
        assert [result.status for result in bench.poll().values()] == ["paused", "paused"]
        assert len(server.requests) == 1
        bench.now += 0.3 * HOUR  # what waited comes back within ten minutes
        assert bench.poll(only_due=True)[server.url("/other")].status == "ok"


def test_a_feed_is_asked_when_it_is_due(bench: Bench) -> None:
    with serve({"/a": Feed(rss(*numbered([1]))), "/b": Feed(rss(*numbered([2])))}) as server:
        bench.subscribe(server.url("/a"), Subscription(server.url("/b"), every=timedelta(hours=6)))
        assert len(bench.poll(only_due=True)) == 2
        assert bench.poll(only_due=True) == {}
        bench.now += 1.2 * HOUR
        assert list(bench.poll(only_due=True)) == [server.url("/a")]


def test_the_attempt_is_stored_before_the_request(bench: Bench) -> None:
    seen: list[object] = []

    def answer(request: Request) -> Reply:
        import sqlite3

        with sqlite3.connect(bench.folder / "aggregator.db") as db:
            seen.append(db.execute("SELECT last_attempt FROM feeds").fetchone()[0])
        db.close()
        return Reply(404)

    with serve({"/feed": answer}) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
    assert seen == ["2026-03-02T12:00:00Z"]


def test_stopping_keeps_what_was_fetched(bench: Bench) -> None:
    def answer(request: Request) -> Reply:
        bench.poller.stop()
        return Reply(200, rss(*numbered([1])), (("Content-Type", "application/rss+xml"),))

    with serve({"/a": answer, "/b": answer}) as server:
        bench.subscribe(server.url("/a"), server.url("/b"))
        results = bench.poll()
    assert list(results) == [server.url("/a")]
    assert len(bench.titles()) == 1


def test_a_round_can_be_cancelled_and_leaves_the_store_whole(bench: Bench) -> None:
    with serve({"/feed": Raw(hang)}) as server:
        bench.subscribe(server.url("/feed"))

        async def cancelled() -> None:
            task = asyncio.ensure_future(bench.poll_now())
            while not server.requests:
                await asyncio.sleep(0.01)
            task.cancel()
            await task

        with pytest.raises(asyncio.CancelledError):
            asyncio.run(cancelled())
    assert bench.store.feeds()[0].status == "new"


def test_passwords_in_addresses_stay_between_us_and_the_server(bench: Bench) -> None:
    with serve({"/feed": Feed(rss(*numbered([1]))), "/bad": Reply(401)}) as server:
        secret = server.url("/feed").replace("//", "//jane:s3cret@")
        bench.subscribe(secret, secret.replace("/feed", "/bad"))
        results = bench.poll()
        bench.publish()
    assert server.requests[0].header("Authorization") == "Basic amFuZTpzM2NyZXQ="
    assert all("s3cret" not in repr(result) for result in results.values())
    assert all(b"s3cret" not in data for data in bench.published().values())


def test_what_the_store_refuses_is_its_feed_s_failure_alone(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    class Careless(Bench):
        async def read(self, fetched: Fetched, now: datetime) -> ReadFeed | ReadError:
            found = await super().read(fetched, now)
            if not fetched.url.endswith("/odd") or isinstance(found, ReadError):
                return found
            (entry,) = found.entries
            return replace(found, entries=(replace(entry, title=None),))  # type: ignore[arg-type]

    careless = Careless(bench.folder, bench.store)
    with serve({"/odd": Feed(rss(*numbered([1]))), "/good": Feed(rss(*numbered([2])))}) as server:
        careless.subscribe(server.url("/odd"), server.url("/good"))
        results = careless.poll()
    assert [result.status for result in results.values()] == ["failing", "ok"]
    assert results[server.url("/odd")].message == "cannot be polled (IntegrityError)"
    assert "this should not happen" in caplog.text
    assert bench.titles() == ["Headline number 2 of many"]


def test_a_host_that_is_being_asked_holds_up_no_other(bench: Bench) -> None:
    """What the service does at each tick: a round that is still under way keeps nobody else waiting."""

    async def run(slow: str, other: str) -> None:
        async with bench.ready() as poller:
            assert {feed.url for feed in poller.due()} == {slow, slow + "/2", other}
            mine = [feed for feed in poller.due() if feed.url != other]
            long = asyncio.ensure_future(poller.poll(mine))
            await asyncio.wait_for(asyncio.to_thread(asked.wait), 60)
            assert [feed.url for feed in poller.due()] == [other]  # not the second of the host that is asked
            (result,) = await poller.poll(poller.due())
            assert (result.url, result.status, long.done()) == (other, "ok", False)
            go_on.set()
            assert [result.status for result in await long] == ["ok", "ok"]

    asked, go_on = threading.Event(), threading.Event()

    def answer(request: Request) -> Reply:
        asked.set()
        go_on.wait(60)
        return Reply(200, rss(*numbered([1])))

    routes: dict[str, Route] = {
        "/slow": answer,
        "/slow/2": Feed(rss(*numbered([2]))),
        "/other": Feed(rss(*numbered([3]))),
    }
    with serve(routes, host="0.0.0.0") as server:
        slow, other = (f"http://127.0.0.{n}:{server.port}/{name}" for n, name in ((2, "slow"), (3, "other")))
        bench.subscribe(slow, slow + "/2", other)
        asyncio.run(run(slow, other))
