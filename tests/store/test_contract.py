"""What every store does, as store.interfaces says it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.models import (
    Enclosure,
    Entry,
    Feed,
    FeedInfo,
    FeedTrait,
    Person,
    Placement,
    Plan,
    PollHints,
    PollNote,
    StoredContent,
    Validators,
)
from aggregator.settings import Keep, Subscription
from aggregator.store.interfaces import Store
from support.make import NOON, entry, known, with_keys
from support.saving import DAY, answered, changes, edit, new, outcome, query, save

from .conftest import Engine

ONE, TWO = Subscription("https://one.ex/feed", "One", ("tech",)), Subscription("https://two.ex/feed")


def subscribed(store: Store, *subscriptions: Subscription) -> tuple[Feed, ...]:
    store.sync_subscriptions(subscriptions, NOON)
    return store.feeds()


# ---------------------------------------------------------------- polls


def test_a_poll_is_saved_whole_or_not_at_all(store: Store, engine: Engine) -> None:
    (feed,) = subscribed(store, ONE)
    broken = replace(
        changes(store, new(entry("A", "https://a.ex/1"))),
        placements=(Placement(-1, 0, 12345, "new"),),  # a story that is not there
    )
    with pytest.raises(engine.broken_constraint):
        store.save_poll(outcome(feed, changes=broken, response=answered(ONE.url)))
    assert store.latest(10) == ()
    assert store.feeds()[0] == replace(feed, entries=0)


def test_what_was_decided_from_an_old_context_is_not_saved(engine: Engine) -> None:
    store, other = engine.open(), engine.open()
    one, two = subscribed(store, ONE, TWO)
    context = store.load_context(query(one, entry("A", "https://a.ex/1")))
    decided = replace(changes(store, new(entry("A", "https://a.ex/1"))), revision=context.revision)
    save(other, two, new(entry("A2", "https://a.ex/1", guid="x")))
    assert store.save_poll(outcome(one, changes=decided, response=answered(ONE.url))) is None
    assert [story.title for story in store.latest(10)] == ["A2"]
    assert store.feeds()[0].last_success is None
    again = store.load_context(query(one, entry("A", "https://a.ex/1")))
    assert store.save_poll(outcome(one, changes=replace(decided, revision=again.revision)))
    store.close()
    other.close()


def test_one_process_alone_begins_a_poll(engine: Engine) -> None:
    store, other = engine.open(), engine.open()
    (feed,) = subscribed(store, ONE)
    begun = store.begin_polls([(feed, "one.ex")], NOON, NOON + DAY)[0]
    assert begun is not None
    assert begun.count == 0
    assert other.begin_polls([(feed, "one.ex")], NOON, NOON + DAY)[0] is None
    assert (store.feeds()[0].last_attempt, store.feeds()[0].next_poll) == (NOON, NOON + DAY)
    store.close()
    other.close()


def test_a_paused_host_is_not_begun_with(store: Store) -> None:
    (feed,) = subscribed(store, ONE)
    pause = Plan("paused", NOON + DAY, "asked", host_paused_until=NOON + DAY)
    for _ in range(2):
        store.save_poll(outcome(feed, plan=pause))
    assert store.paused_hosts(NOON) == {"one.ex": NOON + DAY}
    begun = store.begin_polls([(feed, "one.ex")], NOON, NOON + DAY)[0]
    assert begun == store.host_backoff("one.ex", NOON)
    assert begun is not None
    assert (begun.count, begun.paused_until) == (2, NOON + DAY)
    assert store.feeds()[0].last_attempt is None
    assert store.paused_hosts(NOON + DAY) == {}
    later = store.begin_polls([(feed, "one.ex")], NOON + DAY, NOON + 2 * DAY)[0]
    assert later is not None
    assert (later.count, later.paused_until) == (2, None)
    store.save_poll(outcome(feed, clears_backoff=True))
    assert store.host_backoff("one.ex", NOON).count == 0


def test_the_log_of_polls_is_bounded(store: Store) -> None:
    (feed,) = subscribed(store, ONE)
    for day in range(40):
        store.save_poll(outcome(feed, days=day))
    store.postpone({feed.id: Plan("ok", NOON, "later")}, PollNote(NOON + 40 * DAY, "ok", "put off", "later"))
    log = store.feed_history(feed.id)
    assert [note.at for note in log] == [NOON + day * DAY for day in range(40, 10, -1)]
    assert log[0].message == "put off"


def test_what_a_poll_costs_in_calls_and_statements(engine: Engine) -> None:
    """A 304: two calls, five statements. A document with news: three calls."""
    asked: list[str] = []

    def trace(statement: str) -> None:
        if asked[-1:] != [statement]:  # what a trigger does is told as its statement again
            asked.append(statement)

    store = engine.open(trace=trace)
    (feed,) = subscribed(store, ONE)
    asked.clear()
    assert store.begin_polls([(feed, "one.ex")], NOON, NOON + DAY)[0] is not None
    store.save_poll(outcome(feed, response=answered(ONE.url)))
    assert len(asked) <= 5, asked
    found = [entry(f"Headline number {n} of this", f"https://one.ex/{n}") for n in range(3)]
    (feed,) = store.due_feeds(NOON + 2 * DAY)
    decided = changes(store, *map(new, found))
    asked.clear()
    assert store.begin_polls([(feed, "one.ex")], NOON + DAY, NOON + 2 * DAY)[0] is not None
    context = store.load_context(query(feed, *found))
    decided = replace(decided, revision=context.revision)
    assert store.save_poll(outcome(feed, days=1, changes=decided, response=answered(ONE.url)))
    assert len(asked) <= 35, asked
    store.close()


def test_state_of_a_feed_tells_whether_its_newest_stories_have_changed(store: Store) -> None:
    def states() -> dict[int, str]:
        return {feed_id: state.newest for feed_id, state in store.feed_states().items()}

    first, second = subscribed(store, ONE, TWO)
    assert len(set(states().values())) == 1  # none has any
    save(store, first, *(new(entry(f"Headline number {n} of this", f"https://one.ex/{n}")) for n in range(3)))
    store.publish_pending(NOON)
    before = states()
    assert states() == before
    assert before[first.id] != before[second.id]
    save(store, second, new(entry("Another headline of that", "https://two.ex/1")))
    assert states() == before  # it waits
    store.publish_pending(NOON + DAY)
    after = states()
    assert (after[first.id], len({*after.values(), *before.values()})) == (before[first.id], 3)


def test_entries_are_counted_by_the_day(store: Store) -> None:
    first, second, _ = subscribed(store, ONE, TWO, Subscription("https://three.ex/feed"))
    ago = (
        0,
        0,
        0.5,
        12,
        13,
        36,
        24 * 29 + 11,
        24 * 29 + 13,
        24 * 40,
        -11,
        -13,
    )  # hours; NOON is in the middle of a day
    save(
        store,
        first,
        *(
            new(entry(f"Headline {n} of this", f"https://one.ex/{n}", hours=-hours))
            for n, hours in enumerate(ago)
        ),
    )
    save(store, second, new(entry("Another headline of that", "https://two.ex/1")))
    counts = store.daily_counts(NOON)
    assert counts[first.id] == (1, *(0,) * 27, 2, 5)
    assert counts[second.id] == (*(0,) * 29, 1)
    assert len(counts) == 2


# ---------------------------------------------------------------- feeds


def test_feeds_mirror_the_configuration(store: Store) -> None:
    assert [feed.url for feed in subscribed(store, ONE, TWO)] == [ONE.url, TWO.url]
    assert [feed.url for feed in subscribed(store, TWO, ONE)] == [TWO.url, ONE.url]
    before = {feed.url: feed.id for feed in store.feeds()}
    assert [feed.url for feed in subscribed(store, TWO)] == [TWO.url]
    assert {feed.url: feed.id for feed in subscribed(store, ONE, TWO)} == before


def test_a_list_shows_of_each_feed_what_the_feed_has(store: Store) -> None:
    one, two, three = subscribed(store, ONE, TWO, Subscription("https://three.ex/feed"))
    failed = Plan("failing", NOON + DAY, "retried", 2, "answered with 500", failing_since=NOON)
    save(store, one, new(entry("A", "https://a.ex/1")), days=1, response=answered(ONE.url))
    save(
        store,
        two,
        new(entry("B", "https://b.ex/1")),
        info=FeedInfo("rss20", " Its\n title", None),
        plan=failed,
    )
    for _ in range(2):  # then what is kept of feeds that have not changed
        for feed, source, line in zip(store.feeds(), store.sources(), store.feed_lines(), strict=True):
            assert (line.id, line.url, line.name) == (feed.id, feed.url, source.name)
            assert (line.status, line.last_error, line.failing_since) == (
                feed.status, feed.last_error, feed.failing_since,
            )  # fmt: skip
            assert (line.next_poll, line.next_reason) == (feed.next_poll, feed.next_reason)
            assert (line.last_attempt, line.last_success) == (feed.last_attempt, feed.last_success)
            assert (line.entries, line.updated) == (feed.entries, source.updated)
        store.publish_pending(NOON + DAY)
    names = [line.name for line in store.feed_lines()]
    assert names == ["One", "Its title", "three.ex"]
    assert [feed.id for feed in store.feeds([three.id, one.id, 99])] == [one.id, three.id]
    assert store.feeds([one.id]) == store.feeds()[:1]
    assert store.feeds(()) == ()


def test_validators_come_back_byte_for_byte(store: Store) -> None:
    (feed,) = subscribed(store, ONE)
    odd = Validators(b'W/"caf\xe9 \xff"', b"Thu, 01 Jan 1970 00:00:00 GMT")
    store.save_poll(outcome(feed, response=answered("https://one.ex/moved", odd, digest="hash")))
    found = store.feeds()[0]
    assert (found.validators, found.validators_url, found.body_hash) == (odd, "https://one.ex/moved", "hash")
    assert (found.first_success, found.last_full) == (NOON, NOON)
    store.save_poll(outcome(feed, days=1, response=answered("https://one.ex/moved", odd)))
    found = store.feeds()[0]
    assert (found.body_hash, found.first_success, found.last_full) == ("hash", NOON, NOON)
    assert found.last_success == NOON + DAY


def test_what_a_feed_says_of_itself_comes_back(store: Store) -> None:
    (feed,) = subscribed(store, ONE)
    info = FeedInfo(
        "rss20", "Title 🦉", "https://one.ex/", "urn:x", "de", (Person("Jane", None, "jane@one.ex"),), "(c)", None,
        "https://hub.ex/", "https://one.ex/feed", PollHints(timedelta(hours=2), None, (1, 2), (6,)), "not well formed",
    )  # fmt: skip
    store.save_poll(outcome(feed, info=info))
    assert store.feeds()[0].info == info


def test_who_is_due(store: Store) -> None:
    one, two = subscribed(store, ONE, TWO)
    assert [feed.url for feed in store.due_feeds(NOON)] == [ONE.url, TWO.url]
    store.postpone({one.id: Plan("ok", NOON + DAY, "every day")})
    store.postpone({two.id: Plan("failing", NOON - DAY, "again", 3, "404")})
    assert [feed.url for feed in store.due_feeds(NOON)] == [TWO.url]
    assert store.due_feeds(NOON)[0].last_error == "404"
    assert [feed.url for feed in store.due_feeds(NOON + DAY)] == [TWO.url, ONE.url]


def test_a_feed_knows_the_dates_of_its_newest_entries(store: Store) -> None:
    (feed,) = subscribed(store, ONE)
    save(store, feed, *(new(entry(f"T{n}", f"https://one.ex/{n}", hours=-n)) for n in range(30)))
    (feed,) = store.feeds()
    assert feed.recent_dates == tuple(NOON - timedelta(hours=n) for n in range(20))
    assert feed.entries == 30


# ---------------------------------------------------------------- entries and stories


def test_a_story_comes_back_whole(store: Store) -> None:
    (feed,) = subscribed(store, ONE)
    full = entry(
        "A 🦉 title",
        "https://one.ex/1",
        authors=(Person("Jane", "https://jane.ex/", "jane@one.ex"),),
        tags=("birds",),
        enclosures=(Enclosure("https://one.ex/a.mp3", "audio/mpeg", 123),),
        image="https://one.ex/a.jpg",
        language="en-GB",
        summary="Short",
        content="<p>Long</p>",
        updated=NOON + DAY,
    )
    save(store, feed, new(full))
    (story,) = store.latest(10)
    assert (story.title, story.link, story.summary, story.content) == (
        full.title,
        full.link,
        "Short",
        "<p>Long</p>",
    )
    assert (story.authors, story.enclosures, story.image, story.language) == (
        full.authors,
        full.enclosures,
        full.image,
        "en-GB",
    )
    assert (story.published, story.updated, story.first_published) == (NOON, NOON + DAY, None)
    assert story.tags == ("birds", "tech")
    assert story.source.name == "One"


def test_numbers_and_odd_texts_stay_what_they_are(store: Store) -> None:
    (feed,) = subscribed(store, ONE)
    found = entry("007", "https://one.ex/1", guid="00123")
    save(store, feed, new(found))
    (stored,) = store.load_context(query(feed, found)).entries
    assert (stored.guid, store.latest(1)[0].title) == ("00123", "007")


STORED = entry("Fed holds rates steady, signals two cuts", "https://one.ex/1", guid="g")
UNLIKE = entry("Other words", "https://other.ex/9", guid="h", hours=1)
BY_KEY = [  # what an entry shares with the stored one, and whether it is found: in the same feed, in another
    ({}, False, False),
    ({"guid": "g"}, True, False),
    ({"link_key": STORED.link_key}, True, True),
    ({"title_key": STORED.title_key, "title_strength": "strong"}, True, True),
    ({"title_key": STORED.title_key, "title_strength": "none"}, False, False),
    ({"published": STORED.published}, True, False),
    ({"title_key": STORED.title_key, "title_strength": "strong", "published": NOON + 4 * DAY}, False, False),
]


def sharing(shares: dict[str, Any]) -> Entry:
    """The unlike entry with what it shares."""
    others = dict(shares)
    keys = with_keys(UNLIKE.keys, others)
    return replace(UNLIKE, keys=keys, **others)


@pytest.mark.parametrize(("shares", "same_feed", "other_feed"), BY_KEY)
def test_a_context_finds_by_each_key(
    store: Store, shares: dict[str, object], same_feed: bool, other_feed: bool
) -> None:
    one, two = subscribed(store, ONE, TWO)
    save(store, one, new(STORED))
    other = sharing(shares)
    for feed, found in ((one, same_feed), (two, other_feed)):
        assert len(store.load_context(query(feed, other, window=3 * DAY)).entries) == found


@pytest.mark.parametrize(("shares", "_", "found"), BY_KEY)
def test_what_shares_a_key_is_found_in_any_feed(
    store: Store, shares: dict[str, object], _: bool, found: bool
) -> None:
    one, two = subscribed(store, ONE, TWO)
    save(store, one, new(STORED))
    other = known(sharing(shares), feed_id=two.id)
    assert len(store.near_sightings((other,), 3 * DAY).sightings) == found


def test_a_context_holds_what_an_unseen_entry_can_be(store: Store) -> None:
    one, two = subscribed(store, ONE, TWO)
    other = entry("Another headline that is long", "https://one.ex/2", guid="2", hours=1)
    save(store, one, new(STORED), new(other))
    save(store, two, new(entry("Third headline, long enough", "https://one.ex/1", guid="3")))
    unseen = replace(STORED, guid="renamed", fingerprint="changed")
    context = store.load_context(query(one, unseen))
    assert {known.guid for known in context.entries} == {"g", "3"}  # "3" shares a link with "g"
    assert [known.guid for known in context.same_title] == ["g"]
    assert list(context.content.values()) == [StoredContent(STORED.title, STORED.title_key, "")]
    again = store.load_context(
        query(one, STORED)
    )  # it has not changed: nobody looks for what else it could be
    assert ({known.guid for known in again.entries}, again.content) == ({"g"}, {})


def test_traits_take_keys_from_what_is_stored(store: Store) -> None:
    (feed,) = subscribed(store, ONE)
    page = entry("One", "https://one.ex/page", guid="1")
    save(store, feed, new(page))
    trait = FeedTrait("shared-link", page.link_key or "")
    save(store, feed, traits=[trait])
    context = store.load_context(
        query(feed, replace(page, guid="2", keys=replace(page.keys, title_key=None), published=NOON + DAY))
    )
    assert (context.traits, context.entries) == (frozenset([trait]), ())


def test_a_taken_atom_id_is_given_to_nobody_else(store: Store) -> None:
    one, two = subscribed(store, ONE, TWO)
    save(store, one, new(entry("A", "https://a.ex/1", guid="same")))
    for title in ("B", "C"):
        decision, placement = new(entry(title, f"https://b.ex/{title}", guid="same"))
        turn = replace(decision, minted_id="urn:x:minted", guid_turn=ord(title))
        save(store, two, (turn, placement))
    a, b, c = (story.atom_id for story in sorted(store.latest(9), key=lambda story: story.title))
    assert (a, b) == ("urn:x:same", "urn:x:minted")
    assert c.startswith("urn:uuid:")


def test_an_edit_changes_the_story_in_place(store: Store) -> None:
    (feed,) = subscribed(store, ONE)
    save(store, feed, new(entry("Old", "https://one.ex/1")))
    before = store.latest(1)[0]
    save(
        store,
        feed,
        edit(entry("New", "https://one.ex/1", content="<p>x</p>", hours=5), 1, NOON + DAY),
        days=1,
    )
    after = store.latest(1)[0]
    assert (after.id, after.atom_id, after.published) == (before.id, before.atom_id, before.published)
    assert (after.title, after.content, after.updated) == ("New", "<p>x</p>", NOON + DAY)
    assert len(store.latest(10)) == 1


def test_a_better_sighting_lends_title_and_link(store: Store) -> None:
    one, two = subscribed(store, ONE, TWO)
    save(store, one, new(entry("Relayed", "https://two.ex/1", guid="relayed")))
    before = store.latest(1)[0]
    save(
        store,
        two,
        new(
            entry("At home", "https://two.ex/1", home=True, hours=1),
            rule="same-link-other-feed",
            story_id=before.id,
        ),
    )
    (after,) = store.latest(10)
    assert (after.title, after.source.url) == ("At home", TWO.url)
    assert (after.atom_id, after.published) == (before.atom_id, before.published)
    assert [(also.source.name, also.title) for also in after.also] == [("One", "Relayed")]


def test_a_dropped_feed_leaves_its_story_to_another(store: Store) -> None:
    one, two = subscribed(store, ONE, TWO)
    save(store, one, new(entry("A", "https://a.ex/1")), new(entry("B", "https://a.ex/2")))
    story = next(story for story in store.latest(10) if story.title == "A")
    save(
        store,
        two,
        new(entry("A2", "https://a.ex/1", guid="x", hours=1), rule="same-link-other-feed", story_id=story.id),
    )
    store.publish_pending(NOON)
    subscribed(store, TWO)
    heads = list(store.story_summaries())
    assert [story.title for story in store.load_stories(head.id for head in heads)] == ["A2"]


def test_backfill_publishes_the_newest_and_keeps_the_rest(store: Store) -> None:
    (feed,) = subscribed(store, ONE)
    save(
        store,
        feed,
        *(new(entry(f"T{n}", f"https://one.ex/{n}", hours=-24 * n)) for n in range(5)),
        backfill=2,
    )
    assert store.publish_pending(NOON) == 2
    heads = list(store.story_summaries())
    assert [story.title for story in store.load_stories(head.id for head in heads)] == ["T0", "T1"]
    assert [head.position for head in heads] == [NOON, NOON - DAY]  # the place of its own date
    assert len(store.latest(10)) == 5


def test_later_stories_stand_where_they_came(store: Store) -> None:
    (feed,) = subscribed(store, ONE)
    save(store, feed, new(entry("First", "https://one.ex/1")), backfill=10)
    store.publish_pending(NOON)
    save(store, feed, new(entry("Late", "https://one.ex/2", hours=-24 * 9)), days=1)
    store.publish_pending(NOON + DAY)
    titles = [story.title for story in store.load_stories(head.id for head in store.story_summaries())]
    assert titles == ["Late", "First"]
    assert store.publish_pending(NOON + 2 * DAY) == 0


def test_the_publication_id_is_made_once(store: Store) -> None:
    assert store.publication_id() == store.publication_id()


@pytest.mark.parametrize(
    ("choice", "want"),
    [
        ({}, ["C", "B", "A"]),
        ({"limit": 1}, ["C"]),
        ({"feed": "one"}, ["B", "A"]),
        ({"feed": "https://two.ex/feed"}, ["C"]),
        ({"tag": "TECH"}, ["B", "A"]),
        ({"tag": "birds"}, ["A"]),
        ({"since": NOON + timedelta(hours=1)}, ["C", "B"]),
        ({"tag": "nothing"}, []),
    ],
)
def test_latest(store: Store, choice: dict[str, object], want: list[str]) -> None:
    one, two = subscribed(store, ONE, TWO)
    save(
        store,
        one,
        new(entry("A", "https://a.ex/1", tags=("Birds",))),
        new(entry("B", "https://a.ex/2", hours=1)),
    )
    save(store, two, new(entry("C", "https://a.ex/3", hours=2)))
    assert [story.title for story in store.latest(**({"limit": 10} | choice))] == want  # type: ignore[arg-type]


# ---------------------------------------------------------------- retention


def test_a_dropped_feed_is_not_listed(store: Store) -> None:
    one, _ = subscribed(store, ONE, TWO)
    save(store, one, new(entry("A", "https://a.ex/1")))
    assert len(store.latest(10)) == 1
    subscribed(store, TWO)
    assert store.latest(10) == ()
    subscribed(store, ONE, TWO)
    assert len(store.latest(10)) == 1


def test_retention_counts_from_the_last_listing(store: Store) -> None:
    (feed,) = subscribed(store, ONE)
    old, listed = entry("Old", "https://one.ex/1"), entry("Listed", "https://one.ex/2")
    save(store, feed, new(old), new(listed))
    (second,) = store.load_context(query(feed, listed)).entries
    save(store, feed, edit(listed, second.id, action="same"), days=5, info=FeedInfo("rss20", "One", None))
    store.save_poll(outcome(feed, days=400, response=answered(ONE.url, days=0)))  # 304s ever since
    assert store.forget(NOON + 400 * DAY, Keep(365)) == 1
    assert [story.title for story in store.latest(10)] == ["Listed"]
    assert store.load_context(query(feed, old)).removed == {"https://one.ex/1", "one.ex/1"}
    store.save_poll(outcome(feed, days=801, response=answered(ONE.url, days=801)))
    assert store.forget(NOON + 801 * DAY, Keep(10_000)) == 0
    assert store.load_context(query(feed, old)).removed == frozenset()


def test_a_story_outlives_one_of_its_sightings(store: Store) -> None:
    one, two = subscribed(store, ONE, TWO)
    save(store, one, new(entry("A", "https://a.ex/1")))
    save(
        store,
        two,
        new(entry("A2", "https://a.ex/1", guid="x", hours=1), rule="same-link-other-feed", story_id=1),
        days=300,
    )
    save(store, one, days=400, info=FeedInfo("rss20", "One", None), response=answered(ONE.url, days=400))
    assert store.forget(NOON + 400 * DAY, Keep(365)) == 1
    (story,) = store.latest(10)
    assert (story.title, story.source.url) == ("A2", TWO.url)


# ---------------------------------------------------------------- archive


def test_archives_are_closed_one_after_the_other(store: Store) -> None:
    from aggregator.models import Archive

    first = Archive("2026-03", 1, NOON, 1, NOON, 3)
    second = replace(first, name="2026-03-2", newest=NOON + DAY, last_id=2)
    assert not store.close_archive(second, b"abc", after=first)
    assert store.close_archive(first, b"abc", after=None)
    assert not store.close_archive(second, b"abc", after=None)  # another process was first
    assert store.close_archive(second, b"xyz", after=first)
    assert store.archives().closed == (first, second)
    assert (store.archive_bytes("2026-03"), store.archive_bytes("2026-03-2")) == (b"abc", b"xyz")


# ---------------------------------------------------------------- laws

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(_TEXT, _TEXT, st.lists(_TEXT, max_size=4), st.none() | _TEXT)
def test_rows_round_trip(engine: Engine, guid: str, title: str, tags: list[str], name: str | None) -> None:
    store = engine.open()
    (feed,) = subscribed(store, Subscription("https://one.ex/feed", None))
    people = (Person(name, None, name),) if name else ()
    found = entry(
        title, f"https://one.ex/{len(guid)}", guid=guid, tags=tuple(tags), authors=people, summary=title
    )
    stored = [known for known in store.load_context(query(feed, found)).entries if known.guid == guid]
    save(store, feed, edit(found, stored[0].id) if stored else new(found))
    # Earlier examples are in the store, too, and may have the same title.
    told = [
        (story.title, story.tags, story.authors, story.summary)
        for story in store.load_stories(range(1, 1000))
    ]
    known = {known.guid for known in store.load_context(query(feed, found)).entries}
    store.close()
    assert (title, tuple(tags), people, title) in told
    assert guid in known
