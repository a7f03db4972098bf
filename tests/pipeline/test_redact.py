"""What must go goes: out of every output, search, the store and closed archives; it does not come back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.export.archive import stories_of, without
from aggregator.filters import entry_matcher
from aggregator.pipeline.redact import redact
from support import valid
from support.feeds import numbered, rss
from support.server import Feed, Server, serve

from .conftest import Bench

TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
WORDS = b"Headline number 2 of many"


def two_months(bench: Bench, server: Server) -> None:
    """Three stories in a month that is closed, and one in the open month."""
    server.routes["/feed"] = Feed(rss(*numbered(range(1, 4))))
    bench.subscribe(server.url("/feed"))
    bench.poll()
    bench.publish()
    bench.now += timedelta(days=31)
    server.routes["/feed"] = Feed(rss(*numbered(range(1, 5)), date="Tue, 07 Apr 2026 12:00:00 GMT"))
    bench.poll()
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
