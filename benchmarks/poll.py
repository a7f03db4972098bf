"""Compares what polling costs with the bounds it must hold, and with lemon24/reader on the same feeds.

    python benchmarks/poll.py [--feeds 300] [--megabytes 20] [--many 1000] [--repeat 3] [--no-reader] [--json]

Both poll the same farm in turns, each time in a process of its own and into a new store, first cold and then
again when nothing has changed. Figures are medians over the turns; `meter.py` says how they are taken. Exit
code 1 where a bound does not hold.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

from feedfarm import Farm, farm
from meter import Cost, measure

_AGGREGATOR = str(Path(sys.executable).with_name("aggregator"))
# lemon24/reader's copy of feedparser asks for sgmllib; feedparser brings it under a name of its own.
_READER = """
import sys
try: import sgmllib
except ImportError: import feedparser_sgmllib; sys.modules["sgmllib"] = feedparser_sgmllib
import reader
theirs = reader.make_reader(sys.argv[1])
"""
# Adding is not counted, updating is; `aggregator poll` does both.
_READER_ADDS = f"{_READER}for url in sys.stdin.read().split(): theirs.add_feed(url)"
_READER_POLLS = f"{_READER}theirs.update_feeds(scheduled=False, workers=int(sys.argv[2]))"


Costs = dict[str, list[Cost]]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the result; `most` is the bound, where there is one."""

    name: str
    value: float
    unit: str
    most: float | None = None

    @property
    def holds(self) -> bool:
        return self.most is None or self.value <= self.most

    def __str__(self) -> str:
        line = f"{self.name:<54}{self.value:>9.2f} {self.unit:<3}"
        if self.most is None:
            return line.rstrip()
        return f"{line} at most {self.most:g}: {'holds' if self.holds else 'does not hold'}"


class Ours:
    """The aggregator with a new store, following the farm's feeds."""

    def __init__(self, folder: Path, urls: Sequence[str]) -> None:
        self._config = folder / "feeds.yaml"
        self._store = folder / "data" / "aggregator.db"
        feeds = "".join(f"  - url: {url}\n" for url in urls)
        self._config.write_text(
            f"allow_addresses: [127.0.0.0/8]\npolling: {{host_gap: 0s}}\nfeeds:\n{feeds}", encoding="utf-8"
        )

    def command(self, *arguments: str) -> list[str]:
        return [_AGGREGATOR, "-c", str(self._config), *arguments]

    def entries(self) -> int:
        return _count(self._store, "entries")


class Theirs:
    """lemon24/reader with a new database, following the farm's feeds."""

    def __init__(self, folder: Path, urls: Sequence[str]) -> None:
        self._database = folder / "reader.sqlite"
        adds = [sys.executable, "-c", _READER_ADDS, str(self._database)]
        subprocess.run(adds, input="\n".join(urls), text=True, check=True)

    def command(self, workers: int) -> list[str]:
        return [sys.executable, "-c", _READER_POLLS, str(self._database), str(workers)]

    def entries(self) -> int:
        return _count(self._database, "entries")


def _count(database: Path, table: str) -> int:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="poll-benchmark-") as name:
        yield Path(name)


def _expect(served: Farm, count: int, kind: str) -> None:
    """Ends the benchmark unless the farm gave just these answers: nobody is timed for work not done."""
    given = served.asked()
    if given != {kind: count}:
        raise SystemExit(f"the farm should have given {count} answers {kind}, and gave {given}")


def _rounds(feeds: int, size: int, turns: int, readers: Sequence[int]) -> tuple[Costs, dict[str, int]]:
    """What each kind of round cost, in turns, and how many entries each program kept."""
    costs: Costs = defaultdict(list)
    kept: dict[str, int] = {}
    with farm(feeds, size) as served:

        def poll(name: str, command: Sequence[str], answer: str, count: int = feeds) -> None:
            costs[name].append(measure(command))
            _expect(served, count, answer)

        for _ in range(turns):
            with _folder() as folder:
                ours = Ours(folder, served.urls)
                poll("cold", ours.command("poll", "--all"), "200")
                for _ in range(3):  # short, so more of them for the median
                    poll("unchanged", ours.command("poll", "--all"), "304")
                    poll("one", ours.command("poll", served.urls[0]), "304", 1)
                kept["aggregator"] = ours.entries()
            for threads in readers:
                with _folder() as folder:
                    theirs = Theirs(folder, served.urls)
                    poll(f"cold {threads}", theirs.command(threads), "200")
                    poll(f"unchanged {threads}", theirs.command(threads), "304")
                    kept[f"reader, workers={threads}"] = theirs.entries()
    return costs, kept


