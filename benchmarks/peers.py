"""Compares polling with other feed readers in one run: cold, unchanged, and a tenth of the feeds changed.

    python benchmarks/peers.py [--feeds 300] [--megabytes 20] [--reader PYTHON] [--svg docs/speed.svg]

Peers are those that are installed: newsboat, sfeed (`sfeed_update`), and lemon24/reader where `--reader` names a
Python that has it. All poll the same farm over loopback, which packs with gzip for whoever accepts it, each with
its defaults and in a folder of its own. CPU is that of all processes, those that outlive the command included.
Prints a table in Markdown and, with `--svg`, draws where the time goes. Judge by the ratios.
"""

from __future__ import annotations

import argparse
import compileall
import datetime
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from feedfarm import Farm, farm
from meter import measure
from poll import _READER_ADDS, _READER_POLLS, Ours

ROUNDS = ("cold", "unchanged", "a tenth changed")
OURS = "this program"
# Runs our command and tells the CPU of its stages; what the reading processes take is the rest of the whole.
_STAGES = """
import json, sys, time
taken = {"start": 0.0, "fetch": 0.0, "store": 0.0, "publish": 0.0}
began = time.process_time()
from aggregator.app import App
from aggregator.config import load
from aggregator.pipeline import exchange, record
import aggregator.fetch, aggregator.pipeline.poll, aggregator.workers
def clocked(stage, function):
    def call(*arguments, **more):
        start = time.process_time()
        try:
            return function(*arguments, **more)
        finally:
            taken[stage] += time.process_time() - start
    return call
for whose, name in (
    (record.PollRecorder, "record"), (record.PollRecorder, "without_document"), (exchange.FeedExchange, "_save_batch")
):
    setattr(whose, name, clocked("store", getattr(whose, name)))
app = App(load(__import__("pathlib").Path(sys.argv[1]))).open()
taken["start"] = time.process_time() - began
start = time.process_time()
app.poll(app.feeds())
taken["fetch"] = time.process_time() - start - taken["store"]
clocked("publish", app.publish)()
print(json.dumps(taken))
"""
STAGES = {
    "start": ("start-up", "#8c8c8c"),
    "fetch": ("fetching", "#2f7ed8"),
    "read": ("reading, in processes of their own", "#1a9850"),
    "store": ("deciding and storing", "#e08214"),
    "publish": ("publishing", "#b2182b"),
}


@dataclass(frozen=True, slots=True)
class Peer:
    name: str
    prepare: Callable[
        [Path, Sequence[str]], Sequence[str]
    ]  # the command that polls once, all files in the folder


def ours(folder: Path, urls: Sequence[str]) -> Sequence[str]:
    return Ours(folder, urls).command("poll", "--all", "-q")


def newsboat(folder: Path, urls: Sequence[str]) -> Sequence[str]:
    (folder / "urls").write_text("\n".join(urls), encoding="utf-8")
    (folder / "config").touch()
    files = ["-u", str(folder / "urls"), "-C", str(folder / "config"), "-c", str(folder / "cache.db")]
    return ["env", f"HOME={folder}", "newsboat", *files, "-x", "reload"]


def sfeed(folder: Path, urls: Sequence[str]) -> Sequence[str]:
    lines = "".join(f'  feed "{number}" "{url}"\n' for number, url in enumerate(urls))
    (folder / "sfeedrc").write_text(f'sfeedpath="{folder}/feeds"\nfeeds() {{\n{lines}}}\n', encoding="utf-8")
    return ["sfeed_update", str(folder / "sfeedrc")]


def lemon(python: str) -> Callable[[Path, Sequence[str]], Sequence[str]]:
    def prepare(folder: Path, urls: Sequence[str]) -> Sequence[str]:
        database, listed = str(folder / "reader.sqlite"), folder / "urls"
        listed.write_text("\n".join(urls), encoding="utf-8")
        measure(["sh", "-c", 'exec "$0" "$@" < ' + str(listed), python, "-c", _READER_ADDS, database])
        return [python, "-c", _READER_POLLS, database, "1"]

    return prepare


def installed(reader: str | None) -> list[Peer]:
    found = [Peer("newsboat (C++)", newsboat)] if shutil.which("newsboat") else []
    found += [Peer("sfeed (C)", sfeed)] if shutil.which("sfeed_update") else []
    found += [Peer("lemon24/reader (Python)", lemon(reader))] if reader else []
    return [*found, Peer(OURS, ours)]


Costs = dict[tuple[str, str], tuple[float, float]]  # by peer and round: seconds of wall clock and of CPU


