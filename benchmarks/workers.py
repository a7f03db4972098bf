"""How many polls several workers on one store can begin, complete and save, and how many they make over loopback.

    python benchmarks/workers.py [--store URL] [--feeds 1000000] [--seconds 10] [--entries 200000] [--polled 600] [--workers 1,2,4]

Leases: processes take feeds, begin and complete polls that say "not modified", and give the hosts back, in a store with
so many feeds. Documents: processes save documents of 25 entries with 3 new ones, in a store of `--entries` (a database whose
user is a superuser; see many_rows.py). Polls: as many `aggregator run --role poller` poll the feeds of `feedfarm.py`, each a host of its own, first
whole and then unchanged. `--store`: an empty database, else a file is used. CPU is that of the workers and, of
polls, of a database's server on this machine; what the farm takes comes beside it on the same cores.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import documents
import many_rows
from aggregator.models import Feed, Plan, PollNote, PollOutcome
from aggregator.store.open import open_store
from feedfarm import farm

COMMAND = Path(sys.executable).with_name("aggregator")
PORTION = 500  # feeds that are leased at a time, as by a worker
TOGETHER = (
    20  # of them that are begun or completed in one transaction: as many as come together in `rounds` below
)
LEASE = timedelta(seconds=20)
_TICK = os.sysconf("SC_CLK_TCK")


def fill(place: str, feeds: int) -> None:
    """Feeds that are all due, each of a host of its own."""
    with contextlib.closing(open_store(place)) as store:
        db: Any = store._db  # type: ignore[attr-defined]
        db.execute(
            "WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < ?)"
            " INSERT INTO feeds (url, effective_url, host, status, position, created_at, next_poll)"
            " SELECT 'https://f' || i || '.ex/feed', 'https://f' || i || '.ex/feed', 'f' || i || '.ex', 'unchanged', i,"
            " '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z' FROM number",
            (feeds,),
        )
        if not place.startswith("postgresql:"):
            db.commit()
        db.execute("ANALYZE")


def complete(place: str, part: tuple[int, int], seconds: float, begin: Any, results: Any) -> None:
    """What a worker does with the store, as fast as it can."""
    name = f"worker {part[0]}"
    with contextlib.closing(open_store(place)) as store:
        begin.wait()
        done, began, until = 0, time.process_time(), time.monotonic() + seconds
        while time.monotonic() < until:
            now = datetime.now(UTC)
            leased = store.lease_feeds(name, now, now + LEASE, PORTION)
            for polled in batched(leased, TOGETHER):
                hosts_of = [(feed, feed.effective_url.split("/")[2]) for feed in polled]
                store.begin_polls(hosts_of, now, now + timedelta(hours=1))
                plan = Plan("unchanged", now + timedelta(hours=1), "every 1 h")
                note = PollNote(now, "unchanged", "nothing new", plan.reason)
                store.save_schedules(
                    [
                        PollOutcome(
                            feed.id, now, plan, note, host, is_shown=False, poll_number=feed.polls_begun + 1
                        )
                        for feed, host in hosts_of
                    ]
                )
            hosts = [f"host {feed.effective_url.split('/')[2]}" for feed in leased]
            store.release(hosts, name, now)
            done += len(leased)
    results.put((done, time.process_time() - began))


def batched(feeds: Sequence[Feed], size: int) -> Iterator[Sequence[Feed]]:
    return (feeds[place : place + size] for place in range(0, len(feeds), size))


def rate(work: Any, place: str, processes: int, seconds: float) -> tuple[float, float]:
    """How often it is done a second, and milliseconds of CPU each."""
    context = multiprocessing.get_context("spawn")
    begin, results = context.Barrier(processes), context.Queue()
    started = [
        context.Process(target=work, args=(place, (n, processes), seconds, begin, results))
        for n in range(processes)
    ]
    for each in started:
        each.start()
    found = [results.get() for _ in started]
    for each in started:
        each.join()
    done = sum(count for count, _ in found)
    return done / seconds, 1000 * sum(cpu for _, cpu in found) / max(done, 1)


# ---------------------------------------------------------------- polls over loopback


def cpu_of(chosen: Callable[[Path, list[str]], bool]) -> float:
    """Seconds of CPU of all processes that are chosen by their folder in /proc and the fields of `stat` from the third on."""
    total = 0.0
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            fields = (path / "stat").read_text().rpartition(")")[2].split()
            if chosen(path, fields):
                total += sum(map(int, fields[11:15])) / _TICK
    return total


def cpu_of_groups(groups: list[int]) -> float:
    return cpu_of(lambda _, fields: int(fields[2]) in groups)


def cpu_of_server(place: str) -> float:
    """Of the database's server, if it runs on this machine and we may look at it."""
    if "://" not in place:
        return 0.0
    import psycopg

    with psycopg.connect(place) as connection:
        ((folder,),) = connection.execute("SHOW data_directory").fetchall()
    return cpu_of(lambda path, _: str((path / "cwd").readlink()) == folder)


