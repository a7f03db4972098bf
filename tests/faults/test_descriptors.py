"""A machine that is short of descriptors or disk: no feed is charged for it."""

from __future__ import annotations

import sqlite3

import pytest

from support.command import Folder
from support.feeds import numbered, rss
from support.server import Feed, serve

LIMITS = {"descriptors": ("prlimit", "--nofile=24:24")}


@pytest.mark.parametrize("name", ["descriptors"])
def test_no_feed_is_charged_for_what_this_machine_lacks(folder: Folder, name: str) -> None:
    feeds = {f"/{n}": Feed(rss(*numbered([n], f"https://{n}.example"))) for n in range(24)}
    with serve(feeds, host="0.0.0.0") as server:
        urls = [f"http://127.0.0.{n + 2}:{server.port}{path}" for n, path in enumerate(feeds)]
        folder.configure(urls)
        assert folder.run("poll", "--json", within=LIMITS[name]).code in (0, 1, 4)
        with sqlite3.connect(folder.path / "data/aggregator.db") as db:
            failing = db.execute("SELECT url, last_error FROM feeds WHERE failures > 0").fetchall()
            waiting = db.execute("SELECT count(*) FROM feeds WHERE next_reason LIKE '%this machine%'")
            short = waiting.fetchone()[0]
        db.close()
        assert failing == []
        assert short > 0  # else the limit was too high to tell
        server.errors.clear()
