"""Grouping all anew, portion by portion, is grouping all anew at once."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.models import FeedInfo, ReadFeed
from aggregator.pipeline.rebuild import Rebuild, components, rebuild
from aggregator.pipeline.record import PollRecorder
from aggregator.settings import Config, Dedupe, DedupeBy, Subscription
from support.make import NOON, entry
from support.stores import new_store, save_document

Keyed = Sequence[tuple[int, Sequence[str]]]
KEYED = st.lists(st.lists(st.sampled_from("abcdefghij"), max_size=3), max_size=12).map(
    lambda keys: list(enumerate(keys, 1))
)


@given(KEYED, st.integers(1, 4))
@example([(1, ["a"]), (2, ["b"]), (3, ["a", "b"])], 1)
def test_what_shares_a_key_is_in_one_portion(keyed: Keyed, least: int) -> None:
    portions = list(components(keyed, least))
    assert sorted(id for portion in portions for id in portion) == [id for id, _ in keyed]
    where = {id: number for number, portion in enumerate(portions) for id in portion}
    by_key: dict[str, int] = {}
    for id, keys in keyed:
        for key in keys:
            assert by_key.setdefault(key, where[id]) == where[id]


@given(KEYED)
def test_what_shares_none_is_not(keyed: Keyed) -> None:
    for portion in components(keyed, 1):
        reached = {portion[0]}
        keys = dict(keyed)
        while more := {id for id in portion for one in reached if {*keys[id]} & {*keys[one]}} - reached:
            reached |= more
        assert reached == {*portion}


STORIES = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12, unique=True
)


@given(STORIES, st.sampled_from(["link", "title", "both", "off"]))
@example([(0, 0, 0), (1, 0, 1), (2, 1, 1), (1, 2, 2), (2, 2, 3)], "off")
def test_portions_do_not_change_the_outcome(stories: Sequence[tuple[int, int, int]], by: DedupeBy) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = Config(
            Path(folder) / "feeds.yaml", tuple(Subscription(f"https://{n}.example/feed") for n in range(3))
        )
        store = new_store(Path(folder) / "aggregator.db")
        store.sync_subscriptions(config.feeds, NOON)
        recorder = PollRecorder(config, store)
        for feed in store.feeds():
            own = tuple(
                entry(
                    f"The harbour bridge opens to all traffic after repair {title}",
                    f"https://site.example/story/{link}",
                    guid=f"{number}-{link}-{title}",
                )
                for number, link, title in stories
                if f"https://{number}.example/feed" == feed.url
            )
            save_document(recorder, feed, ReadFeed(FeedInfo("rss20", "", None), own), NOON)
        changed = replace(config, dedupe=Dedupe((by,)))
        at_once = rebuild(store, changed, NOON, dry_run=True, portion=1_000)
        in_portions = rebuild(store, changed, NOON, dry_run=False, portion=1)
        assert outcome(in_portions) == outcome(at_once)
        again = rebuild(store, changed, NOON, dry_run=False, portion=1_000)
        assert (again.stories_before, again.stories_after, again.changes) == (
            at_once.stories_after, at_once.stories_after, ()
        )  # fmt: skip
        store.close()


def outcome(result: Rebuild) -> Sequence[object]:
    changes = sorted((change.kind, sorted(change.titles), change.rule) for change in result.changes)
    return (result.stories_before, result.stories_after, result.keys_changed, changes)
