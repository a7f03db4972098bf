"""What is published of every real and odd feed of the corpus is valid, to the last entry.

The corpus is its publishers' text and no part of the project: FEED_CORPUS names the folder where it lies.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.export import write_outputs
from aggregator.models import ReadFeed, Source, Story
from aggregator.pipeline.read import read
from aggregator.settings import Publish, Subscription
from support import checks, valid
from support.make import NOON
from support.publications import archive, publication
from support.server import Feed, serve

from .conftest import Bench

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        "FEED_CORPUS" not in os.environ,
        reason="FEED_CORPUS is not set: the outputs of real feeds are NOT checked",
    ),
]
CORPUS = Path(os.environ.get("FEED_CORPUS", ""))
LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")
EVERYTHING = Publish(entries=100_000, per_source=100_000, backfill=100_000, backfill_days=0, podcasts=LETTERS)
CHUNK = 400  # stories in one publication


def documents(kind: str) -> list[Path]:
    found = [path for path in (CORPUS / kind / "files").rglob("*") if path.is_file()]
    return sorted(path for path in found if path.stat().st_size < 2_000_000)


def check(folder: Path) -> None:
    """Every output, by the schemas and, where it is installed, by the Nu HTML checker."""
    for path in folder.rglob("*.atom"):
        valid.atom(path.read_bytes())
    for path in folder.rglob("*.json"):
        valid.jsonfeed(path.read_bytes())
    for path in folder.rglob("*.rss"):
        (valid.podcast if path.parent.name == "tags" else valid.rss)(path.read_bytes())
    if checks.HAS_VNU:
        assert checks.nu(sorted(folder.rglob("*.html"))) == []


def test_what_is_published_of_the_real_feeds_is_valid(bench: Bench) -> None:
    routes = {f"/{path.name}": Feed(path.read_bytes()) for path in documents("real")}
    with serve(routes) as server:
        feeds = [Subscription(server.url(path), tags=(path[1],)) for path in routes]
        bench.subscribe(*feeds, publish=EVERYTHING)
        bench.poll()
        bench.publish()
    assert len(list((bench.config.public_path / "archive").glob("*.atom"))) >= 5
    check(bench.config.public_path)


def stories() -> Iterator[Story]:
    """Every entry of the odd feeds that can be read, as a story."""
    number = 0
    for path in documents("odd"):
        url = f"https://odd.example/{path.name}"
        found = read(path.read_bytes(), None, url, NOON)
        if not isinstance(found, ReadFeed):
            continue
        info = found.info
        source = Source(1, info.title or "", url, info.link, info.id, info.rights, info.language)
        for entry in found.entries:
            number += 1
            yield Story(
                id=number,
                atom_id=f"urn:uuid:{uuid.UUID(int=number)}",
                title=entry.title,
                link=entry.link,
                published=entry.published,
                updated=entry.updated or entry.published,
                first_published=NOON,
                source=source,
                authors=entry.authors,
                tags=entry.tags,
                summary=entry.summary,
                content=entry.content,
                enclosures=entry.enclosures,
                image=entry.image,
                language=entry.language,
                untitled=entry.untitled,
            )


def test_what_would_be_published_of_the_odd_feeds_is_valid(tmp_path: Path) -> None:
    every = tuple(stories())
    assert len(every) > 1000
    months = (archive("2026-03"),)
    for start in range(0, len(every), CHUNK):
        made = publication(*every[start : start + CHUNK], updated=NOON + timedelta(days=1), archives=months)
        write_outputs(made, tmp_path / str(start))
    check(tmp_path)
