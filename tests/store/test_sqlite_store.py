"""The store: what is written comes back, what belongs together is written together, look-ups use indexes."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from aggregator.dedupe.identify import pending
from aggregator.errors import StoreError
from aggregator.models import (
    Action,
    Decision,
    Enclosure,
    Entry,
    Feed,
    FeedInfo,
    FeedTrait,
    Person,
    Placement,
    Plan,
    PollHints,
    Validators,
)
from aggregator.settings import Subscription
from aggregator.store import connect, schema
from aggregator.store.entries import MOST_SHARING
from aggregator.store.sqlite import SqliteStore
from support.make import NOON, entry

ONE, TWO = Subscription("https://one.ex/feed", "One", ("tech",)), Subscription("https://two.ex/feed")
DAY = timedelta(days=1)


def subscribed(store: SqliteStore, *subscriptions: Subscription) -> tuple[Feed, ...]:
    store.sync(subscriptions, NOON)
    return store.feeds()


def new(found: Entry, rule: str = "new", story_id: int | None = None) -> tuple[Decision, Placement]:
    decision = Decision(found, "new", "new", atom_id=f"urn:x:{found.guid}")
    return decision, Placement(0, 0, story_id, rule)


def edit(
    found: Entry, entry_id: int, revised: datetime | None = None, action: Action = "edit"
) -> tuple[Decision, None]:
    return Decision(found, action, "same-id", "k", entry_id=entry_id, revised=revised), None


def keep(
    store: SqliteStore,
    feed: Feed,
    *each: tuple[Decision, Placement | None],
    backfill: int | None = None,
    days: float = 0,
) -> None:
    """Writes these decisions; a new entry begins a story of its own unless its placement says another."""
    placements = [
        replace(placement, entry=-index - 1, group=index)
        for index, (_, placement) in enumerate(each)
        if placement
    ]
    store.keep(feed, [decision for decision, _ in each], placements, (), NOON + days * DAY, backfill)


# ---------------------------------------------------------------- opening


def test_the_schema_is_made_by_migrations_and_public(tmp_path: Path) -> None:
    path = tmp_path / "new" / "aggregator.db"
    SqliteStore.open(path).close()
    db = Database(path)
    assert {"feeds", "entries", "stories", "sightings", "tombstones", "learned"} <= set(db.table_names())
    columns = {table: set(db[table].columns_dict) for table in ("feeds", "entries", "stories", "sightings")}
    assert {"url", "status", "last_error", "lease_owner", "lease_until"} <= columns["feeds"]
    assert {"feed_id", "guid", "link", "title"} <= columns["entries"]
    assert {"atom_id", "title", "link"} <= columns["stories"]
    assert {"story_id", "entry_id", "rule", "key", "decided_at"} <= columns["sightings"]
    assert not schema.migrations.pending(db)
    assert len(schema.migrations.applied(db)) == connect.SCHEMA_VERSION
    db.close()


def test_letter_codes_of_the_first_version_become_slugs(tmp_path: Path) -> None:
    path = tmp_path / "aggregator.db"
    db = Database(path)
    schema.migrations.apply(db, stop_before="m002_rule_slugs")
    db.execute("PRAGMA user_version = 1")
    db.execute(
        "INSERT INTO feeds (id, url, effective_url, created_at) VALUES (1, 'https://a.ex/', 'https://a.ex/', '')"
    )
    db.execute("INSERT INTO learned (feed_id, fact, key, learned_at) VALUES (1, 'shared link', 'a.ex/x', '')")
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute(
        "INSERT INTO sightings (entry_id, story_id, rule, key, decided_at)"
        " VALUES (1, 1, 'new', '', ''), (2, 1, 'X1', 'a.ex/1', ''), (3, 1, 'X2m', 'a b c', '')"
    )
    db.execute("INSERT INTO related (entry_id, other_id, rule, key, noted_at) VALUES (1, 2, 'X1c', '', '')")
    db.conn.commit()
    db.close()
    store = SqliteStore.open(path)
    found = [
        row[0]
        for table, column in (("sightings", "rule"), ("related", "rule"), ("learned", "fact"))
        for row in store._db.execute(f"SELECT {column} FROM {table} ORDER BY 1")
    ]
    store.close()
    assert found == ["new", "same-link-other-feed", "same-title-same-site", "comment-on-link", "shared-link"]


def test_settings_of_the_connection(store: SqliteStore) -> None:
    asked = {
        name: store._db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "foreign_keys", "synchronous")
    }
    assert asked == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1}


@pytest.mark.parametrize("kind", ["folder", "text", "newer", "unwritable parent"])
def test_a_store_that_cannot_be_used_says_why(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "aggregator.db"
    words = {
        "folder": "is a folder",
        "text": "not an SQLite file",
        "newer": "newer aggregator",
        "unwritable parent": "cannot be used",
    }
    if kind == "folder":
        path.mkdir()
    elif kind == "text":
        path.write_text("This is no database, but a text that is long enough to be looked at." * 20)
    elif kind == "newer":
        SqliteStore.open(path).close()
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA user_version = 999")
        db.close()
    else:
        (tmp_path / "file").write_text("")
        path = tmp_path / "file" / "aggregator.db"
    with pytest.raises(StoreError, match=words[kind]):
        SqliteStore.open(path)


def test_reading_where_nothing_is_yet(tmp_path: Path) -> None:
    assert SqliteStore.open_to_read(tmp_path / "aggregator.db") is None
    assert list(tmp_path.iterdir()) == []


def test_two_programs_may_make_the_store_at_once(tmp_path: Path) -> None:
    path = tmp_path / "aggregator.db"
    errors: list[BaseException] = []

    def make() -> None:
        try:
            SqliteStore.open(path).close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_transaction_is_all_or_nothing(store: SqliteStore) -> None:
    (feed,) = subscribed(store, ONE)
    with pytest.raises(RuntimeError), store.transaction():
        keep(store, feed, new(entry("A", "https://a.ex/1")))
        raise RuntimeError("pulled the plug")
    assert store.latest(10) == ()
    assert store.feeds()[0].entries == 0


# ---------------------------------------------------------------- feeds


def test_feeds_mirror_the_configuration(store: SqliteStore) -> None:
    assert [feed.url for feed in subscribed(store, ONE, TWO)] == [ONE.url, TWO.url]
    assert [feed.url for feed in subscribed(store, TWO, ONE)] == [TWO.url, ONE.url]
    before = {feed.url: feed.id for feed in store.feeds()}
    assert [feed.url for feed in subscribed(store, TWO)] == [TWO.url]
    assert {feed.url: feed.id for feed in subscribed(store, ONE, TWO)} == before


def test_validators_come_back_byte_for_byte(store: SqliteStore) -> None:
    (feed,) = subscribed(store, ONE)
    odd = Validators(b'W/"caf\xe9 \xff"', b"Thu, 01 Jan 1970 00:00:00 GMT")
    store.answered(feed.id, odd, "https://one.ex/moved", "hash", NOON)
    found = store.feeds()[0]
    assert (found.validators, found.validators_url, found.body_hash) == (odd, "https://one.ex/moved", "hash")
    store.answered(feed.id, odd, "https://one.ex/moved", None, NOON + DAY)
    assert (store.feeds()[0].body_hash, store.feeds()[0].first_success) == ("hash", NOON)


def test_what_a_feed_says_of_itself_comes_back(store: SqliteStore) -> None:
    (feed,) = subscribed(store, ONE)
    info = FeedInfo(
        "rss20", "Title 🦉", "https://one.ex/", "urn:x", "de", (Person("Jane", None, "jane@one.ex"),), "(c)", None,
        "https://hub.ex/", "https://one.ex/feed", PollHints(timedelta(hours=2), None, (1, 2), (6,)), "not well formed",
    )  # fmt: skip
    store.described(feed.id, info, NOON)
    assert store.feeds()[0].info == info


def test_who_is_due(store: SqliteStore) -> None:
    one, two = subscribed(store, ONE, TWO)
    assert [feed.url for feed in store.due(NOON)] == [ONE.url, TWO.url]
    store.planned(one.id, Plan("ok", NOON + DAY, "every day"))
    store.planned(two.id, Plan("failing", NOON - DAY, "again", 3, "404"))
    assert [feed.url for feed in store.due(NOON)] == [TWO.url]
    assert store.due(NOON)[0].last_error == "404"
    assert [feed.url for feed in store.due(NOON + DAY)] == [TWO.url, ONE.url]


def test_host_pauses_end(store: SqliteStore) -> None:
    store.pause_host("one.ex", NOON + DAY, "asked")
    store.pause_host("one.ex", NOON + DAY / 2, "asked again")
    assert store.host_pauses(NOON) == {"one.ex": NOON + DAY}
    assert store.host_pauses(NOON + DAY) == {}


# ---------------------------------------------------------------- entries and stories


def test_a_story_comes_back_whole(store: SqliteStore) -> None:
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
    keep(store, feed, new(full))
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


def test_numbers_and_odd_texts_stay_what_they_are(store: SqliteStore) -> None:
    (feed,) = subscribed(store, ONE)
    keep(store, feed, new(entry("007", "https://one.ex/1", guid="00123")))
    assert store._db.execute("SELECT guid, title, typeof(guid) FROM entries").fetchone()[:] == (
        "00123",
        "007",
        "text",
    )


def test_known_finds_by_each_key(store: SqliteStore) -> None:
    one, two = subscribed(store, ONE, TWO)
    stored = entry("Fed holds rates steady, signals two cuts", "https://one.ex/1", guid="g")
    keep(store, one, new(stored))

    def found(feed: Feed, **change: object) -> int:
        other = replace(entry("Other words", "https://other.ex/9", guid="h"), **change)  # type: ignore[arg-type]
        return len(store.known(feed.id, (other,), 3 * DAY).entries)

    assert found(one) == 0
    assert found(one, guid="g") == 1
    assert found(two, guid="g") == 0
    assert found(one, link_key=stored.link_key) == 1
    assert found(two, link_key=stored.link_key) == 0
    assert found(one, title_key=stored.title_key, title_strength="strong") == 1
    assert found(one, title_key=stored.title_key, title_strength="none") == 0
    assert found(one, title_key=stored.title_key, title_strength="strong", published=NOON + 4 * DAY) == 0


def test_what_shares_a_key_is_found_in_any_feed(store: SqliteStore) -> None:
    one, two = subscribed(store, ONE, TWO)
    stored = entry("Fed holds rates steady, signals two cuts", "https://one.ex/1", guid="g")
    keep(store, one, new(stored))

    def found(**change: object) -> int:
        other = replace(entry("Other words", "https://other.ex/9", guid="h"), **change)  # type: ignore[arg-type]
        return len(store.sharing((pending(0, other, two.id),), 3 * DAY))

    assert found() == 0
    assert found(link_key=stored.link_key) == 1
    assert found(title_key=stored.title_key, title_strength="strong") == 1
    assert found(title_key=stored.title_key, title_strength="none") == 0
    assert found(title_key=stored.title_key, title_strength="strong", published=NOON + 4 * DAY) == 0


def test_feeds_that_agree_on_thousands_of_links_do_not_fill_the_memory(store: SqliteStore) -> None:
    """Each still finds its own entries, all of them, and of the others no more than can be looked at."""
    feeds = subscribed(store, *(Subscription(f"https://{n}.ex/feed") for n in range(5)))
    told = [
        entry(f"Headline {n} of thousands", f"https://shared.ex/{n}", guid=f"{n}")
        for n in range(MOST_SHARING // 4)
    ]
    for feed in feeds:
        alone = [Placement(-number - 1, number, None, "new", "") for number in range(len(told))]
        with store.transaction():
            store.keep(
                feed,
                [Decision(each, "new", "new", "", atom_id=f"urn:{feed.id}:{each.guid}") for each in told],
                alone,
                (),
                NOON,
                None,
            )
    renamed = [replace(each, guid=f"other {each.guid}") for each in told]
    for feed in feeds:
        assert {each.feed_id for each in store.known(feed.id, renamed, DAY).entries} == {feed.id}
        assert len(store.known(feed.id, renamed, DAY).entries) == len(told)
    found = store.sharing([pending(n, each, 0) for n, each in enumerate(told)], DAY)
    assert len(found) == MOST_SHARING
    assert {each.feed_id for each in found} == {feed.id for feed in feeds[:4]}  # the first stored


def test_look_ups_use_indexes(store: SqliteStore) -> None:
    """The cost of an entry does not grow with the store."""
    asked: list[str] = []
    store._db.set_trace_callback(asked.append)
    store.known(1, (entry("Fed holds rates steady, signals two cuts", "https://one.ex/1"),), DAY)
    next(store.heads(), None)
    store.latest(5)
    store._db.set_trace_callback(None)
    for statement in asked:
        plan = [row["detail"] for row in store._db.execute(f"EXPLAIN QUERY PLAN {statement}")]
        scans = [
            line
            for line in plan
            if line.startswith("SCAN")
            and not any(ok in line for ok in ("json_each", "USING", "feeds", "SCAN f", "CONSTANT", "SCAN s"))
        ]
        assert not scans, f"{statement}: {scans}"


def test_learning_a_shared_link_takes_the_key_from_what_is_stored(store: SqliteStore) -> None:
    (feed,) = subscribed(store, ONE)
    page = entry("One", "https://one.ex/page", guid="1")
    keep(store, feed, new(page))
    fact = FeedTrait("shared-link", page.link_key or "")
    store.learn(feed.id, (fact,), NOON)
    assert store.known(feed.id, (replace(page, guid="2"),), DAY).entries == ()
    assert store.learned(feed.id) == {fact}


def test_an_edit_changes_the_story_in_place(store: SqliteStore) -> None:
    (feed,) = subscribed(store, ONE)
    keep(store, feed, new(entry("Old", "https://one.ex/1")))
    before = store.latest(1)[0]
    keep(
        store,
        feed,
        edit(entry("New", "https://one.ex/1", content="<p>x</p>", hours=5), 1, NOON + DAY),
        days=1,
    )
    after = store.latest(1)[0]
    assert (after.id, after.atom_id, after.published) == (before.id, before.atom_id, before.published)
    assert (after.title, after.content, after.updated) == ("New", "<p>x</p>", NOON + DAY)
    assert len(store.latest(10)) == 1


def test_a_better_sighting_lends_title_and_link(store: SqliteStore) -> None:
    one, two = subscribed(store, ONE, TWO)
    keep(store, one, new(entry("Relayed", "https://two.ex/1", guid="relayed")))
    before = store.latest(1)[0]
    keep(
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


def test_a_dropped_feed_leaves_its_story_to_another(store: SqliteStore) -> None:
    one, two = subscribed(store, ONE, TWO)
    keep(store, one, new(entry("A", "https://a.ex/1")), new(entry("B", "https://a.ex/2")))
    story = next(story for story in store.latest(10) if story.title == "A")
    keep(
        store,
        two,
        new(entry("A2", "https://a.ex/1", guid="x", hours=1), rule="same-link-other-feed", story_id=story.id),
    )
    store.release(NOON)
    subscribed(store, TWO)
    heads = list(store.heads())
    assert [story.title for story in store.stories(head.id for head in heads)] == ["A2"]


def test_backfill_publishes_the_newest_and_keeps_the_rest(store: SqliteStore) -> None:
    (feed,) = subscribed(store, ONE)
    keep(
        store,
        feed,
        *(new(entry(f"T{n}", f"https://one.ex/{n}", hours=-24 * n)) for n in range(5)),
        backfill=2,
    )
    assert store.release(NOON) == 2
    heads = list(store.heads())
    assert [story.title for story in store.stories(head.id for head in heads)] == ["T0", "T1"]
    assert [head.position for head in heads] == [NOON, NOON - DAY]  # the place of its own date
    assert len(store.latest(10)) == 5


def test_later_stories_stand_where_they_came(store: SqliteStore) -> None:
    (feed,) = subscribed(store, ONE)
    keep(store, feed, new(entry("First", "https://one.ex/1")), backfill=10)
    store.release(NOON)
    keep(store, feed, new(entry("Late", "https://one.ex/2", hours=-24 * 9)), days=1)
    store.release(NOON + DAY)
    titles = [story.title for story in store.stories(head.id for head in store.heads())]
    assert titles == ["Late", "First"]
    assert store.release(NOON + 2 * DAY) == 0


def test_the_publication_id_is_made_once(store: SqliteStore) -> None:
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
def test_latest(store: SqliteStore, choice: dict[str, object], want: list[str]) -> None:
    one, two = subscribed(store, ONE, TWO)
    keep(
        store,
        one,
        new(entry("A", "https://a.ex/1", tags=("Birds",))),
        new(entry("B", "https://a.ex/2", hours=1)),
    )
    keep(store, two, new(entry("C", "https://a.ex/3", hours=2)))
    assert [story.title for story in store.latest(**({"limit": 10} | choice))] == want  # type: ignore[arg-type]


# ---------------------------------------------------------------- retention


def test_retention_counts_from_the_last_listing(store: SqliteStore) -> None:
    (feed,) = subscribed(store, ONE)
    old, listed = entry("Old", "https://one.ex/1"), entry("Listed", "https://one.ex/2")
    keep(store, feed, new(old), new(listed))
    second = store.known(feed.id, (listed,), DAY).entries[0]
    keep(store, feed, edit(listed, second.id, action="same"), days=5)
    store.described(feed.id, FeedInfo("rss20", "One", None), NOON + 5 * DAY)
    store.answered(feed.id, Validators(), ONE.url, "x", NOON + 400 * DAY)  # 304s ever since
    assert store.forget(NOON + 400 * DAY, days=365) == 1
    assert [story.title for story in store.latest(10)] == ["Listed"]
    assert store.known(feed.id, (old,), DAY).forgotten == {"https://one.ex/1", "one.ex/1"}
    assert store.forget(NOON + 801 * DAY, days=10_000) == 0
    assert store.known(feed.id, (old,), DAY).forgotten == frozenset()


def test_a_story_outlives_one_of_its_sightings(store: SqliteStore) -> None:
    one, two = subscribed(store, ONE, TWO)
    keep(store, one, new(entry("A", "https://a.ex/1")))
    keep(
        store,
        two,
        new(entry("A2", "https://a.ex/1", guid="x", hours=1), rule="same-link-other-feed", story_id=1),
        days=300,
    )
    assert store.forget(NOON + 400 * DAY, days=365) == 1
    (story,) = store.latest(10)
    assert (story.title, story.source.url) == ("A2", TWO.url)


# ---------------------------------------------------------------- laws

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_TEXT, _TEXT, st.lists(_TEXT, max_size=4), st.none() | _TEXT)
def test_rows_round_trip(
    store: SqliteStore, guid: str, title: str, tags: list[str], name: str | None
) -> None:
    (feed,) = subscribed(store, Subscription("https://one.ex/feed", None))
    people = (Person(name, None, name),) if name else ()
    found = entry(
        title, f"https://one.ex/{len(guid)}", guid=guid, tags=tuple(tags), authors=people, summary=title
    )
    with pytest.raises(KeyboardInterrupt), store.transaction():
        store._db.execute("DELETE FROM stories")
        store._db.execute("DELETE FROM entries")
        keep(store, feed, new(found))
        (story,) = store.latest(10)
        assert (story.title, story.tags, story.authors, story.summary) == (title, tuple(tags), people, title)
        assert store.known(feed.id, (found,), DAY).entries[0].guid == guid
        raise KeyboardInterrupt  # leaves the store as it was
