"""Rounds of the installed command over many hostile feeds and a few good ones, and what came of them."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hostile.case import Case
from support.command import Folder
from support.feeds import numbered, rss
from support.server import Feed, Route, Server, serve
from support.watch import Watched, watch

TIMEOUT = "60s"  # generous, so that only a server that never ends meets it, however busy the machine is
GOOD = 8  # feeds with nothing wrong, spread among the hostile ones
SETTINGS = "allow_addresses: [127.0.0.0/8]\npolling: {{host_gap: 0s, timeout: {timeout}}}\n"

_LINE = re.compile(r"(\w+) +(\d+) new  feed (\d+) ,  \S+(?:  (.*))?")


@dataclass(frozen=True)
class Row:
    """What became of one feed."""

    status: str
    words: str  # for its owner
    new: int  # entries
    at: float | None  # seconds from the start until its line was printed; None: it has none
    held: float | None  # seconds from its first request until then; None: nobody was asked
    remark: str  # the rest of its line


@dataclass(frozen=True)
class Round:
    """What came of a poll."""

    seen: Watched
    rows: dict[str, Row]  # by the name of the case
    good: dict[str, Row]
    outputs: dict[str, bytes]


@dataclass
class Crowd:
    """Hostile feeds and good ones among them, subscribed to in one folder, as long as their server runs."""

    folder: Folder
    server: Server
    order: list[str]  # as in feeds.yaml: names of cases, paths of good feeds
    paths: dict[str, str]  # on the server, by that name
    good: list[str]

    def poll(self, *arguments: str, within: Sequence[str] = ()) -> Round:
        """One round of the installed command; `within`: the beginning of a command line that runs another."""
        before = len(self.server.requests)
        seen = watch(self.folder.start("poll", *arguments, within=within))
        self.server.errors.clear()  # of routes whose client has left
        asked: dict[str, float] = {}
        for request in self.server.requests[before:]:
            asked.setdefault(request.target.partition("?")[0], request.at - seen.began)
        lines = {self.order[int(found[3])]: (found, when) for when, found in _lines(seen)}
        stands: dict[str, dict[str, Any]] = {
            row["name"]: row for row in self.folder.run("feeds", "--json").json
        }
        rows = {}
        for number, name in enumerate(self.order):
            told = stands[f"feed {number} ,"]
            found, when = lines.get(name, (None, None))
            first = asked.get(self.paths[name])
            rows[name] = Row(
                status=told["status"],
                words=told["last_error"] or "",
                new=int(found[2]) if found else 0,
                at=when,
                held=when - first if when is not None and first is not None else None,
                remark=(found[4] or "") if found else "",
            )
        good = {name: rows.pop(name) for name in self.good}
        return Round(seen, rows, good, outputs(self.folder))


@contextlib.contextmanager
def gathered(
    folder: Folder,
    cases: Mapping[str, Case],
    timeout: str = TIMEOUT,
    settings: str = SETTINGS,
    good: int = GOOD,
) -> Iterator[Crowd]:
    """The feeds of these cases, with good ones at even distances between them."""
    fine: dict[str, Route] = {
        f"/good/{n}": Feed(rss(*numbered([1_000 + n], f"https://good{n}.example"))) for n in range(good)
    }
    hostile: dict[str, Route] = {f"/{number}": case.route for number, case in enumerate(cases.values())}
    with serve(hostile | fine, host="0.0.0.0") as server:
        paths = dict(zip(cases, hostile, strict=True)) | {path: path for path in fine}
        urls = {
            name: case.url.format(host=host(number), port=server.port, path=paths[name])
            for number, (name, case) in enumerate(cases.items())
        }
        urls |= {path: f"http://{host(60_000 + n)}:{server.port}{path}" for n, path in enumerate(fine)}
        order = _spread(list(cases), list(fine))
        feeds = "".join(
            f"  - {{url: {json.dumps(urls[name])}, name: 'feed {number} ,'}}\n"
            for number, name in enumerate(order)
        )
        (folder.path / "feeds.yaml").write_text(settings.format(timeout=timeout) + "feeds:\n" + feeds)
        yield Crowd(folder, server, order, paths, list(fine))


def poll(
    folder: Folder, cases: Mapping[str, Case], timeout: str = TIMEOUT, settings: str = SETTINGS
) -> Round:
    """Polls every case and the good feeds, once, all new."""
    with gathered(folder, cases, timeout, settings) as crowd:
        return crowd.poll()


def host(number: int) -> str:
    """A loopback address of its own for each feed, since one host is asked one thing at a time."""
    return f"127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"


def outputs(folder: Folder) -> dict[str, bytes]:
    """Every published file, by its path in the public folder."""
    public = folder.path / "data/public"
    return {str(path.relative_to(public)): path.read_bytes() for path in public.rglob("*") if path.is_file()}


def _spread(hostile: list[str], good: list[str]) -> list[str]:
    """The good ones at even distances among the hostile, the last of all a good one."""
    every = -(-len(hostile) // len(good)) or 1
    order: list[str] = []
    for turn, name in enumerate(good):
        order += [*hostile[turn * every : (turn + 1) * every], name]
    return order


def _lines(seen: Watched) -> list[tuple[float, re.Match[str]]]:
    found = ((when, _LINE.match(line)) for when, line in seen.lines)
    return [(when, match) for when, match in found if match]