@contextlib.contextmanager
def pollers(folder: Path, count: int) -> Iterator[list[int]]:
    """The process groups of so many pollers on one feeds.yaml."""
    command = [str(COMMAND), "-q", "run", "--role", "poller"]
    started = [
        subprocess.Popen(command, cwd=folder, start_new_session=True, stderr=subprocess.DEVNULL)
        for _ in range(count)
    ]
    try:
        yield [each.pid for each in started]
    finally:
        for each in started:
            each.terminate()
        for each in started:
            each.wait()


def rounds(
    place: str, folder: Path, urls: list[str], workers: int
) -> Iterator[tuple[str, float, float, float]]:
    """Of a round of whole documents and one of unchanged ones: polls a second, and CPU a poll: ours, the server's, in ms."""
    text = f"store: {place}\n" if "://" in place else f"data: {folder}\n"
    text += "allow_addresses: [127.0.0.0/8]\npolling: {host_gap: 0s}\nfeeds:\n"
    (folder / "feeds.yaml").write_text(text + "".join(f"  - {url}\n" for url in urls))
    target = place if "://" in place else str(folder / "aggregator.db")
    with contextlib.closing(open_store(target)) as store, pollers(folder, workers) as groups:
        db: Any = store._db  # type: ignore[attr-defined]

        def wait_for(state: str) -> None:
            query = f"SELECT count(*) FROM feeds WHERE {state}"
            while int(db.execute(query).fetchone()[0]) < len(urls):
                time.sleep(0.05)

        for kind, begun, completed in (
            ("whole", "polls_begun > 0", "last_success IS NOT NULL"),
            ("unchanged", "polls_begun > 1", "polls_begun > 1 AND status = 'unchanged'"),
        ):
            while not db.execute(f"SELECT 1 FROM feeds WHERE {begun}").fetchone():
                time.sleep(0.01)
            began, cpu, server = time.monotonic(), cpu_of_groups(groups), cpu_of_server(place)
            wait_for(completed)
            a_second = len(urls) / (time.monotonic() - began)
            each = 1000 / len(urls)
            yield (
                kind,
                a_second,
                each * (cpu_of_groups(groups) - cpu),
                each * (cpu_of_server(place) - server),
            )
            db.execute("UPDATE feeds SET next_poll = '2026-01-01T00:00:00Z'")
            if not place.startswith("postgresql:"):
                db.commit()


def empty(place: str) -> None:
    if "://" in place:
        import psycopg

        with psycopg.connect(place, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")


def fill_entries(place: str, entries: int) -> None:
    import psycopg

    open_store(place).close()
    with psycopg.connect(place, autocommit=True) as connection:
        many_rows.fill(connection, entries, entries // 20)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", default="")
    parser.add_argument("--feeds", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--polled", type=int, default=600)
    parser.add_argument("--workers", default="1,2,4")
    given = parser.parse_args()
    workers = [int(number) for number in given.workers.split(",")]
    with tempfile.TemporaryDirectory() as name:
        place = given.store or str(Path(name, "leases.db"))
        if given.feeds:
            empty(place)
            fill(place, given.feeds)
            for count in workers:
                a_second, cpu = rate(complete, place, count, given.seconds)
                print(
                    f"{count} of {given.feeds:,} feeds: {a_second:,.0f} leased and completed a second, {cpu:.2f} ms of CPU each",
                    flush=True,
                )
        if given.entries and given.store:
            empty(given.store)
            fill_entries(given.store, given.entries)
            for count in workers:
                a_second, cpu = rate(documents.save, given.store, count, given.seconds)
                print(
                    f"{count} saving: {a_second:,.0f} documents a second, {cpu:.2f} ms of CPU each",
                    flush=True,
                )
        if given.polled:
            with farm(given.polled, given.polled * 40_000) as served:
                for count in workers:
                    empty(given.store)
                    folder = Path(name, f"polls-{count}")
                    folder.mkdir()
                    for kind, a_second, cpu, server in rounds(
                        given.store or str(folder), folder, served.urls, count
                    ):
                        print(
                            f"{count} polling, {kind}: {a_second:,.0f} polls a second, {cpu:.2f} ms of CPU each,"
                            f" {server:.2f} of the server",
                            flush=True,
                        )


if __name__ == "__main__":
    main()
