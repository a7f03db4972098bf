"""Changes of state as a feed of their own: what broke, what is resolved. Pure but for the file it is given."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

from aggregator.health.feeds import TOLD
from aggregator.health.report import Report
from aggregator.health.state import text
from aggregator.records import dataclass
from aggregator.text import printable

MOST = 100  # events kept
# Looks, a minute apart, for which a new state has to last before it is told: what comes and goes is told once.
WORSE_LOOKS, WELL_LOOKS = 2, 10
FAILING = timedelta(hours=3)  # of a single feed, before that is told: most recover at the next poll


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `number` counts up for ever and makes the id."""

    number: int
    at: str  # RFC 3339
    title: str
    message: str


class Events:
    """The last changes of state, and the state that the next ones are seen against."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.events: tuple[Event, ...] = ()  # the newest first
        self._known: dict[str, str] | None = None  # None: nothing is known, so that nothing is news
        self._waiting: dict[str, int] = {}  # for how many looks each has been other than is known
        self._load()

    def observe(self, report: Report) -> tuple[Event, ...]:
        """Notes what has changed and lasts; the new events, the newest first."""
        state, words = _state_of(report)
        if self._known is None:  # the first look is no news
            self._known = state
            self._save()
            return ()
        found: list[Event] = []
        before, self._waiting = self._waiting, {}
        for name in sorted({*state, *self._known}):
            was, now = self._known.get(name, "well"), state.get(name, "well")
            if was == now:
                continue
            looks = before.get(name, 0) + 1
            if looks < (WELL_LOOKS if now == "well" else WORSE_LOOKS):
                self._waiting[name] = looks
                continue
            self._known = {**self._known, name: now}
            if now == "well":
                del self._known[name]
            found.append(self._event(len(found), name, now, words.get(name, f"was {was}"), report.at))
        if found:
            self.events = (*reversed(found), *self.events)[:MOST]
            self._save()
        return tuple(reversed(found))

    def _event(self, offset: int, name: str, now: str, message: str, at: datetime) -> Event:
        number = (self.events[0].number if self.events else 0) + 1 + offset
        return Event(number, text(at) or "", f"{name}: {now}", message)

    def _load(self) -> None:
        try:
            stored = json.loads(self._file.read_text(encoding="utf-8"))
            self.events = tuple(Event(**each) for each in stored["events"])
            self._known = dict(stored["known"])
        except (OSError, ValueError, KeyError, TypeError):
            return

    def _save(self) -> None:
        """Atomically; a disk that is full costs the memory of it, and nothing else."""
        data = {"known": self._known, "events": [asdict(each) for each in self.events]}
        partial = self._file.with_name(f".{self._file.name}.tmp")
        try:
            partial.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
            partial.chmod(0o600)
            partial.replace(self._file)
        except OSError:
            return


def _state_of(report: Report) -> tuple[dict[str, str], Mapping[str, str]]:
    """What is not well, by what it is, and in words."""
    state: dict[str, str] = {}
    words: dict[str, str] = {}
    for problem in report.problems:
        state[problem.what], words[problem.what] = problem.level, problem.message
    for feed in report.feeds:
        if feed.condition == "failing" and feed.since and report.at - feed.since < FAILING:
            continue
        if feed.condition in TOLD:
            name = feed.url or feed.name  # a private feed has no address here
            state[name], words[name] = feed.condition, f"{feed.name}: {feed.message}"
    return state, words


def render_atom(events: Iterable[Event], base_url: str, started: datetime) -> bytes:
    """The events as Atom (RFC 4287)."""
    events = tuple(events)
    place = f"{base_url}health.atom"
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        "<title>Health of the aggregator</title>",
        f"<id>{_xml(place)}</id>",
        f'<link rel="self" href="{_xml(place)}"/>',
        f"<updated>{events[0].at if events else text(started)}</updated>",
        "<author><name>aggregator</name></author>",
    ]
    for event in events:
        lines += [
            "<entry>",
            f"<title>{_xml(event.title)}</title>",
            f"<id>{_xml(place)}#{event.number}</id>",
            f"<updated>{event.at}</updated>",
            f'<link href="{_xml(base_url)}health"/>',
            f"<content>{_xml(event.message)}</content>",
            "</entry>",
        ]
    return "\n".join([*lines, "</feed>", ""]).encode()


def _xml(words: str) -> str:
    return escape(printable(words), {'"': "&quot;"})
