"""Plays a scenario: serves its documents over real HTTP, runs the program on a clock that jumps, and looks in."""

from __future__ import annotations

import asyncio
import math
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from polite.log import HOUR
from polite.server import Scorer
from polite.sites import Answer, Asked, Site
from polite.warp import START, WarpLoop
from polite.warp import clock as world_clock

from .items import KEY, Document, Item, rss
from .program import Program, query, running
from .scenario import Scenario, Step

TICK, TIDY = 30.0, 6 * HOUR  # seconds, as of the service
_ATOM = "{http://www.w3.org/2005/Atom}"


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry of the merged feed."""

    id: str
    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Served:
    """An answer of a feed."""

    at: float  # hours
    feed: str
    status: int
    items: Sequence[Item] = ()  # of a 200


@dataclass(slots=True)
class Record:
    """What happened: what was served, what the subscriber saw after each publish, what the store holds."""

    served: list[Served] = field(default_factory=list)
    looks: list[Sequence[Shown]] = field(default_factory=list)
    stories: list[tuple[int, str]] = field(default_factory=list)  # story, key of an entry that tells it
    hours: float = 0.0


def play(scenario: Scenario) -> Record:
    """The record of one performance."""
    with (
        tempfile.TemporaryDirectory(prefix="life-") as folder,
        asyncio.Runner(loop_factory=WarpLoop) as runner,
    ):
        return runner.run(_Performance(scenario, Path(folder)).run())


class _Performance:
    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self._scenario, self._folder = scenario, folder
        self._record = Record()
        self._documents: dict[str, tuple[Sequence[Item], bytes]] = {}
        self._fails: frozenset[str] = frozenset()
        self._gate = scenario.gate() if scenario.gate else None
        sites = [
            Site(name, host=scenario.hosts.get(name, f"{name}.example"), special=self._answering(name))
            for name in scenario.feeds
        ]
        self._server = Scorer(sites)
        self._sites = sites
        self._ahead = timedelta(0)
        self._tidied = 0.0

    async def run(self) -> Record:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, WarpLoop)
        async with await self._server.listen() as server, AsyncExitStack() as stack:
            loop.rest(server.sockets)
            program: Program | None = None
            for step in self._scenario.steps():
                await self._until(step.at * HOUR, program)
                self._change(step)
                ahead = timedelta(hours=step.clock)
                if program is not None and (not step.runs or ahead != self._ahead):
                    await stack.aclose()
                    program = None
                if program is None and step.runs:
                    self._ahead = ahead
                    program = await self._start(stack)
                if program is not None and step.poll and not self._scenario.as_due:
                    program.forget()
                    if await program.poll(program.every(), forced=True) or not self._record.looks:
                        self._look(program)
            if program is not None:
                if self._scenario.as_due:
                    await self._round(program)
                self._look(program)
        self._record.hours = loop.time() / HOUR
        self._record.stories = _told(self._folder)
        return self._record

    async def _start(self, stack: AsyncExitStack) -> Program:
        urls = [self._server.real(site.url) for site in self._sites]
        program = await stack.enter_async_context(
            running(self._folder, urls, self._scenario.keep_days, self._clock)
        )
        program.start()
        return program

    def _clock(self) -> datetime:
        return world_clock() + self._ahead

    async def _until(self, end: float, program: Program | None) -> None:
        """Lets the time pass; a program that polls what is due does so at each tick."""
        loop = asyncio.get_running_loop()
        while program is not None and self._scenario.as_due and loop.time() < end:
            if loop.time() >= self._tidied + TIDY:
                self._tidied = loop.time()
                program.forget()
            await self._round(program)
            wake = min(self._next_due(), self._tidied + TIDY, end)
            await asyncio.sleep(max(wake, loop.time() + 1) - loop.time())
        if loop.time() < end:
            await asyncio.sleep(end - loop.time())

    async def _round(self, program: Program) -> None:
        due = program.due()
        if due and (await program.poll(due) or not self._record.looks):
            self._look(program)

    def _next_due(self) -> float:
        """The tick at which a feed will be due."""
        ((first, new),) = query(self._folder, "SELECT min(next_poll), sum(next_poll IS NULL) FROM feeds")
        now = asyncio.get_running_loop().time()
        least = (now // TICK + 1) * TICK
        if new or not isinstance(first, str):
            return least
        due = (datetime.fromisoformat(first) - self._ahead - START) / timedelta(seconds=1)
        return max(math.ceil(due / TICK) * TICK, least)

    def _change(self, step: Step) -> None:
        for name, shown in step.shows.items():
            document = shown if isinstance(shown, Document) else Document(shown)
            self._documents[name] = (document.items, rss(name, document))
        self._fails = step.fails

    def _answering(self, name: str):  # type: ignore[no-untyped-def]
        def answer(asked: Asked) -> Answer:
            at = asyncio.get_running_loop().time() / HOUR
            found = self._gate(at, name) if self._gate else None
            if found is None and name in self._fails:
                found = Answer(500, is_feed=False)
            items: Sequence[Item] = ()
            if found is None:
                items, body = self._documents[name]
                etag = b'"%s"' % blake2b(body, digest_size=8).hexdigest().encode()
                if asked.headers.get("if-none-match") == etag:
                    found = Answer(304, {"etag": etag})
                else:
                    found = Answer(200, {"etag": etag, "content-type": b"application/rss+xml"}, body)
            self._record.served.append(Served(at, name, found.status, items if found.status == 200 else ()))
            return found

        return answer

    def _look(self, program: Program) -> None:
        """Publishes, and reads the merged feed as a subscriber does."""
        program.publish()
        root = ET.fromstring((program.config.public_path / "feed.atom").read_bytes())
        self._record.looks.append(tuple(map(_shown, root.findall(f"{_ATOM}entry"))))


def _shown(entry: ET.Element) -> Shown:
    tags = [found.get("term", "") for found in entry.findall(f"{_ATOM}category")]
    key = next((tag.removeprefix(KEY) for tag in tags if tag.startswith(KEY)), "")
    return Shown(entry.findtext(f"{_ATOM}id", ""), key, entry.findtext(f"{_ATOM}title", ""))


def _told(folder: Path) -> list[tuple[int, str]]:
    rows = query(
        folder,
        "SELECT v.story_id, t.value FROM sightings v JOIN entries e ON e.id = v.entry_id, json_each(e.tags) t"
        f" WHERE t.value LIKE '{KEY}%'",
    )
    return [(int(str(story)), str(tag).removeprefix(KEY)) for story, tag in rows]
