"""Manners that need the store and more than one feed: pauses, silence, moves, attempts, what a force overrides."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.models import Plan
from aggregator.pipeline.poll import part_overdue
from aggregator.settings import Keep, Subscription
from aggregator.store.open import open_store
from support.bench import Bench
from support.feeds import numbered, rss
from support.server import Feed, Reply, Request, Route, Server, redirect, serve

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FEED = rss(*numbered(range(3)))


class Names:
    """A DNS that knows `*.example`, but for some."""

    def __init__(self, *lost: str) -> None:
        self.lost = set(lost)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        if host in self.lost or "*" in self.lost:
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        return ["127.0.0.1"]


def at(server: Server, host: str, path: str = "/feed") -> str:
    return f"http://{host}.example:{server.port}{path}"


# ---------------------------------------------------------------- silence


def test_five_hosts_in_a_row_unreachable_are_us(bench: Bench) -> None:
    names = Names()
    with serve({"/feed": Feed(FEED)}) as server:
        urls = [at(server, host) for host in "abcdefgh"]
        bench.subscribe(*urls)
        bench.poll(resolve=names)
        bench.now += DAY
        names.lost.add("*")
        results = bench.poll(only_due=True, resolve=names)
        assert set(results) == set(urls)
        assert all("no network" in (result.message or "") for result in results.values())
        for feed in bench.store.feeds():
            assert (feed.status, feed.failures, feed.last_error, feed.failing_since) == ("ok", 0, None, None)
            assert feed.next_poll == bench.now + 5 * MINUTE
        assert bench.poll(only_due=True, resolve=names) == {}
        names.lost.clear()
        bench.now += 5 * MINUTE
        results = bench.poll(only_due=True, resolve=names)
    assert [result.status for result in results.values()] == ["unchanged"] * 8


def test_one_answer_between_means_that_it_is_they(bench: Bench) -> None:
    bench.polling = type(bench.polling)(hosts_at_once=1, host_gap=timedelta(0))
    names = Names(*(f"{host}.example" for host in "abcdfghi"))
    with serve({"/feed": Feed(FEED)}) as server:
        bench.subscribe(*(at(server, host) for host in "abcdefghi"))
        results = bench.poll(resolve=names)
    assert [result.status for result in results.values()].count("failing") == 8
    assert {feed.failures for feed in bench.store.feeds()} == {0, 1}


def test_dead_hosts_cannot_look_like_the_lack_of_a_network_for_ever(bench: Bench) -> None:
    dead = [f"dead{number}" for number in range(23)]
    names = Names(*(f"{host}.example" for host in dead))
    bench.polling = type(bench.polling)(hosts_at_once=1, host_gap=timedelta(0))
    with serve({"/feed": Feed(FEED)}) as server:
        bench.subscribe(*(at(server, host) for host in [*dead, "alive"]))
        for _ in range(10):
            bench.poll(only_due=True, resolve=names)
            bench.now += 6 * MINUTE
        stored = {feed.url: feed for feed in bench.store.feeds()}
    assert stored[at(server, "alive")].status == "ok"


def test_a_small_outage_over_several_rounds_counts_nothing_in_the_end(bench: Bench) -> None:
    """One feed at a time is due: the first four failures are taken back when the fifth host is silent too."""
    with serve({"/feed": Feed(FEED)}) as server:
        bench.subscribe(*(at(server, host) for host in "abcdef"))

        async def rounds() -> None:
            await bench.poll_now(resolve=Names())
            bench.now += DAY
            async with bench.ready(resolve=Names("*")) as poller:
                for feed in bench.store.feeds()[:5]:
                    await poller.poll([feed])

        asyncio.run(rounds())
    assert [feed.failures for feed in bench.store.feeds()] == [0] * 6
    assert {feed.status for feed in bench.store.feeds()} == {"ok"}


# ---------------------------------------------------------------- pauses


def test_a_pause_holds_for_the_host_across_processes(bench: Bench) -> None:
    routes: dict[str, Route] = {"/busy": Reply(503, headers=(("Retry-After", "7200"),)), "/feed": Feed(FEED)}
    with serve(routes) as server:
        bench.subscribe(at(server, "a", "/busy"), at(server, "b"))
        bench.poll(resolve=Names())
        other = open_store(bench.folder / "aggregator.db")
        assert set(other.paused_hosts(bench.now)) == {"a.example"}
        other.close()


def test_a_redirect_does_not_lead_round_a_pause(bench: Bench) -> None:
    with serve({"/busy": Reply(429, headers=(("Retry-After", "7200"),)), "/feed": Feed(FEED)}) as server:
        server.routes["/led"] = redirect(at(server, "busy"), 302)
        bench.subscribe(at(server, "busy", "/busy"))
        bench.poll(resolve=Names())
        bench.subscribe(at(server, "busy", "/busy"), at(server, "other", "/led"))
        result = bench.poll(forced=True, resolve=Names())[at(server, "other", "/led")]
        assert (result.status, len(server.asked("/feed"))) == ("paused", 0)
        server.routes["/busy"] = Feed(FEED)
        bench.now += 3 * HOUR
        assert bench.poll(only_due=True, resolve=Names())[at(server, "other", "/led")].status == "ok"


def test_the_pause_is_for_the_host_that_asked_for_it(bench: Bench) -> None:
    with serve({"/busy": Reply(429, headers=(("Retry-After", "7200"),)), "/feed": Feed(FEED)}) as server:
        server.routes["/led"] = redirect(at(server, "busy", "/busy"), 302)
        bench.subscribe(at(server, "front", "/led"), at(server, "front"), at(server, "busy"))
        results = bench.poll(resolve=Names())
        assert results[at(server, "front")].status == "ok"
        assert set(bench.store.paused_hosts(bench.now)) == {"busy.example"}


def test_refusals_of_a_host_add_up_and_are_forgotten(bench: Bench) -> None:
    busy = Reply(429)
    with serve({"/a": busy, "/b": busy}) as server:
        bench.subscribe(server.url("/a"), server.url("/b"))
        waits = []
        for _ in range(5):
            bench.poll()
            until = bench.store.paused_hosts(bench.now)["127.0.0.1"]
            waits.append(round((until - bench.now) / HOUR))
            bench.now = until
        assert waits == [1, 2, 4, 6, 6]
        server.routes |= {"/a": Feed(FEED), "/b": Feed(FEED)}
        bench.poll()
        server.routes["/a"] = busy
        bench.now += DAY
        bench.poll()
        assert round((bench.store.paused_hosts(bench.now)["127.0.0.1"] - bench.now) / HOUR) == 1


def test_a_refusal_is_the_hosts_and_its_feeds_take_turns(bench: Bench) -> None:
    """A host that answers once a minute: nobody fails, and who was not served for longest goes first."""
    served: list[str] = []

    def answer(request: Request) -> Reply:
        if served and bench.now - last[0] < MINUTE:
            return Reply(429, headers=(("Retry-After", "60"),))
        served.append(request.target)
        last[0] = bench.now
        return Reply(200, FEED, (("Content-Type", "application/rss+xml"),))

    last = [bench.now]
    paths = [f"/{number}" for number in range(6)]
    with serve(dict.fromkeys(paths, answer)) as server:
        bench.subscribe(*(at(server, "crowd", path) for path in paths))
        for _ in range(90):
            bench.poll(only_due=True, resolve=Names())
            bench.now += MINUTE
    assert sorted(served[:6]) == paths
    assert {feed.failures for feed in bench.store.feeds()} == {0}
    assert [request.target for request in server.requests].count("/1") <= 3
    assert len(server.requests) - len(served) <= 2  # after a refusal, requests are a minute apart


# ---------------------------------------------------------------- our own refusals


def test_what_our_settings_refuse_is_due_when_they_are_mended(bench: Bench) -> None:
    with serve({"/feed": Feed(FEED)}) as server:
        bench.subscribe(server.url("/feed"))
        allowed = bench.config
        bench.config = replace(allowed, allow_addresses=())
        for _ in range(3):
            assert bench.poll()[server.url("/feed")].status == "failing"
            bench.now += 2 * HOUR
        (feed,) = bench.store.feeds()
        assert feed.next_poll is not None
        assert feed.next_poll - bench.now <= 0 * HOUR  # no back-off
        assert bench.poll(only_due=True)[server.url("/feed")].status == "failing"
        assert bench.poll(only_due=True) == {}
        bench.config = allowed
        bench.store.sync_subscriptions(allowed.feeds, bench.now)  # as at a start
        assert bench.poll(only_due=True)[server.url("/feed")].status == "ok"


# ---------------------------------------------------------------- attempts


def test_a_crash_loop_does_not_hammer(bench: Bench) -> None:
    """The process ends while it is being answered: the next one leaves the feed alone for a while."""
    with serve({"/feed": Feed(FEED)}) as server:
        bench.subscribe(server.url("/feed"))
        (feed,) = bench.store.due_feeds(bench.now)
        assert bench.store.begin_polls([(feed, "any.example")], bench.now, bench.now + HOUR)[0]
        assert bench.poll(only_due=True) == {}
        bench.now += HOUR
        assert bench.poll(only_due=True)[server.url("/feed")].status == "ok"


def test_two_processes_do_not_ask_twice(bench: Bench) -> None:
    seen: list[str] = []

    def answer(request: Request) -> Reply:
        seen.append(request.target)
        return Reply(200, FEED, (("Content-Type", "application/rss+xml"),))

    with serve({"/feed": answer}) as server:
        bench.subscribe(server.url("/feed"))
        stale = bench.store.due_feeds(bench.now)

        async def both() -> list[str]:
            async with bench.ready() as poller:
                first = await poller.poll(stale)
                second = await poller.poll(stale)
                return [(*first, *second)[1].message or ""]

        assert asyncio.run(both()) == ["not polled: another process has just polled it"]
    assert seen == ["/feed"]


def test_overdue_feeds_are_parted_and_new_ones_are_not(bench: Bench) -> None:
    with serve({f"/{number}": Feed(FEED) for number in range(60)}) as server:
        bench.subscribe(*(server.url(f"/{number}") for number in range(60)))
        for feed in bench.store.feeds():
            bench.store.postpone({feed.id: Plan("ok", bench.now - HOUR, "every hour")})
        bench.subscribe(*(server.url(f"/{number}") for number in range(60)), server.url("/new"))
        part_overdue(bench.store, bench.now)
        assert server.url("/new") in [feed.url for feed in bench.store.due_feeds(bench.now)]
        assert len(bench.store.due_feeds(bench.now)) < 10
        assert len(bench.store.due_feeds(bench.now + 2 * MINUTE)) == 61


# ---------------------------------------------------------------- force


def test_a_forced_poll_says_what_it_overrides(bench: Bench) -> None:
    feed = Feed(FEED, headers=(("Cache-Control", "max-age=14400"),))
    with serve({"/feed": feed}) as server:
        bench.subscribe(server.url("/feed"))
        assert bench.poll()[server.url("/feed")].overrides is None
        bench.now += HOUR
        forced = bench.poll(forced=True)[server.url("/feed")]
        assert forced.overrides == "every 4 h: the server's cache lifetime"
        bench.now += 5 * HOUR
        assert bench.poll(only_due=True)[server.url("/feed")].overrides is None


def test_hours_to_skip_are_kept_though_the_feed_is_due_unless_it_is_forced(bench: Bench) -> None:
    extra = "<skipHours><hour>14</hour><hour>15</hour></skipHours>"
    with serve({"/feed": Feed(rss(*numbered([1]), extra=extra))}) as server:
        url = server.url("/feed")
        bench.subscribe(Subscription(url, every=30 * MINUTE))
        bench.poll()
        bench.now += 2.5 * HOUR  # the program was not running: it is 14:30
        result = bench.poll(only_due=True)[url]
        assert "skipHours" in (result.message or "")
        assert len(server.requests) == 1
        assert bench.store.feeds()[0].next_poll == bench.now + 1.5 * HOUR
        assert bench.poll(forced=True)[url].status == "unchanged"


# ---------------------------------------------------------------- moves


def moved_bench(bench: Bench, server: Server, days: float, polls: int) -> str:
    for _ in range(polls):
        bench.poll(resolve=Names())
        bench.now += days / (polls - 1) * DAY
    return bench.store.feeds()[0].effective_url


@pytest.mark.parametrize(
    ("why", "days", "polls", "follows"),
    [("a week and five", 7.1, 6, True), ("six days", 6, 9, False), ("four", 9, 4, False)],
)
def test_a_move_that_lasts(bench: Bench, why: str, days: float, polls: int, follows: bool) -> None:
    with serve({"/feed": Feed(FEED)}) as server:
        server.routes["/old"] = redirect(at(server, "new"), 301)
        bench.subscribe(at(server, "old", "/old"))
        place = moved_bench(bench, server, days, polls)
        assert place == (at(server, "new") if follows else at(server, "old", "/old"))


def test_a_feed_is_never_moved_to_a_page(bench: Bench) -> None:
    with serve({"/page": Feed(b"<!DOCTYPE html><html>Log in</html>", "text/html")}) as server:
        server.routes["/old"] = redirect(at(server, "new", "/page"), 301)
        bench.subscribe(at(server, "old", "/old"))
        assert moved_bench(bench, server, 20, 20) == at(server, "old", "/old")


def test_a_moved_feed_stays_the_same_feed_when_the_file_is_edited(bench: Bench) -> None:
    with serve({"/feed": Feed(FEED)}) as server:
        server.routes["/old"] = redirect(at(server, "new"), 308)
        bench.subscribe(at(server, "old", "/old"))
        moved_bench(bench, server, 7.1, 6)
        (before,) = bench.store.feeds()
        bench.subscribe(at(server, "new"))
        (after,) = bench.store.feeds()
    assert (after.id, after.url, after.entries) == (before.id, at(server, "new"), 3)


# ---------------------------------------------------------------- validators


def test_validators_that_vanish_are_not_sent_again(bench: Bench) -> None:
    feed = Feed(FEED, etag='"1"', last_modified="Mon, 02 Mar 2026 11:00:00 GMT")
    with serve({"/feed": feed}) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
        feed.etag, feed.last_modified = None, None
        for _ in range(2):
            bench.poll()
    assert [request.header("If-None-Match") for request in server.requests] == [None, '"1"', None]
    assert [request.header("If-Modified-Since") is None for request in server.requests] == [True, False, True]


def test_a_delta_is_kept_and_what_it_leaves_out_is_still_listed(bench: Bench) -> None:
    def answer(request: Request) -> Reply:
        kind = ("Content-Type", "application/rss+xml")
        if request.header("If-None-Match") == '"1"' and request.header("A-IM") == "feed":
            return Reply(226, rss(*numbered([4])), (kind, ("IM", "feed"), ("ETag", '"2"')))
        if request.header("If-None-Match") == '"2"':
            return Reply(304)
        return Reply(200, FEED, (kind, ("ETag", '"1"')))

    with serve({"/feed": answer}) as server:
        bench.subscribe(server.url("/feed"))
        assert server.requests == []
        statuses = [next(iter(bench.poll().values())).status for _ in range(3)]
    assert statuses == ["ok", "ok", "unchanged"]
    assert server.requests[0].header("A-IM") is None
    assert bench.store.feeds()[0].entries == 4
    bench.now += 400 * DAY
    bench.sql("UPDATE feeds SET last_success = '2027-04-01T00:00:00Z'")
    assert bench.store.forget(bench.now, Keep(365)) == 0


def test_a_226_that_nobody_asked_for_is_an_error(bench: Bench) -> None:
    with serve({"/feed": Reply(226, FEED, (("IM", "feed"),))}) as server:
        bench.subscribe(server.url("/feed"))
        assert bench.poll()[server.url("/feed")].status == "failing"


def test_the_history_of_polls_is_kept_and_bounded(bench: Bench) -> None:
    with serve({"/feed": Feed(FEED)}) as server:
        bench.subscribe(server.url("/feed"))
        for _ in range(40):
            bench.poll()
            bench.now += HOUR
        server.routes["/feed"] = Reply(500)
        bench.poll()
    notes = bench.store.feed_history(bench.store.feeds()[0].id)
    assert len(notes) == 30
    assert (notes[0].status, notes[1].status, notes[1].message) == ("failing", "unchanged", "nothing new")
    assert notes[0].message.startswith("500 Internal Server Error")


def test_enabling_lets_a_gone_feed_be_asked_again(bench: Bench) -> None:
    with serve({"/feed": Reply(410)}) as server:
        bench.subscribe(server.url("/feed"))
        for _ in range(2):
            bench.poll()
            bench.now += 25 * HOUR
        assert bench.poll(only_due=True) == {}
        server.routes["/feed"] = Feed(FEED)
        bench.store.enable_feed(bench.store.feeds()[0].id)
        assert bench.poll(only_due=True)[server.url("/feed")].status == "ok"
