"""The fuzzer's loop: makes cases, plays them, keeps those that did something new, shrinks and saves those that fail."""

from __future__ import annotations

import hashlib
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from aggregator.models import ReadError, ReadFeed
from fuzz import coverage
from fuzz.case import Case, Document, save
from fuzz.mutate import case as made
from fuzz.properties import Broken
from fuzz.shrink import shrink
from fuzz.target import play

_KEPT = 5_000  # bodies that did something new, beside the seeds


@dataclass(slots=True)
class Report:
    cases: int = 0
    documents: int = 0
    entries: int = 0
    kept: int = 0
    slowest: float = 0.0
    places: int = 0  # lines and branches of the code that were reached
    failures: Counter[str] = field(default_factory=Counter)  # by where they come from


def fuzz(
    seeds: Sequence[bytes],
    seed: int,
    turns: Iterable[int],
    folder: Path,
    say: Callable[[str], None] = print,
) -> Report:
    """Plays a case each turn. The same seeds and seed make the same cases."""
    chance = Random(seed)
    report = Report()
    pool = list(seeds)
    known: set[str] = set()

    def shown(document: Document, found: ReadFeed | ReadError) -> None:
        report.documents += 1
        report.entries += len(found.entries) if isinstance(found, ReadFeed) else 0
        new = signature(found) - known
        known.update(new)
        if (watch.news() or new) and document.body and report.kept < _KEPT:
            pool.append(document.body)
            report.kept += 1

    folder.mkdir(parents=True, exist_ok=True)
    running = folder / "running.json"
    watch = coverage.Watch()
    for _ in turns:
        case = made(chance, pool)
        save(case, running)  # for when the process is killed over it
        started = time.process_time()
        try:
            play(case, shown)
            report.slowest = max(report.slowest, time.process_time() - started)
        except Broken as broken:
            _failed(case, broken, report, folder, say)
        report.cases += 1
    report.places = watch.places
    running.unlink(missing_ok=True)
    return report


def signature(found: ReadFeed | ReadError) -> set[str]:
    """How a document was read, in words that do not depend on its details."""
    if isinstance(found, ReadError):
        return {_words(found.message)}
    said = {_words(words) for words in (found.info.problem or "", *found.skipped)}
    for entry in found.entries:
        said.add(
            f"{entry.date_reason} {entry.title_strength} {entry.home} {entry.untitled} {entry.guid_made}"
        )
        said.add(f"{bool(entry.content)} {bool(entry.enclosures)} {bool(entry.image)} {entry.language}")
    return said | {f"{found.info.format} {len(found.entries).bit_length()}"}


def _words(text: str) -> str:
    return "".join(character for character in text[:80] if character.isalpha() or character == " ")


def origin(broken: Broken) -> str:
    """What broke and where, so that one fault is told once."""
    cause = broken.__cause__ or broken
    frames = [
        frame for frame in traceback.extract_tb(cause.__traceback__) if "/aggregator/" in frame.filename
    ]
    place = f" in {Path(frames[-1].filename).name}:{frames[-1].name}" if frames else ""
    return f"{broken.kind}{place}" if place else f"{broken.kind} {_words(str(broken))}"


def _failed(case: Case, broken: Broken, report: Report, folder: Path, say: Callable[[str], None]) -> None:
    name = origin(broken)
    report.failures[name] += 1
    if report.failures[name] > 1:
        return

    def alike(less: Case) -> bool:
        try:
            play(less)
        except Broken as other:
            return origin(other) == name
        return False

    say(f"FAILED {name}\n    {broken}")
    small = shrink(case, alike) if "too long" not in name else case
    path = folder / f"{hashlib.sha256(name.encode()).hexdigest()[:12]}.json"
    save(small, path)
    say(f"    saved as {path}, {sum(len(each.body) for each in small)} bytes")