def compare(served: Farm, peers: Sequence[Peer]) -> Costs:
    """What each round costs each; the feeds are those of one farm, and change for all at once."""
    costs: Costs = {}
    commands: dict[str, Sequence[str]] = {}
    with tempfile.TemporaryDirectory(prefix="peers-benchmark-") as folder:
        for peer in peers:
            (Path(folder) / peer.name[:4]).mkdir()
            commands[peer.name] = peer.prepare(Path(folder) / peer.name[:4], served.urls)
        for number, name in enumerate(ROUNDS):
            if number == 2:
                served.change(10)
            for peer in peers:
                served.asked()
                cost = measure(commands[peer.name])
                costs[peer.name, name] = (cost.wall, cost.cpu)
                print(
                    f"{peer.name}, {name}: {cost.wall:.2f} / {cost.cpu:.2f} s; {served.asked()}",
                    file=sys.stderr,
                )
    return costs


def stages(served: Farm) -> dict[str, dict[str, float]]:
    """Of each round the seconds of CPU that our stages take."""
    taken: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="peers-benchmark-") as folder:
        Ours(Path(folder), served.urls)
        for number, name in enumerate(ROUNDS):
            if number == 2:
                served.change(10)
            cost = measure([sys.executable, "-c", _STAGES, str(Path(folder) / "feeds.yaml")])
            found = json.loads(cost.output.strip().splitlines()[-1])
            taken[name] = found | {"read": max(0.0, cost.cpu - sum(found.values()))}
    return taken


def table(costs: Costs, peers: Sequence[Peer]) -> str:
    """The figures in Markdown, wall clock / CPU, and ours as a share of each peer's."""
    lines = ["| seconds, wall / CPU | " + " | ".join(ROUNDS) + " |", "| --- |" + " --- |" * len(ROUNDS)]
    for peer in peers:
        cells = [" / ".join(f"{value:.1f}" for value in costs[peer.name, name]) for name in ROUNDS]
        lines.append(f"| {peer.name} | " + " | ".join(cells) + " |")
    for peer in peers[:-1]:
        shares = [zip(costs[OURS, name], costs[peer.name, name], strict=True) for name in ROUNDS]
        cells = [" / ".join(f"{mine / theirs:.2f}" for mine, theirs in share) for share in shares]
        lines.append(f"| ours, times {peer.name.partition(' ')[0]}'s | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def drawing(taken: dict[str, dict[str, float]], caption: str) -> str:
    """An SVG: a bar for each round, parted by stage."""
    most = max(sum(stage.values()) for stage in taken.values())
    width, left, unit = 800, 130, 640 / most
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 210" font-family="sans-serif" font-size="13">',
        f"<title>{escape(caption)}</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="10" y="20" fill="#222">{escape(caption)}</text>',
    ]
    for row, (name, found) in enumerate(taken.items()):
        x, y = float(left), 36 + row * 36
        parts.append(f'<text x="10" y="{y + 17}" fill="#222">{name}</text>')
        for stage, (words, colour) in STAGES.items():
            seconds = found[stage]
            size = seconds * unit
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{size:.1f}" height="26" fill="{colour}">'
                f"<title>{words}: {seconds:.2f} s</title></rect>"
            )
            if size > 34:
                parts.append(f'<text x="{x + 4:.1f}" y="{y + 17}" fill="#fff">{seconds:.1f} s</text>')
            x += size
        parts.append(f'<text x="{x + 6:.1f}" y="{y + 17}" fill="#222">{sum(found.values()):.1f}</text>')
    for place, (words, colour) in enumerate(STAGES.values()):
        x, y = 10 + place % 3 * 260, 160 + place // 3 * 22
        parts.append(f'<rect x="{x}" y="{y}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{x + 18}" y="{y + 11}" fill="#222">{words}</text>')
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--megabytes", type=float, default=20)
    parser.add_argument("--reader", metavar="PYTHON", help="a Python that has lemon24/reader installed")
    parser.add_argument("--svg", type=Path, help="where to draw where the time goes")
    options = parser.parse_args()
    compileall.compile_path(quiet=2)  # as installers do for what they install
    compileall.compile_dir(Path(__file__).parent.parent / "aggregator", quiet=2)
    size = round(options.megabytes * 1e6)
    peers = installed(options.reader)
    with farm(options.feeds, size) as served:
        costs = compare(served, peers)
    today = datetime.datetime.now(datetime.UTC).date()
    machine = (
        f"{today:%-d %B %Y}, Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores"
    )
    what = f"{options.feeds} feeds of {options.megabytes:g} MB"
    print(f"{machine}; {what}:\n\n{table(costs, peers)}")
    if options.svg:
        with farm(options.feeds, size) as served:
            taken = stages(served)
        options.svg.write_text(
            drawing(taken, f"Seconds of CPU to poll and publish {what}. {machine}"), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
