"""Writes docs/feeds-over-time.md: `PYTHONPATH=tests python -m life.report` from the project's folder."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from . import mishaps, ordinary
from .judge import HARMS
from .scenario import SCENARIOS, Scenario

DOCUMENT = Path(__file__).parents[2] / "docs/feeds-over-time.md"
# What the first release did: tests/life played against it. What comes of them now, the tests assert: nothing.
BEFORE: Mapping[str, Mapping[str, int]] = json.loads((Path(__file__).parent / "before.json").read_text())

_MEANS = {
    "lost": "new when it was served, and never in the merged feed",
    "overwritten": "its entry in the merged feed was given to another item",
    "repeated": "one item under two ids",
    "old as new": "long past when it was first seen, and shown all the same",
    "wrongly merged": "told as one story with another item",
    "starved": "a feed that was not served for long, because others of its host were",
    "out of order": "news of one poll, the older above the newer",
}


def report() -> str:
    """The document, from the scenarios and what the first release made of them."""
    return "\n".join((*_head(), *_summary(), *_scenarios()))


def _head() -> Iterator[str]:
    everyday = sum(found.ordinary for found in SCENARIOS.values())
    yield "# Feeds over time"
    yield ""
    yield (
        f"{len(SCENARIOS)} scenarios, {everyday} of them ordinary life. Each says what some feeds serve as time goes on. The"
    )
    yield "program polls them over HTTP on loopback, by a clock that jumps, and a subscriber reads `feed.atom` after each"
    yield "publish. A judge who knows what each item really is counts the harms. Items that were served and never polled"
    yield "do not count. `pytest tests/life -m ''` plays them all; this page is made by `python -m life.report` in `tests`."
    yield ""


def _summary() -> Iterator[str]:
    total: Counter[str] = Counter()
    for harms in BEFORE.values():
        total.update(harms)
    yield "| harm | what it is | first release | now |"
    yield "| --- | --- | ---: | ---: |"
    for harm in HARMS:
        yield f"| {harm} | {_MEANS[harm]} | {total[harm]:,} | 0 |"
    yield ""


def _scenarios() -> Iterator[str]:
    for title, everyday in (("Ordinary life", True), ("Mishaps", False)):
        yield f"## {title}"
        yield ""
        yield "| scenario | | first release | now |"
        yield "| --- | --- | --- | ---: |"
        yield from (_row(found) for found in SCENARIOS.values() if found.ordinary is everyday)
        yield ""


def _row(found: Scenario) -> str:
    harms = BEFORE.get(found.name, {})
    before = ", ".join(f"{count} {harm}" for harm, count in harms.items()) or "0"
    return f"| {found.name} | {found.about} | {before} | 0 |"


if __name__ == "__main__":
    assert mishaps.__doc__
    assert ordinary.__doc__
    DOCUMENT.write_text(report())
