"""How long a large store in PostgreSQL takes to answer what it is asked often; it is filled by SQL, see many_rows.py.

    python benchmarks/large_postgresql.py URL [--entries 2000000] [--feeds 100000]

URL: an empty database and a superuser of it. Two million entries take 6 GB and some minutes; a store that is there
already is used again. Times are the least of three.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator
from itertools import islice

import psycopg

from aggregator.settings import Keep
from aggregator.store.interfaces import Store
from aggregator.store.open import open_store
from large import least
from many_rows import NOW, fill


def summaries(store: Store) -> None:
    """As many as the merged feed looks at where much is young."""
    found = store.story_summaries()
    list(islice(found, 3_000))
    del found  # ends the query


def asked(store: Store) -> Iterator[tuple[str, Callable[[], object]]]:
    newest = [story.id for story in store.latest(100)]
    yield "latest", lambda: store.latest(20)
    yield "search for a word of all stories", lambda: store.search("w1", 20)
    yield "search for a rare word", lambda: store.search("w20000", 20)
    yield "a story by its link", lambda: store.find_stories("https://f1.ex/story/7", "f1.ex/story/7")
    yield "all feeds, with their entries counted", store.feeds
    yield "what a list of all feeds shows", store.feed_lines
    yield "how many entries and stories", store.counts
    yield "publishing: has anything changed", store.content_version
    yield "publishing: sources", store.sources
    yield "publishing: the newest 3,000 stories", lambda: summaries(store)
    yield "publishing: 100 stories loaded", lambda: store.load_stories(newest)
    yield "publishing: arrivals", lambda: store.arrivals(6_000)
    yield "publishing: a tag", lambda: store.tagged_stories({"tech": frozenset({1, 2, 3})}, 100)
    yield "publishing: entries a day, for 30 days", lambda: store.daily_counts(NOW)
    yield "publishing: what waits, where nothing does", lambda: store.publish_pending(NOW)
    yield "publishing: which pages of sources changed", store.feed_states
    yield "500 entries forgotten", lambda: store.forget(NOW, Keep(days=200))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("--entries", type=int, default=2_000_000)
    parser.add_argument("--feeds", type=int, default=100_000)
    given = parser.parse_args()
    with contextlib.closing(open_store(given.url)) as store:
        if not store.counts()["entries"]:
            with psycopg.connect(given.url, autocommit=True) as connection:
                fill(connection, given.entries, given.feeds)
        tell("publishing: states of all feeds kept, once", least(lambda: store.publish_pending(NOW), 1))
        for name, ask in asked(store):
            tell(name, least(ask, 3))


def tell(name: str, taken: float) -> None:
    print(f"{name:<45}{taken:>11,.1f} ms", flush=True)


if __name__ == "__main__":
    main()
