"""What workers on one store agree on, on every engine: leases, the fence, who is there, what was published."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.errors import LeaseLost, StoreBusy
from aggregator.models import Feed, Lease, Plan, PollNote, PublishedFile, Worker
from aggregator.settings import Subscription
from aggregator.store.interfaces import Store
from aggregator.store.open import open_store
from support.make import NOON, entry
from support.saving import DAY, answered, changes, new, outcome, query
from support.stores import sql

from .conftest import Engine

MINUTE = timedelta(minutes=1)
SUBSCRIPTIONS = [Subscription(f"https://host{n % 7}.ex/feed/{n}") for n in range(30)]

NAMES = {f"host host{n}.ex" for n in range(7)}


@pytest.fixture
def pair(engine: Engine) -> Iterator[tuple[Store, Store]]:
    """One store, opened twice, with some feeds of each of seven hosts."""
    with closing(engine.open()) as one, closing(engine.open()) as two:
        one.sync_subscriptions(SUBSCRIPTIONS, NOON)
        yield one, two


def hosts(feeds: tuple[Feed, ...]) -> set[str]:
    return {feed.effective_url.split("/")[2] for feed in feeds}


def lease(store: Store, owner: str, now: datetime = NOON, limit: int = 10) -> tuple[Feed, ...]:
    return store.lease_feeds(owner, now, now + MINUTE, limit)


def begin(store: Store, feed: Feed, now: datetime) -> Feed:
    """The feed as it stands once its poll was begun."""
    assert store.begin_polls([(feed, "host0.ex")], now, now + DAY)[0] is not None
    return replace(feed, polls_begun=feed.polls_begun + 1)


def file(name: str, body: bytes | None, version: int = 0) -> PublishedFile:
    return PublishedFile(name, body, 1_800_000_000, version)


# ---------------------------------------------------------------- leases


def test_two_workers_never_have_one_host(pair: tuple[Store, Store]) -> None:
    one, two = pair
    first, second = lease(one, "one", limit=3), lease(two, "two", limit=3)
    assert first
    assert second
    assert not hosts(first) & hosts(second)
    rest = lease(two, "two", limit=100)
    assert not hosts(rest) & (hosts(first) | hosts(second))
    assert hosts(first) | hosts(second) | hosts(rest) == {f"host{n}.ex" for n in range(7)}
    assert lease(one, "one", limit=100) == lease(two, "two", limit=100) == ()


def test_a_lease_of_one_whose_clock_was_wrong_holds_nobody_up(pair: tuple[Store, Store]) -> None:
    """It gave the lease back to be free by that clock, or was killed before, and the clock was set right."""
    one, two = pair
    wrong = NOON + 30 * DAY
    assert one.lease(["publish", "digest"], "one", wrong, wrong + MINUTE)
    one.release(["publish"], "one", wrong)
    assert two.lease(["publish", "digest"], "two", NOON, NOON + MINUTE).keys() == {"publish", "digest"}
    assert not one.lease(["digest"], "one", NOON, NOON + 2 * MINUTE)
    polled = lease(one, "one", wrong, limit=100)
    one.release({"host host1.ex", "host host2.ex"}, "one", wrong + MINUTE)
    assert lease(two, "two", limit=100) == polled
    assert lease(one, "one", limit=100) == ()


def test_feeds_come_in_the_order_of_their_plans(pair: tuple[Store, Store]) -> None:
    one, _ = pair
    feeds = one.feeds()
    one.postpone({feeds[3].id: Plan("ok", NOON - DAY, "x"), feeds[4].id: Plan("ok", NOON - 2 * DAY, "x")})
    one.postpone({feed.id: Plan("ok", NOON + DAY, "x") for feed in feeds[7:]})
    assert lease(one, "one", limit=100) == tuple(feed for feed in one.due_feeds(NOON))


def test_a_lease_that_has_run_out_is_granted_to_another(pair: tuple[Store, Store]) -> None:
    one, two = pair
    leased = lease(one, "one", limit=100)
    assert lease(two, "two", NOON + timedelta(seconds=59), limit=100) == ()
    assert lease(two, "two", NOON + MINUTE, limit=100) == leased
    assert one.renew(NAMES, "one", NOON + DAY) == frozenset()


def test_a_lease_that_is_renewed_holds_on(pair: tuple[Store, Store]) -> None:
    one, two = pair
    leased = lease(one, "one", limit=100)
    assert one.renew(NAMES, "one", NOON + 2 * MINUTE) == NAMES
    assert lease(two, "two", NOON + MINUTE, limit=100) == ()
    assert lease(two, "two", NOON + 2 * MINUTE, limit=100) == leased


def test_what_is_released_is_free_from_the_moment_that_was_said(pair: tuple[Store, Store]) -> None:
    one, two = pair
    lease(one, "one", limit=100)
    one.release({"host host3.ex", "host host4.ex"}, "one", NOON + timedelta(seconds=2))
    two.release({"host host5.ex"}, "two", NOON)  # which is not two's
    assert lease(two, "two", NOON + timedelta(seconds=1), limit=100) == ()
    assert hosts(lease(two, "two", NOON + timedelta(seconds=2), limit=100)) == {"host3.ex", "host4.ex"}


def test_a_token_grows_each_time_it_is_granted(pair: tuple[Store, Store]) -> None:
    one, two = pair
    assert one.lease(["publish"], "one", NOON, NOON + MINUTE) == {"publish": 1}
    assert two.lease(["publish", "other"], "two", NOON, NOON + MINUTE) == {"other": 1}
    assert two.leases(["publish", "other", "third"], NOON) == {"publish": "one", "other": "two"}
    assert two.leases(["publish"], NOON + MINUTE) == {}
    assert two.lease(["publish"], "two", NOON + MINUTE, NOON + DAY) == {"publish": 2}
    assert one.lease(["publish"], "one", NOON + MINUTE, NOON + DAY) == {}


def test_a_host_is_known_by_where_its_feed_has_moved(pair: tuple[Store, Store]) -> None:
    one, _ = pair
    feed = one.feeds()[0]
    one.enable_feed(feed.id)
    one.lease(["host host0.ex"], "other", NOON, NOON + DAY)
    assert "host0.ex" not in hosts(lease(one, "one", limit=100))


def test_many_workers_that_lease_at_once_share_the_hosts(engine: Engine) -> None:
    with closing(engine.open()) as store:
        store.sync_subscriptions([Subscription(f"https://h{n % 40}.ex/{n}") for n in range(120)], NOON)
    got: dict[str, list[Feed]] = {f"worker {n}": [] for n in range(4)}
    together = threading.Barrier(len(got))

    def work(owner: str) -> None:
        with closing(engine.open()) as own:
            together.wait(60)
            nothing = 0
            while nothing < 2:
                found = lease(own, owner, limit=11)
                got[owner] += found
                nothing = 0 if found else nothing + 1

    threads = [threading.Thread(target=work, args=(owner,)) for owner in got]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    owners = Counter(host for feeds in got.values() for host in hosts(tuple(feeds)))
    assert set(owners.values()) == {1}
    assert len(owners) == 40
    assert len({feed.id for feeds in got.values() for feed in feeds}) == sum(map(len, got.values()))


STEPS = st.lists(
    st.tuples(st.sampled_from(["lease", "renew", "release", "wait"]), st.sampled_from(["one", "two"])),
    max_size=12,
)


@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_workers_do_a_host_has_one_of_them(
    pair: tuple[Store, Store], steps: list[tuple[str, str]]
) -> None:
    """A model of what each worker was granted, and until when."""
    stores, now = dict(zip(("one", "two"), pair, strict=True)), NOON
    until: dict[str, dict[str, datetime]] = {"one": {}, "two": {}}
    free: dict[str, datetime] = {}
    pair[0].release(NAMES, "one", NOON)
    pair[1].release(NAMES, "two", NOON)
    for step, owner in steps:
        store, own, other = stores[owner], until[owner], until["two" if owner == "one" else "one"]
        if step == "lease":
            for host in hosts(lease(store, owner, now, limit=9)):
                name = f"host {host}"
                assert other.pop(name, now) <= now
                assert own.get(name, now) <= now
                assert free.get(name, now) <= now
                own[name] = now + MINUTE
        elif step == "renew":
            kept = store.renew(NAMES, owner, now + MINUTE)
            assert kept == own.keys()
            own.update(dict.fromkeys(kept, now + MINUTE))
        elif step == "release":
            store.release(list(own), owner, now + timedelta(seconds=2))
            free.update(dict.fromkeys(own, now + timedelta(seconds=2)))
            own.clear()
        else:
            now += timedelta(seconds=31)


# ---------------------------------------------------------------- the fence


def test_a_poll_that_another_has_begun_since_is_not_saved(pair: tuple[Store, Store]) -> None:
    one, two = pair
    (feed, *_) = lease(one, "one", limit=100)
    ours = begin(one, feed, NOON)
    found = entry("A", "https://a.ex/1")
    decided = changes(one, new(found))
    (again,) = (each for each in two.feeds() if each.id == feed.id)
    theirs = begin(two, again, NOON + MINUTE)
    before = two.feeds()
    stale = outcome(ours, changes=decided, response=answered(feed.url))
    for refused in (stale, replace(stale, changes=None)):
        context = one.load_context(query(ours, found))
        if refused.changes is not None:
            refused = replace(refused, changes=replace(refused.changes, revision=context.revision))
        with pytest.raises(LeaseLost):
            one.save_poll(replace(refused, poll_number=ours.polls_begun))
    assert (one.latest(10), one.feed_history(feed.id), one.feeds()) == ((), (), before)
    context = two.load_context(query(theirs, found))
    done = outcome(theirs, changes=replace(decided, revision=context.revision), response=answered(feed.url))
    assert two.save_poll(replace(done, poll_number=theirs.polls_begun))
    assert [story.title for story in one.latest(10)] == ["A"]


def test_a_plan_of_a_poll_that_another_has_begun_since_is_not_kept(pair: tuple[Store, Store]) -> None:
    one, two = pair
    first, second = one.feeds()[:2]
    begin(two, first, NOON)
    later = Plan("ok", NOON + 9 * DAY, "later")
    note = PollNote(NOON, "ok", "put off", "later")
    numbers = {first.id: first.polls_begun, second.id: second.polls_begun}
    one.postpone({first.id: later, second.id: later}, note, numbers)
    assert [feed.next_poll for feed in one.feeds()[:2]] == [NOON + DAY, NOON + 9 * DAY]
    assert (one.feed_history(first.id), one.feed_history(second.id)) == ((), (note,))


def test_a_poll_is_saved_though_its_lease_has_run_out_if_nobody_took_it(pair: tuple[Store, Store]) -> None:
    one, two = pair
    (feed, *_) = lease(one, "one", limit=100)
    ours = begin(one, feed, NOON)
    lease(two, "two", NOON + DAY, limit=100)
    done = replace(outcome(ours, response=answered(feed.url)), poll_number=ours.polls_begun)
    assert one.save_poll(done) is not None
    assert len(one.feed_history(feed.id)) == 1


def test_files_are_kept_of_the_last_publisher_alone(pair: tuple[Store, Store]) -> None:
    one, two = pair
    (first,) = one.lease(["publish"], "one", NOON, NOON + MINUTE).values()
    assert one.published_at() is None
    assert one.save_outputs([file("a.html", b"old"), file("b.html", b"b")], Lease("publish", "one", first))
    (second,) = two.lease(["publish"], "two", NOON + MINUTE, NOON + DAY).values()
    assert one.save_outputs([file("a.html", b"stale")], Lease("publish", "one", first)) is False
    assert two.save_outputs(
        [file("a.html", b"new" * 1000), file("b.html", None)], Lease("publish", "two", second)
    )
    last = one.outputs_version()
    assert list(one.published_files(0)) == [file("a.html", b"new" * 1000, last), file("b.html", None, last)]
    assert list(one.published_files(last)) == []
    # One of another store, of which this one is an older copy.
    assert list(one.published_files(last + 7)) == list(one.published_files(0))


def test_when_a_file_last_changed_is_not_when_one_went(pair: tuple[Store, Store]) -> None:
    one, _ = pair
    lease = Lease("publish", "one", one.lease(["publish"], "one", NOON, NOON + MINUTE)["publish"])
    assert one.save_outputs([file("a.html", b"a"), file("b.html", b"b")], lease)
    assert one.save_outputs([PublishedFile("b.html", None, 0)], lease)
    assert one.published_at() == datetime.fromtimestamp(1_800_000_000, UTC)


def test_nobody_begins_to_publish_while_files_are_kept(engine: Engine) -> None:
    """The next publisher reads what is kept as it begins; what came later it would take for its own."""
    tried: list[object] = []

    def trace(statement: str) -> None:
        if "INTO outputs" in statement and not tried:
            try:
                tried.append(two.lease(["publish"], "two", NOON + MINUTE, NOON + DAY))
            except StoreBusy as error:
                tried.append(error)

    with (
        closing(engine.open(trace=trace)) as one,
        closing(open_store(engine.place(), lock_timeout=0.1)) as two,
    ):
        lease = Lease("publish", "one", one.lease(["publish"], "one", NOON, NOON + MINUTE)["publish"])
        assert one.save_outputs([file("a.html", b"a")], lease)
        assert [type(each) for each in tried] == [StoreBusy]
        assert one.lease(["publish"], "two", NOON + MINUTE, NOON + DAY) == {"publish": 2}


def test_files_of_a_store_that_has_lost_some_come_all_anew(engine: Engine) -> None:
    """A backup is restored, or a standby takes over that has not got all, and as much is published again."""
    with closing(engine.open()) as store:
        lease = Lease("publish", "one", store.lease(["publish"], "one", NOON, NOON + DAY)["publish"])
        assert store.save_outputs([file("a.html", b"a"), file("b.html", b"b"), file("c.html", b"c")], lease)
        for table in ("outputs", "meta"):
            run(engine, f"CREATE TABLE copy_of_{table} AS SELECT * FROM {table}")
        assert store.save_outputs([file("a.html", b"lost")], lease)
        read = store.outputs_version()
        for table in ("outputs", "meta"):
            run(engine, f"DELETE FROM {table}")
            run(engine, f"INSERT INTO {table} SELECT * FROM copy_of_{table}")
        for turn in range(400):  # until its versions are higher than the one that was read
            assert store.save_outputs([file("b.html", b"%d" % turn)], lease)
            if store.outputs_version() > read:
                break
        assert [(each.name, each.body) for each in store.published_files(read)] == [
            ("a.html", b"a"),
            ("c.html", b"c"),
            ("b.html", b"%d" % turn),
        ]
        # Who has read up to one of its own versions reads what came since.
        last = store.outputs_version()
        assert store.save_outputs([file("c.html", b"newer")], lease)
        assert [each.name for each in store.published_files(last)] == ["c.html"]


def run(engine: Engine, statement: str) -> None:
    """Over a connection of the test's own."""
    if engine.kind == "sqlite":
        sql(Path(engine.place()), statement)
        return
    import psycopg

    with psycopg.connect(engine.place()) as connection:
        connection.execute(statement.encode())