def speed(feeds: int, size: int, turns: int, readers: Sequence[int]) -> Iterator[Figure]:
    """CPU of a cold and of an unchanged round; `readers`: with how many workers lemon24/reader polls."""
    costs, kept = _rounds(feeds, size, turns, readers)
    cpu = {name: statistics.median(cost.cpu for cost in taken) for name, taken in costs.items()}
    wall = {name: statistics.median(cost.wall for cost in taken) for name, taken in costs.items()}
    for name, entries in kept.items():
        yield Figure(f"entries kept, {name}", entries, "")
    for kind, most in (("cold", 0.7), ("unchanged", None)):
        yield Figure(f"{kind}, wall clock", wall[kind], "s")
        yield Figure(f"{kind}, CPU", cpu[kind], "s")
        theirs = [(threads, cpu[f"{kind} {threads}"]) for threads in readers]
        for threads, seconds in theirs:
            yield Figure(f"{kind}, CPU, reader, workers={threads}", seconds, "s")
        if theirs:
            least = min(seconds for _, seconds in theirs)
            yield Figure(f"{kind}, CPU, times that of the reader at its best", cpu[kind] / least, "x", most)
    yield Figure("start-up: CPU of a round of one unchanged feed", cpu["one"], "s")
    each = 1000 * (cpu["unchanged"] - cpu["one"]) / (feeds - 1)
    yield Figure("unchanged, CPU a poll, start-up apart", each, "ms", most=3)


def memory(feeds: int, size: int) -> Iterator[Figure]:
    """Peak memory of a cold round, workers included."""
    with farm(feeds, size) as served, _folder() as folder:
        cost = measure(Ours(folder, served.urls).command("poll", "--all"), look_every=0.02)
        _expect(served, feeds, "200")
    if cost.rss:  # told on Linux alone
        # The bound is for the harder sum: what the processes share counts once for each of them.
        yield Figure(f"{feeds} feeds, peak memory", cost.rss / 1e6, "MB", most=300)
        yield Figure(f"{feeds} feeds, peak memory, shared pages once", cost.pss / 1e6, "MB")
    yield Figure(f"{feeds} feeds, wall clock", cost.wall, "s")


def start(feeds: int, size: int, times: int = 15) -> Iterator[Figure]:
    """How much longer `aggregator latest` takes than Python that does nothing; the least of `times` each."""
    with farm(feeds, size) as served, _folder() as folder:
        ours = Ours(folder, served.urls)
        measure(ours.command("poll", "--all"))
        commands = (ours.command("latest"), [sys.executable, "-c", "pass"])
        latest, bare = map(min, zip(*(map(_seconds, commands) for _ in range(times)), strict=True))
    yield Figure("`aggregator latest`, wall clock", 1000 * latest, "ms")
    yield Figure("... more than `python -c pass`", 1000 * (latest - bare), "ms", most=150)


def _seconds(command: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, default=300, help="for the CPU (300)")
    parser.add_argument("--megabytes", type=float, default=20, help="of these feeds together (20)")
    parser.add_argument(
        "--many", type=int, default=1000, help="feeds for the memory, of the same sizes (1000)"
    )
    parser.add_argument("--repeat", type=int, default=3, help="turns (3)")
    parser.add_argument("--no-reader", action="store_true", help="leave out lemon24/reader")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    # As installers do for what they install, this program and the other one alike.
    compileall.compile_dir(Path(__file__).parent.parent / "aggregator", quiet=2)
    size = round(options.megabytes * 1e6)
    readers = () if options.no_reader else (1, 10)
    figures = []
    for figure in chain(
        speed(options.feeds, size, options.repeat, readers),
        memory(options.many, size * options.many // options.feeds),
        start(options.feeds, size),
    ):
        figures.append(figure)
        if not options.json:
            print(figure, flush=True)
    if options.json:
        machine = {"python": sys.version.split()[0], "cores": os.cpu_count(), "system": sys.platform}
        print(json.dumps({**machine, "figures": [asdict(figure) for figure in figures]}, indent=2))
    sys.exit(not all(figure.holds for figure in figures))


if __name__ == "__main__":
    main()
