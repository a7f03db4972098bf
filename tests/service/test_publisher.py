"""The service publishes beside its polls: neither waits for the other, and nothing is left out."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

from aggregator.app import App, load_config
from aggregator.health.state import ServiceState
from aggregator.pipeline.changes import MANIFEST
from aggregator.service.announcements import Announcements
from aggregator.service.control import Control
from aggregator.service.metrics import Metrics
from aggregator.service.problems import Problems
from aggregator.service.publisher import Publisher
from aggregator.service.rounds import Rounds
from support.command import Folder
from support.feeds import numbered, rss
from support.make import NOON
from support.server import Feed, serve


@contextlib.asynccontextmanager
async def working(
    folder: Folder, state: ServiceState | None = None, writing: asyncio.Lock | None = None
) -> AsyncIterator[tuple[Rounds, App, Control]]:
    """Rounds as a service has them, over the feeds of the folder."""
    writing = writing or asyncio.Lock()
    config = load_config(folder.path / "feeds.yaml")
    control, metrics = Control(), Metrics()
    state = state or ServiceState(1, "0", NOON, "feeds.yaml")
    problems = Problems(state, control, lambda: NOON)
    with App(config, lambda: NOON, 2.0).open() as app:
        publisher = Publisher(app, control, metrics)
        async with app.ready(), publisher:
            yield (
                Rounds(
                    app,
                    publisher,
                    control,
                    problems,
                    metrics=metrics,
                    state=state,
                    writing=writing,
                    announcements=Announcements(),
                ),
                app,
                control,
            )


@contextlib.contextmanager
def nobody_else_writes(folder: Folder) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(folder.path / "data" / "aggregator.db", timeout=30)) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def run(work: Callable[[], Coroutine[object, object, None]], folder: Folder, feed: Feed) -> bytes:
    """Does the work, with this feed subscribed; the merged feed that came of it."""
    with serve({"/a": feed}) as server:
        folder.configure([server.url("/a")])
        asyncio.run(work())
    return folder.published()["feed.atom"]


async def _settled(rounds: Rounds) -> None:
    while len(rounds):
        await asyncio.sleep(0.01)


def test_the_service_goes_on_while_a_publication_waits(folder: Folder) -> None:
    async def work() -> None:
        async with working(folder) as (rounds, app, _):
            await app.poll_round(app.due_feeds())
            with nobody_else_writes(folder):
                rounds.begin()
                for _ in range(100):
                    await asyncio.sleep(0)
            await _settled(rounds)

    assert b"Headline number 2 of many" in run(work, folder, Feed(rss(*numbered(range(3)))))


def test_a_publication_waits_until_what_others_published_is_copied(folder: Folder) -> None:
    """Else older files of others could take the place of its own."""

    async def work() -> None:
        writing = asyncio.Lock()
        async with working(folder, writing=writing) as (rounds, app, _):
            await app.poll_round(app.due_feeds())
            public = folder.path / "data" / "public"
            async with writing:
                rounds.begin()
                for _ in range(100):
                    await asyncio.sleep(0)
                assert len(rounds) == 1
                assert not public.exists()
            await _settled(rounds)
            assert (public / "feed.atom").exists()

    run(work, folder, Feed(rss(*numbered(range(3)))))


def test_what_another_process_has_published_meanwhile_is_looked_at(folder: Folder) -> None:
    """One that stood still in the middle of a publication goes on, and writes what is not so any more."""

    async def work() -> None:
        async with working(folder) as (rounds, app, _):
            await app.poll_round(app.due_feeds())
            for _ in range(3):  # until there is nothing to do
                rounds.begin()
                await _settled(rounds)
            (folder.path / "data/public/feed.atom").write_bytes(b"Not so any more")
            manifest = folder.path / "data" / MANIFEST
            manifest.write_bytes(manifest.read_bytes())  # as the last it does
            assert b"Not so any more" in folder.published()["feed.atom"]
            rounds.begin()
            await _settled(rounds)

    assert b"Not so any more" not in run(work, folder, Feed(rss(*numbered(range(3)))))


def test_what_is_polled_during_a_publication_is_published_next(folder: Folder) -> None:
    feed = Feed(rss())

    async def work() -> None:
        async with working(folder) as (rounds, app, _):
            for number in range(20):
                feed.body = rss(*numbered(range(number + 1)))
                await app.poll_round(app.feeds(), forced=True)
                rounds.begin()
            await _settled(rounds)
            rounds.begin()
            await _settled(rounds)

    shown = run(work, folder, feed)
    assert [number for number in range(20) if b">Headline number %d of" % number not in shown] == []


def test_a_publication_that_does_not_end_is_a_problem_until_it_does(folder: Folder) -> None:
    """As where a process that writes to the public folder was stopped, or a disk on the network does not answer."""
    state = ServiceState(1, "0", NOON, "feeds.yaml")
    public = folder.path / "data/public"

    async def work() -> None:
        async with working(folder, state) as (rounds, _, _):
            held = os.open(public, os.O_RDONLY)
            fcntl.flock(held, fcntl.LOCK_EX)
            rounds.look_after_publication(0)
            assert not state.problems
            rounds.begin()
            while not state.problems:
                await asyncio.sleep(0)
                rounds.look_after_publication()
                rounds.look_after_publication(0)
            assert list(state.problems) == ["publish"]
            os.close(held)
            await _settled(rounds)
            rounds.look_after_publication(0)
            assert not state.problems

    public.mkdir(parents=True)
    assert b"Headline number 2 of many" in run(work, folder, Feed(rss(*numbered(range(3)))))


def test_a_stop_during_a_publication_lets_it_end(folder: Folder) -> None:
    async def work() -> None:
        async with working(folder) as (rounds, app, control):
            await app.poll_round(app.due_feeds())
            with nobody_else_writes(folder):
                rounds.begin()
                await asyncio.sleep(0)
                control.stopping = True
                end = asyncio.ensure_future(rounds.finish(lambda: None))
                await asyncio.sleep(0)
            await end

    assert b"Headline number 2 of many" in run(work, folder, Feed(rss(*numbered(range(3)))))


def test_a_worker_that_only_polls_opens_no_second_store(folder: Folder) -> None:
    async def work() -> None:
        async with working(folder):
            pass

    folder.configure(["https://a.example/feed"])
    asyncio.run(work())
    assert sorted(path.name for path in (folder.path / "data").iterdir()) == ["aggregator.db"]