def test_what_is_published_while_files_are_read_comes_the_next_time(pair: tuple[Store, Store]) -> None:
    one, two = pair
    lease = Lease("publish", "one", one.lease(["publish"], "one", NOON, NOON + MINUTE)["publish"])
    assert one.save_outputs([file("a.html", b"a"), file("b.html", b"b"), file("c.html", b"c")], lease)
    reading = two.published_files(0)
    found = [next(reading)]
    assert one.save_outputs([file("a.html", b"newer a"), file("c.html", b"newer c")], lease)
    found += reading
    found += two.published_files(found[-1].version)
    assert {each.name: each.body for each in found} == {
        "a.html": b"newer a",
        "b.html": b"b",
        "c.html": b"newer c",
    }


# ---------------------------------------------------------------- workers


def test_workers_are_seen_until_they_end(pair: tuple[Store, Store]) -> None:
    one, two = pair
    first, second = Worker("one", "poller", NOON, NOON), Worker("two", "web", NOON, NOON)
    one.note_worker(first)
    two.note_worker(second)
    two.note_worker(replace(second, seen=NOON + MINUTE))
    assert one.workers(NOON) == (first, replace(second, seen=NOON + MINUTE))
    assert one.workers(NOON + MINUTE) == (replace(second, seen=NOON + MINUTE),)
    lease(two, "two", limit=100)
    two.forget_worker("two", NOON - DAY)
    assert one.workers(NOON) == (first,)
    assert lease(one, "one", limit=100) != ()
    two.forget_worker("two", NOON + DAY)
    assert one.workers(NOON) == ()


def test_a_server_has_a_clock_of_its_own(engine: Engine, store: Store) -> None:
    found = store.server_time()
    assert (found is None) == (engine.kind == "sqlite")
    assert found is None or found.utcoffset() == timedelta(0)


def test_what_readers_see_is_told_and_what_they_do_not_need_not_be(
    engine: Engine, pair: tuple[Store, Store]
) -> None:
    one, two = pair
    feed = one.feeds()[0]
    before = two.version()
    one.save_poll(outcome(feed, response=answered(feed.url), is_shown=False))
    assert engine.kind == "sqlite" or two.version() == before
    failing = Plan("failing", NOON + DAY, "x", last_error="404")
    before = two.version()
    one.save_poll(outcome(feed, plan=failing))
    assert two.version() != before
