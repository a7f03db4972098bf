"""Laws of grouping, for which the machine looks for the exception."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedupe import add_keys
from aggregator.dedupe.edits import MOST_A_DAY
from aggregator.models import Entry, Feed, FeedInfo, PollResult, ReadFeed
from aggregator.pipeline.record import PollRecorder
from aggregator.settings import Config, Subscription
from aggregator.store.interfaces import Store
from support.make import NOON, entry
from support.stores import new_store, save_document, sql, tables

FEEDS = 4
LINK_WINDOW = timedelta(days=30)
LATER = NOON + timedelta(days=200)


class World:
    """A store and its feeds, without network: documents go in, the grouping comes out."""

    def __init__(self, path: Path, store: Store) -> None:
        self.path, self.store = path, store
        self.config = Config(
            Path("feeds.yaml"), tuple(Subscription(f"https://f{n}.ex/feed") for n in range(FEEDS))
        )
        store.sync_subscriptions(self.config.feeds, NOON)
        self.recorder = PollRecorder(self.config, store)

    def show(self, feed: int, entries: Iterable[Entry], now: datetime = LATER) -> PollResult:
        """The feed shows this document."""
        stored: Feed = self.store.feeds()[feed]
        document = ReadFeed(FeedInfo("rss20", f"Feed {feed}", f"https://f{feed}.ex/"), tuple(entries))
        return save_document(self.recorder, stored, add_keys(document, stored.url), now)

    def grouping(self) -> set[frozenset[tuple[int, str]]]:
        """Stories as sets of (feed, guid)."""
        stories: dict[int, set[tuple[int, str]]] = {}
        for row in self.sql(
            "SELECT story_id, feed_id, guid, guid_turn FROM sightings JOIN entries ON id = entry_id"
        ):
            stories.setdefault(row["story_id"], set()).add(
                (row["feed_id"], f"{row['guid']} {row['guid_turn']}")
            )
        return {frozenset(members) for members in stories.values()}

    def sql(self, statement: str) -> Sequence[Any]:
        return sql(self.path, statement)

    def dump(self) -> list[tuple[Any, ...]]:
        return tables(self.path, ("entries", "stories", "sightings", "contents", "related"))


@contextlib.contextmanager
def world() -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "aggregator.db"
        store = new_store(path)
        try:
            yield World(path, store)
        finally:
            store.close()


HEADLINES = [
    "Fed holds rates steady, signals two cuts",
    "FED HOLDS RATES STEADY - signals two cuts!",
    "Harbour festival draws record crowds again",
    "Storm hits northern coast",
    "Untitled",
    "Weekly links 12",
    "Queues are harder than they look",
]
LINKS = [f"https://site{n}.ex/story/{m}" for n in range(2) for m in range(3)] + ["https://site0.ex/", None]


@st.composite
def documents(draw: st.DrawFn, distinct: bool = False) -> list[list[Entry]]:
    """One document for each feed; `distinct`: no link and no headline twice in one."""
    shown = []
    for feed in range(FEEDS):
        rows = draw(
            st.lists(
                st.tuples(
                    st.sampled_from(LINKS), st.sampled_from(HEADLINES), st.integers(-1500, 0), st.booleans()
                ),
                max_size=5,
                unique_by=((lambda row: row[0] or row[1]), (lambda row: row[1].casefold()[:6]))
                if distinct
                else None,
            )
        )
        shown.append(
            [
                entry(
                    title,
                    link,
                    hours=hours,
                    guid=f"f{feed} {number}",
                    content="<p>" + ("Much to say. " * 40 if long else "Little.") + "</p>",
                )
                for number, (link, title, hours, long) in enumerate(rows)
            ]
        )
    return shown


@given(documents(), st.permutations(range(FEEDS)))
def test_any_order_in_which_feeds_answer_gives_the_same_grouping(
    shown: list[list[Entry]], order: Sequence[int]
) -> None:
    with world() as one, world() as other:
        for feed in range(FEEDS):
            one.show(feed, shown[feed])
        for feed in order:
            other.show(feed, shown[feed])
        assert one.grouping() == other.grouping()


@given(documents())
def test_the_same_bytes_again_change_nothing(shown: list[list[Entry]]) -> None:
    with world() as here:
        for feed in range(FEEDS):
            here.show(feed, shown[feed])
        before = here.dump()
        for feed in range(FEEDS):
            kept = here.show(feed, shown[feed])
            assert (kept.new, kept.stories, kept.edited) == (0, 0, 0)
        assert here.dump() == before


@given(
    documents(distinct=True),
    st.sampled_from(HEADLINES),
    st.sampled_from(["<p>Other words.</p>", ""]),
    st.booleans(),
)
def test_an_edit_never_makes_a_second_story(
    shown: list[list[Entry]], title: str, content: str, published: bool
) -> None:
    with world() as here:
        for feed in range(FEEDS):
            here.show(feed, shown[feed])
        if published:
            here.store.publish_pending(LATER)
        before = here.grouping()
        for feed in range(FEEDS):
            edited = [
                entry(title, each.link, guid=each.guid, published=each.published, content=content)
                if n == 0
                else each
                for n, each in enumerate(shown[feed])
            ]
            here.show(feed, edited)
        assert here.grouping() == before


@given(documents(distinct=True), st.integers(0, 5))
def test_a_document_that_came_in_parts_gives_the_same_stories(shown: list[list[Entry]], cut: int) -> None:
    with world() as whole, world() as parts:
        for feed in range(FEEDS):
            whole.show(feed, shown[feed])
        for feed in range(FEEDS):
            parts.show(feed, shown[feed][cut:])
        for feed in range(FEEDS):
            parts.show(feed, shown[feed])
        assert parts.grouping() == whole.grouping()


@given(documents())
def test_no_two_stories_within_the_window_share_a_link(shown: list[list[Entry]]) -> None:
    """Link-blogs and learned links apart."""
    with world() as here:
        for feed in range(FEEDS):
            here.show(feed, shown[feed])
        found = here.sql(
            "SELECT a.link_key, a.title_key, b.title_key FROM entries a JOIN entries b ON a.link_key = b.link_key"
            " AND a.id < b.id JOIN sightings v ON v.entry_id = a.id JOIN sightings w ON w.entry_id = b.id"
            " WHERE v.story_id <> w.story_id AND abs(julianday(a.published) - julianday(b.published)) <= 30"
            " AND NOT EXISTS (SELECT 1 FROM related r WHERE r.rule = 'comment-on-link' AND r.key = a.link_key)"
        )
        assert [tuple(row) for row in found] == []


def test_what_is_published_stays_apart_and_is_noted() -> None:
    """Two stories that were published are not merged by an entry that would fit both."""
    with world() as here:
        here.show(0, [entry("Fed holds rates steady, signals two cuts", "https://a.ex/1", guid="a")])
        here.show(1, [entry("Quite another headline about the rates", "https://b.ex/2", guid="b")])
        here.store.publish_pending(LATER)
        before = {tuple(row) for row in here.sql("SELECT id, atom_id, published FROM stories")}
        here.show(2, [entry("Fed holds rates steady, signals two cuts", "https://b.ex/2", guid="c", hours=1)])
        assert {tuple(row) for row in here.sql("SELECT id, atom_id, published FROM stories")} == before
        assert len(here.grouping()) == 2
        (note,) = here.sql("SELECT rule FROM related")
        assert note["rule"] == "same-title-other-feed"


def test_a_feed_that_names_all_anew_brings_no_news() -> None:
    titles = [f"Report number {n} from the harbour office" for n in range(12)]
    with world() as here:
        old = [
            entry(title, f"https://old.ex/{n}", hours=-24 * n, guid=f"old{n}")
            for n, title in enumerate(titles)
        ]
        here.show(0, old)
        here.store.publish_pending(LATER)
        before = here.grouping()
        new = [
            replace(entry(title, f"https://new.ex/{n}", hours=-24 * n), guid=f"new{n}")
            for n, title in enumerate(titles)
        ]
        kept = here.show(0, new)
        assert (kept.new, kept.stories) == (0, 0)
        assert len(here.grouping()) == len(before) == 12


def test_old_entries_that_come_all_at_once_are_kept_and_not_published() -> None:
    with world() as here:
        here.show(0, [entry("Newest of all the reports here", "https://a.ex/new", guid="n")])
        here.store.publish_pending(LATER)
        here.show(
            0,
            [
                entry(f"Old report number {n}", f"https://a.ex/{n}", hours=-100 - n, guid=f"o{n}")
                for n in range(9)
            ],
        )
        assert here.store.publish_pending(LATER) == 0
        assert len(here.grouping()) == 10


def test_the_best_sighting_leads_whatever_the_order() -> None:
    relayed = entry("Queues are harder than they look", "https://f1.ex/queues", guid="relay", hours=-1)
    original = entry("Queues are harder than they look", "https://f1.ex/queues", guid="original")
    for order in ((0, 1), (1, 0)):
        with world() as here:
            for feed in order:
                here.show(feed, [relayed if feed == 0 else original])
            (row,) = here.sql("SELECT feed_id, atom_id, published FROM stories")
            assert row["feed_id"] == 2  # the feed whose site the link leads to
            assert row["published"] == "2026-03-02T11:00:00Z"  # but it is as old as its first sighting


def test_a_date_that_rolls_is_frozen_and_said_to_roll() -> None:
    with world() as here:
        for hours in (0, 0, 5, 9):
            here.show(0, [entry("One headline", "https://a.ex/1", hours=hours, guid="a")])
            (row,) = here.sql("SELECT published, date_reason FROM entries")
            assert row["published"] == "2026-03-02T12:00:00Z"
            assert row["date_reason"] == ("rolling" if hours else "source")


def test_insignificant_edits_are_stored_so_often_a_day_and_significant_ones_always() -> None:
    text = "Much to say. " * 40

    def content(here: World) -> object:
        (row,) = here.sql("SELECT html, title FROM contents JOIN entries ON id = entry_id")
        return row["html"]

    def show(here: World, said: str, now: datetime, title: str = "One headline") -> None:
        here.show(0, [entry(title, "https://a.ex/1", guid="a", content=f"<p>{text}{said}</p>")], now)

    with world() as here:
        for n in range(MOST_A_DAY + 5):
            show(here, str(n), LATER)
        assert content(here) == f"<p>{text}{MOST_A_DAY}</p>"
        show(here, "28", LATER, "Another headline")
        assert content(here) == f"<p>{text}28</p>"
        show(here, "29", LATER, "Another headline")
        assert content(here) == f"<p>{text}28</p>"
        show(here, "30", LATER + timedelta(days=1), "Another headline")
        assert content(here) == f"<p>{text}30</p>"


def test_an_edit_with_another_date_leaves_nothing_to_be_noted_the_next_time() -> None:
    with world() as here:
        here.show(0, [entry("One headline", "https://a.ex/1", guid="a")])
        edited = entry("One headline", "https://a.ex/1", hours=-5, guid="a", content="<p>More</p>")
        here.show(0, [edited])
        before = here.dump()
        here.show(0, [edited])
        assert here.dump() == before


def test_a_feed_that_names_and_dates_all_anew_leaves_nothing_to_be_noted_the_next_time() -> None:
    titles = [f"Report number {n} from the harbour office" for n in range(12)]
    with world() as here:
        here.show(0, [entry(title, f"https://old.ex/{n}", guid=f"old{n}") for n, title in enumerate(titles)])
        anew = [
            entry(title, f"https://new.ex/{n}", hours=30, guid=f"new{n}") for n, title in enumerate(titles)
        ]
        here.show(0, anew)
        before = here.dump()
        here.show(0, anew)
        assert here.dump() == before
