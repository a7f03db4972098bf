"""What must go goes: out of every output, search, the store and closed archives; it does not come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from aggregator.export.archive import stories_of, without
from aggregator.filters import entry_matcher
from aggregator.pipeline.publish import publish
from aggregator.pipeline.redact import redact
from aggregator.store.interfaces import Store
from support import valid
from support.feeds import numbered, rss
from support.server import Feed, Server, serve

from .conftest import Bench

TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
WORDS = b"Headline number 2 of many"


def month_and_one(bench: Bench, server: Server) -> None:
    """Three stories in a month that is over and not closed yet, and one in the open month, not published yet."""
    server.routes["/feed"] = Feed(rss(*numbered(range(1, 4))))
    bench.subscribe(server.url("/feed"))
    bench.poll()
    bench.publish()
    bench.now += timedelta(days=31)
    server.routes["/feed"] = Feed(rss(*numbered(range(1, 5)), date="Tue, 07 Apr 2026 12:00:00 GMT"))
    bench.poll()


def two_months(bench: Bench, server: Server) -> None:
    """Three stories in a month that is closed, and one in the open month."""
    month_and_one(bench, server)
    bench.publish()


@pytest.fixture
def bench_with_stories(bench: Bench) -> Bench:
    with serve({"/feed": Feed(b"")}) as server:
        two_months(bench, server)
        for way in ("story", "words", "again"):
            before = bench.published()
            assert any(WORDS in data for data in before.values()) is (way == "story")
            if way == "story":
                (story,) = bench.store.search('"number 2"', 5).stories or bench.store.latest(9)[2:3]
                planned = redact(bench.store, bench.now, True, stories=[story.id])
                assert planned.titles == (story.title,)
                assert (len(planned.entries), planned.archives) == (1, ("2026-03",))
                assert bench.publish() == ()
                redact(bench.store, bench.now, False, stories=[story.id])
                bench.publish()
                bench.store.index_search()
                assert not bench.store.search('"number 2"', 5).stories
            bench.poll()  # the feed still lists it
            bench.publish()
            assert not any(WORDS in data for data in bench.published().values())
    return bench


def test_a_story_goes_and_does_not_come_back(bench_with_stories: Bench) -> None:
    published = bench_with_stories.published()
    root = valid.atom(published["feed.atom"])
    (tombstone,) = root.findall(TOMBSTONE)
    archived = valid.atom(published["archive/2026-03.atom"])
    assert [each.get("ref") for each in archived.findall(TOMBSTONE)] == [tombstone.get("ref")]
    # The chain of documents is as it was.
    relations = {link.get("rel") for link in archived.iterfind("a:link", valid.NS)}
    assert {"self", "current", "next-archive"} <= relations
    assert b"2 stories" in published["archive/2026-03.html"]


def test_words_take_out_what_matches_and_nothing_else(bench: Bench) -> None:
    with serve({"/feed": Feed(b"")}) as server:
        two_months(bench, server)
    done = redact(bench.store, bench.now, False, matches=entry_matcher("/number [12] of/"))
    bench.publish()
    assert (len(done.entries), done.archived) == (2, 2)
    text = b"".join(bench.published().values())
    assert WORDS not in text
    assert b"Headline number 3 of many" in text


def test_a_feed_goes_as_a_whole(bench: Bench) -> None:
    with serve({"/feed": Feed(b"")}) as server:
        two_months(bench, server)
        (feed,) = bench.store.feeds()
        redact(bench.store, bench.now, False, feeds=[feed.id], addresses=[feed.url])
        bench.publish()
        bench.poll()
        bench.publish()
    assert not [name for name, data in bench.published().items() if b"Headline number" in data]


def test_entries_that_stay_stay_to_the_byte(bench: Bench) -> None:
    with serve({"/feed": Feed(b"")}) as server:
        two_months(bench, server)
    entries = bench.store.archive_bytes("2026-03")
    assert without(entries, lambda entry: False, bench.now) == (entries, [])
    left, gone = without(entries, lambda entry: entry.entry.title == WORDS.decode(), bench.now)
    assert len(gone) == 1
    assert [story.title for story in stories_of(left)] == [
        story.title for story in stories_of(entries) if story.title != WORDS.decode()
    ]


# ---------------------------------------------------------------- while others write


class _Before:
    """A store; before it is called by this name for the first time, another process does something."""

    def __init__(self, store: Store, name: str, action: Callable[[], object]) -> None:
        self._store, self._name, self._actions = store, name, [action]

    def __getattr__(self, name: str) -> object:
        if name == self._name and self._actions:
            self._actions.pop()()
        return getattr(self._store, name)


def _before(bench: Bench, name: str, action: Callable[[], object]) -> Store:
    found: Any = _Before(bench.store, name, action)
    store: Store = found
    return store


def _redact(bench: Bench, store: Store | None = None, words: str = "/number 2 of/") -> None:
    redact(store or bench.store, bench.now, False, matches=entry_matcher(words))


def _archived(bench: Bench) -> bytes:
    bench.publish()
    return bench.published()["archive/2026-03.atom"]


@pytest.fixture
def month_that_is_over(bench: Bench) -> Bench:
    """Nothing of it is closed yet, and the next publication will do so."""
    with serve({"/feed": Feed(b"")}) as server:
        month_and_one(bench, server)
    return bench


def test_what_is_closed_before_it_is_redacted_is_redacted_there(month_that_is_over: Bench) -> None:
    bench = month_that_is_over
    _redact(bench, _before(bench, "redact", bench.publish))
    assert WORDS not in _archived(bench)


def test_what_is_redacted_is_not_closed_as_it_was_read_before(month_that_is_over: Bench) -> None:
    bench = month_that_is_over
    publish(_before(bench, "close_archive", lambda: _redact(bench)), bench.config, bench.now)
    assert WORDS not in _archived(bench)


def test_what_is_redacted_is_not_shown_as_it_was_read_before(bench: Bench) -> None:
    """As other rules are put into use."""
    with serve({"/feed": Feed(b"")}) as server:
        two_months(bench, server)
    assert WORDS in _archived(bench)
    bench.config = replace(bench.config, publish=replace(bench.config.publish, content="none"))
    publish(_before(bench, "show_archives", lambda: _redact(bench)), bench.config, bench.now)
    found = _archived(bench)
    assert WORDS not in found
    assert b"Headline number 3 of many" in found


def test_two_redactions_at_once_take_out_both(bench: Bench) -> None:
    with serve({"/feed": Feed(b"")}) as server:
        two_months(bench, server)
    _redact(bench, _before(bench, "redact", lambda: _redact(bench, words="/number 3 of/")))
    found = _archived(bench)
    assert WORDS not in found
    assert b"Headline number 3 of many" not in found
    assert b"Headline number 1 of many" in found
