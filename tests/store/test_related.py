"""What is linked is a function of what is stored, in every engine: words weigh less at certain counts, and then all who have them are judged anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from aggregator.models import WORD_STEPS, Entry, EntryWords, Redacted
from aggregator.related import choose_links, display_words, weigh
from aggregator.settings import Subscription
from aggregator.store.interfaces import Store
from aggregator.store.postgresql.schema import MIGRATIONS
from aggregator.store.sqlite import schema
from support.make import NOON, entry
from support.saving import new, save
from support.stores import sql

from .conftest import Engine

FEEDS = 14
BEFORE = 1_010  # entries of last week, which are counted and related to nothing


def told(name: str, feed: int, *words: str, hours: float = -1) -> Entry:
    found = entry(f"Story {name} {' '.join(words)}", f"https://outlet{feed}.ex/{name}", hours)
    return replace(found, words=EntryWords(f"outlet{feed}", words))


def of_one_event() -> list[tuple[int, Entry]]:
    """Of each feed a report: some words come to stand in eight or more; the last tells of something else."""
    own = ("ferry", "kallav", "harbou", "fog", "brandt")
    reports = [
        (feed, told(f"r{feed}", feed, *own[: 3 + feed % 3], f"own{feed}")) for feed in range(FEEDS - 1)
    ]
    return [*reports, (FEEDS - 1, told("other", FEEDS - 1, "peru", "congre", "jeri"))]


def relate(store: Store, off: Sequence[int] = ()) -> int:
    return store.relate(NOON, off, weigh, choose_links, display_words)


def links_of(store: Store, reports: list[tuple[int, Entry]], often: bool) -> set[tuple[object, ...]]:
    store.sync_subscriptions([Subscription(f"https://outlet{n}.ex/feed") for n in range(FEEDS)], NOON)
    feeds = sorted(store.feeds(), key=lambda feed: feed.id)
    old = [new(told(f"old{n}", 0, f"word{n}", hours=-200)) for n in range(BEFORE)]
    save(store, feeds[0], *old)
    for number, report in reports:
        save(store, feeds[number], new(report))
        if often:
            relate(store)
            relate(store, [feeds[number].id])
    relate(store)
    assert relate(store) == 0
    store.publish_pending(NOON)
    (count,) = store.word_counts(["ferry"]).counts.values()
    assert count == FEEDS - 1 >= WORD_STEPS[1]
    stories = store.latest(3 * FEEDS)
    titles = {story.id: story.title for story in stories}
    return {
        (story.title, titles[each.story_id], each.cosine, each.words)
        for story in stories
        for each in story.related
    }


def test_reports_in_any_order_with_publications_between_them_or_not_have_the_same_links(
    engine: Engine,
) -> None:
    found = []
    for name, reports, often in (
        ("at-once", of_one_event(), False),
        ("one-by-one", of_one_event(), True),
        ("backwards", of_one_event()[::-1], True),
    ):
        store = engine.open(name)
        found.append(links_of(store, reports, often))
        store.close()
    assert len(found[0]) > FEEDS
    assert not [link for link in found[0] if "other" in str(link)]
    assert found[1] == found[0]
    assert found[2] == found[0]


def test_the_index_keeps_no_word_of_what_was_redacted(engine: Engine) -> None:
    store = engine.open()
    links_of(store, of_one_event(), False)
    (entry_id,) = [
        sighting.entry.id
        for story in store.latest(3 * FEEDS)
        if story.title.startswith("Story r3 ")
        for sighting in store.sightings(story.id)
    ]
    store.redact(Redacted([entry_id]), NOON)
    relate(store)
    assert not [story for story in store.latest(3 * FEEDS) if "r3 " in str(story.related)]
    if engine.kind == "sqlite":
        assert not sql(Path(engine.place()), "SELECT * FROM telling_index WHERE entry_id = ?", entry_id)
    store.close()


def test_the_triggers_know_the_steps() -> None:
    assert WORD_STEPS[1:] == schema.STEPS
    text = " ".join(statement for migration in MIGRATIONS for statement in migration)
    assert all(f"OLD.entries < {step} AND NEW.entries >= {step}" in text for step in WORD_STEPS[1:])
