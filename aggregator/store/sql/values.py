"""Values as they stand in one column: times as text, lists and records as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from aggregator.models import Enclosure, Episode, Person, PollHints
from aggregator.times import format_utc, parse_utc

to_text, to_time = format_utc, parse_utc  # how the store holds every time


def maybe_text(when: datetime | None) -> str | None:
    return None if when is None else to_text(when)


def maybe_time(text: str | None) -> datetime | None:
    return None if text is None else to_time(text)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def dumps(value: Any) -> str:
    return _ENCODER.encode(value)


def people_to_text(people: tuple[Person, ...]) -> str:
    if not people:
        return "[]"
    return dumps(
        [
            {key: value for key, value in (("name", p.name), ("url", p.url), ("email", p.email)) if value}
            for p in people
        ]
    )


def people(text: str) -> tuple[Person, ...]:
    if text == "[]":
        return ()
    return tuple(Person(p.get("name", ""), p.get("url"), p.get("email")) for p in json.loads(text))


def enclosures_to_text(enclosures: tuple[Enclosure, ...]) -> str:
    if not enclosures:
        return "[]"
    return dumps([_file(each) for each in enclosures])


def enclosures(text: str) -> tuple[Enclosure, ...]:
    if text == "[]":
        return ()
    return tuple(Enclosure(e["url"], e["media_type"], e["length"]) for e in json.loads(text))


def episode_to_text(episode: Episode | None) -> str:
    """ "" for none, else an object of what is known."""
    if episode is None:
        return ""
    found: dict[str, Any] = {name: getattr(episode, name) for name in _EPISODE}
    found |= {name: [_file(each) for each in files if each] for name, files in _files_of(episode)}
    return dumps({name: value for name, value in found.items() if value not in (None, "", [])})


_EPISODE = ("duration", "number", "season", "kind", "explicit")


def _files_of(episode: Episode) -> Iterator[tuple[str, tuple[Enclosure | None, ...]]]:
    yield from (("chapters", (episode.chapters,)), ("transcripts", episode.transcripts))


def _file(file: Enclosure) -> dict[str, Any]:
    return {"url": file.url, "media_type": file.media_type, "length": file.length}


def episode(text: str) -> Episode | None:
    if not text:
        return None
    found = json.loads(text)
    chapters, transcripts = (
        tuple(Enclosure(**each) for each in found.get(name, ())) for name in ("chapters", "transcripts")
    )
    said = {name: found[name] for name in _EPISODE if name in found}
    return Episode(**said, chapters=next(iter(chapters), None), transcripts=transcripts)


def texts(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(json.loads(text))


def hints_to_text(hints: PollHints) -> str:
    seconds = {"ttl": hints.ttl, "update_period": hints.update_period}
    found: dict[str, Any] = {key: int(value.total_seconds()) for key, value in seconds.items() if value}
    found |= {
        key: value
        for key, value in (("skip_hours", hints.skip_hours), ("skip_days", hints.skip_days))
        if value
    }
    return dumps(found)


_NO_HINTS = PollHints()


def hints(text: str) -> PollHints:
    if text == "{}":
        return _NO_HINTS
    found = json.loads(text)

    def span(key: str) -> timedelta | None:
        return timedelta(seconds=found[key]) if key in found else None

    return PollHints(
        span("ttl"),
        span("update_period"),
        tuple(found.get("skip_hours", ())),
        tuple(found.get("skip_days", ())),
    )
