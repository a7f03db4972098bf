"""A store and the outputs of the first release are taken over: no id changes, and no byte of an entry that subscribers have.

`first-release/` holds what that release made of three small feeds in two months: a story that all of them
carry, a blocked entry, tags, traits, an edit, and a closed archive.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aggregator.app import App, open_app
from aggregator.store.sqlite import care
from support.stores import sql

RELEASE = Path(__file__).parent / "first-release"
AFTER = datetime(2026, 4, 4, 12, tzinfo=UTC)
IDS = (
    "SELECT id, url, effective_url, status, etag, body_hash, next_poll FROM feeds",
    "SELECT id, feed_id, guid, guid_turn, atom_id, link, title, published, link_key, title_key FROM entries",
    "SELECT id, atom_id, entry_id, first_entry_id, title, link, published, updated, first_published FROM stories",
    "SELECT entry_id, story_id FROM sightings",
    "SELECT name, entries FROM archives",
    "SELECT * FROM meta ORDER BY key",
)


@pytest.fixture
def taken_over(tmp_path: Path) -> App:
    (tmp_path / "data").mkdir()
    shutil.copy(RELEASE / "feeds.yaml", tmp_path)
    shutil.copy(RELEASE / "aggregator.db", tmp_path / "data")
    shutil.copytree(RELEASE / "public", tmp_path / "data/public")
    return open_app(tmp_path / "feeds.yaml", lambda: AFTER)


def ids(app: App) -> list[Sequence[Any]]:
    return [tuple(row) for statement in IDS for row in sql(app.config.store_path, statement)]


def test_a_store_of_the_first_release_keeps_its_ids(taken_over: App) -> None:
    before = ids(taken_over)
    with taken_over as app:
        app.open()
        assert ids(app) == before


def test_outputs_of_the_first_release_keep_their_entries(taken_over: App) -> None:
    """What stands round the entries may gain an element with a release; a closed archive may not."""
    public, entries = taken_over.config.public_path, 0
    with taken_over as app:
        app.publish()
    for file in sorted((RELEASE / "public").rglob("*.atom")):
        before, after = file.read_bytes(), (public / file.relative_to(RELEASE / "public")).read_bytes()
        if b"<fh:archive" in before:
            assert after == before
        head, entry, rest = before.partition(b"<entry")
        assert after.endswith(entry + rest), file
        (feed_id,) = re.findall(rb"<id>.*?</id>", head.partition(b"<author")[0])
        assert feed_id in after.partition(b"<entry")[0]
        entries += before.count(entry)
    assert entries > 40
    before, after = (json.loads((where / "feed.json").read_bytes()) for where in (RELEASE / "public", public))
    assert after["items"] == before["items"]


def test_what_the_first_release_stored_is_understood(taken_over: App) -> None:
    with taken_over.open() as app:
        (bridge,) = [story for story in app.latest(100) if story.also]
        explained = app.explain(bridge.id)
        assert explained is not None
        assert {sighting.rule for sighting in explained.sightings} == {
            "new",
            "same-link-other-feed",
            "same-title-other-feed",
        }
        assert explained.why_leader == "its feed has the highest `priority`"
        assert len(app.latest(100, tag="E\u0301CONOMIE")) == 17
        assert not [story for story in app.latest(100) if story.title.startswith("Sponsored")]
        assert [len(app.feed_history(feed.id)) for feed in app.feeds()] == [3, 3, 3]
        assert app.rebuild(dry_run=True).keys_changed == 0


def test_a_damaged_store_of_the_first_release_is_saved_with_what_it_calls_otherwise(tmp_path: Path) -> None:
    """Its tables and columns have other names today."""
    release = Path(shutil.copy(RELEASE / "aggregator.db", tmp_path))
    found = care.salvage(release, tmp_path / "saved.db")
    assert found["feed_traits"][0] > 0
    assert found["poll_log"][0] > 0
    assert not any(gaps for _, gaps in found.values())
    for statement in (*IDS[:4], "SELECT message FROM poll_log", "SELECT name, key FROM feed_traits"):
        old = statement.replace("message FROM poll_log", "words FROM polls").replace(
            "name, key FROM feed_traits", "fact, key FROM learned"
        )
        saved, before = sql(tmp_path / "saved.db", statement), sql(release, old)
        assert [tuple(row) for row in saved] == [tuple(row) for row in before]
    (published,) = sql(tmp_path / "saved.db", "SELECT count(*) FROM stories WHERE is_published = 1")[0]
    (settled,) = sql(release, "SELECT count(*) FROM stories WHERE settled = 1")[0]
    assert published == settled > 0
