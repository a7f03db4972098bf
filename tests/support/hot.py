"""What a store is asked often, for tests of the plans by which it answers; and what it is asked by hand or once."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from datetime import timedelta
from itertools import count, islice

from aggregator.models import Lease, PublishedFile, Worker
from aggregator.settings import Keep, Subscription
from aggregator.store.interfaces import Store
from support.make import NOON, entry
from support.saving import answered, changes, new, outcome, query

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

# These may read a table whole: each is asked by hand, or once a start, or of a store that has changed as a whole.
BY_HAND = {
    "archive_bytes": "one document, by its name",
    "archive_rules": "one row",
    "close": "",
    "close_archive": "once a document of hundreds of stories",
    "enable_feed": "by hand",
    "is_in_place": "asks the file system",
    "load_index": "grouping anew, by hand",
    "name_open_archive": "once a month",
    "publication_id": "one row",
    "read_cursor": "one row",
    "redact": "by hand",
    "refilter": "reads all entries, once the filters have changed",
    "release_space": "asks for pages",
    "rule_counts": "counts all sightings, by hand",
    "sample_entries": "reads all entries, by hand",
    "save_regrouping": "grouping anew, by hand",
    "server_time": "asks for the time",
    "show_archives": "once the rules have changed",
    "stored_keys": "grouping anew, by hand",
    "sync_subscriptions": "at each start; of feeds alone",
    "version": "one row",
}


def first(found: Iterable[object]) -> None:
    """As much as publishing takes of a long answer."""
    rows = iter(found)
    list(islice(rows, 100))
    if isinstance(rows, Generator):
        rows.close()  # so that no cursor stays open


_NUMBERS = count(10**9)


def _polling_unchanged(store: Store) -> None:
    (feed,) = store.lease_feeds("me", NOON, NOON + MINUTE, 1)
    store.begin_polls([(feed, "f1.ex")], NOON, NOON + timedelta(hours=1))
    store.save_schedules([outcome(feed, is_shown=False)])
    store.save_poll(outcome(feed, clears_backoff=True))
    store.release([f"host f{feed.id}.ex"], "me", NOON)


def polling_news(store: Store) -> None:
    (feed,) = store.lease_feeds("me", NOON, NOON + MINUTE, 1)
    numbers = list(islice(_NUMBERS, 5))
    found = [entry(f"Headline number {n} of this", f"https://f{feed.id}.ex/{n}") for n in numbers]
    store.begin_polls([(feed, "f1.ex")], NOON, NOON + timedelta(hours=1))
    store.load_context(query(feed, *found))
    changed = changes(store, *map(new, found))
    assert store.save_poll(outcome(feed, changes=changed, response=answered(feed.url)))


def relating(store: Store) -> None:
    polling_news(store)
    store.publish_pending(NOON)
    store.anything_waits()
    store.relate(NOON, (), lambda words, counts: {"w1": 0.5, "w77": 0.5}, lambda pairs: (), lambda *words: ())


def _sharing_outputs(store: Store) -> None:
    token = store.lease(["publish"], "me", NOON, NOON + MINUTE)["publish"]
    store.save_outputs([PublishedFile("feed.atom", b"x", 1)], Lease("publish", "me", token))
    assert store.published_at()
    assert store.outputs_version()
    list(store.published_files(0))


def _explaining(store: Store) -> None:
    store.find_stories("https://f1.ex/story/7", "f1.ex/story/7")
    found = store.sightings(store.latest(1)[0].id)
    store.near_sightings([each.entry for each in found], 400 * DAY)


def _sources(store: Store) -> None:
    """They are read anew once anything was written."""
    store.set_read_cursor("a reader", NOON, next(_NUMBERS))
    store.sources()


HOT: dict[str, Callable[[Store], object]] = {
    "polling what has not changed": _polling_unchanged,
    "polling news": polling_news,
    "relating": relating,
    "renewing leases": lambda store: store.renew(["host f1.ex"], "me", NOON + 2 * MINUTE),
    "who has leases": lambda store: store.leases(["host f1.ex"], NOON),
    "noting workers": lambda store: store.note_worker(Worker("me", "all", NOON, NOON)),
    "workers": lambda store: store.workers(NOON),
    "forgetting workers": lambda store: store.forget_worker("another", NOON),
    "paused hosts": lambda store: (store.paused_hosts(NOON), store.host_backoff("f1.ex", NOON)),
    "which feeds are due": lambda store: store.due_feeds(NOON),
    "postponing": lambda store: store.postpone({1: outcome(store.feeds([1])[0]).plan}),
    "publishing: is there something new": lambda store: store.content_version(),
    "publishing: sources": _sources,
    "publishing: the merged feed": lambda store: first(store.story_summaries(subscribed_only=False)),
    "publishing: older stories": lambda store: first(
        store.story_summaries(before=NOON, subscribed_only=False)
    ),
    "publishing: its stories": lambda store: store.load_stories(story.id for story in store.latest(50)),
    "publishing: tags": lambda store: store.tagged_stories({"tech": frozenset({1, 2, 3})}, 100),
    "publishing: what came of a feed": lambda store: list(
        store.story_summaries(since=NOON, feed_ids=[5], subscribed_only=False)
    ),
    "publishing: feeds that have changed": lambda store: (store.feed_states(), store.sources([5])),
    "publishing: pages of sources": lambda store: store.stories_of_feed(5, 40),
    "publishing: arrivals": lambda store: store.arrivals(100),
    "publishing: entries a day": lambda store: (store.daily_counts(NOON), store.daily_counts(NOON, [5])),
    "publishing: archives": lambda store: (store.archives(), store.unarchived_stories(None, 500)),
    "publishing: what archives name": lambda store: store.published_feeds(
        [f"https://f1.ex/story/{n}" for n in range(50)]
    ),
    "publishing: redactions": lambda store: store.redactions(),
    "publishing: outputs for other machines": _sharing_outputs,
    "the service's health": lambda store: (store.counts(), store.feeds()),
    "indexing for search": lambda store: store.index_search(),
    "forgetting": lambda store: (
        store.forget(NOON, Keep(days=90)),
        store.forget(NOON, Keep(entries=1), limit=1),
    ),
    "latest": lambda store: (
        store.latest(20),
        store.latest(20, since=NOON - DAY),
        store.latest(20, tag="tech"),
    ),
    "latest of a feed": lambda store: store.latest(20, feed="https://f7.ex/feed"),
    "search": lambda store: (store.search("w1", 20), store.search("w29 w20000", 20, titles_only=[1, 2])),
    "explain": _explaining,
    "covered": lambda store: (
        store.near_entries([story.id for story in store.latest(50)]),
        store.word_counts(["w1", "w2"]),
    ),
    "lists of feeds": lambda store: (store.feed_lines(), store.feeds([7]), store.feed_history(7)),
    "the digest of a day": lambda store: list(store.published_since(NOON - DAY)),
    "which feed an address is": lambda store: store.feed_ids(),
}


def subscriptions(feeds: int) -> list[Subscription]:
    """As many_rows.py has them."""
    return [Subscription(f"https://f{n}.ex/feed", f"Feed {n}", ("tech",)) for n in range(1, feeds + 1)]
