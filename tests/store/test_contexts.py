"""A document is saved although others have written since it was decided about, unless what that depends on is another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from aggregator.models import DocumentChanges, Entry, Feed, FeedTrait
from aggregator.settings import Keep, Subscription
from aggregator.store.interfaces import Store
from support.make import NOON, entry
from support.saving import DAY, answered, changes, edit, new, outcome, query, save

from .conftest import Engine

OURS, OTHERS = Subscription("https://one.ex/feed"), Subscription("https://two.ex/feed")
OLD = entry("What is stored of this feed already", "https://one.ex/old")
CHANGED = replace(OLD, fingerprint="changed")
NEWS = entry("News that nobody else has told", "https://one.ex/news")


@pytest.fixture
def pair(engine: Engine) -> Iterator[tuple[Store, Store]]:
    """Two processes' stores in one place."""
    stores = engine.open(), engine.open()
    stores[0].sync_subscriptions([OURS, OTHERS], NOON)
    save(stores[0], stores[0].feeds()[0], new(OLD))
    yield stores
    for store in stores:
        store.close()


def decided(store: Store, feed: Feed, *listed: Entry) -> DocumentChanges:
    context = store.load_context(query(feed, *listed))
    return replace(changes(store, new(NEWS)), revision=context.revision, reads=context.reads)


def unrelated(store: Store, _: Feed, other: Feed) -> None:
    save(store, other, new(entry("Something that has nothing to do with it", "https://two.ex/1")))


def another_log(store: Store, _: Feed, other: Feed) -> None:
    store.save_poll(outcome(other))


def cursor(store: Store, _: Feed, __: Feed) -> None:
    store.set_read_cursor("digest", NOON, 1)


@pytest.mark.parametrize("write", [unrelated, another_log, cursor])
@pytest.mark.parametrize("listed", [(NEWS,), (NEWS, OLD), (NEWS, CHANGED)])
def test_what_others_write_elsewhere_does_not_matter(
    pair: tuple[Store, Store], listed: tuple[Entry, ...], write: Callable[[Store, Feed, Feed], None]
) -> None:
    ours, theirs = pair
    feed, other = ours.feeds()
    found = decided(ours, feed, *listed)
    write(theirs, feed, other)
    assert ours.save_poll(outcome(feed, changes=found, response=answered(feed.url)))
    assert NEWS.title in [story.title for story in ours.latest(10)]


def same_link(store: Store, _: Feed, other: Feed) -> None:
    save(store, other, new(entry("Another headline for it", NEWS.link, guid="x")))


def same_title(store: Store, _: Feed, other: Feed) -> None:
    save(store, other, new(entry(NEWS.title, "https://two.ex/2")))


def same_entry(store: Store, feed: Feed, _: Feed) -> None:
    save(store, feed, new(NEWS))


def edited(store: Store, feed: Feed, _: Feed) -> None:
    (known,) = store.load_context(query(feed, OLD)).entries
    save(store, feed, edit(replace(CHANGED, fingerprint="edited"), known.id))


def published(store: Store, _: Feed, __: Feed) -> None:
    store.publish_pending(NOON)


def forgotten(store: Store, feed: Feed, _: Feed) -> None:
    store.save_poll(outcome(feed, days=9, response=answered(feed.url)))
    assert store.forget(NOON + 9 * DAY, Keep(1))


def learned(store: Store, feed: Feed, other: Feed) -> None:
    save(store, feed, traits=[FeedTrait("untrusted-ids")])


@pytest.mark.parametrize("write", [same_link, same_title, same_entry, edited, published, forgotten, learned])
def test_what_others_write_of_the_same_matters(
    pair: tuple[Store, Store], write: Callable[[Store, Feed, Feed], None]
) -> None:
    ours, theirs = pair
    feed, other = ours.feeds()
    found = decided(ours, feed, NEWS, CHANGED)
    write(theirs, feed, other)
    before = ours.latest(10), ours.feed_history(feed.id), ours.counts()["entries"]
    assert ours.save_poll(outcome(feed, changes=found, response=answered(feed.url))) is None
    assert (ours.latest(10), ours.feed_history(feed.id), ours.counts()["entries"]) == before


def test_after_a_document_that_could_not_be_saved_the_next_one_can(
    pair: tuple[Store, Store], engine: Engine
) -> None:
    ours, _ = pair
    feed, _ = ours.feeds()
    twice = changes(ours, new(NEWS), new(NEWS))  # breaks a constraint
    with pytest.raises(engine.broken_constraint):
        ours.save_poll(outcome(feed, changes=twice, response=answered(feed.url)))
    assert [story.title for story in ours.latest(10)] == [OLD.title]
    assert ours.save_poll(outcome(feed, changes=decided(ours, feed, NEWS), response=answered(feed.url)))
    assert len(ours.latest(10)) == 2
