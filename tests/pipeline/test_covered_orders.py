"""Links are a function of what is stored: feeds and polls in any order, whatever was done between them, give the same."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.make import NOON
from support.related_days import Before, Document, Links, Played, a_day, played
from support.stores import sql

BETWEEN = ("nothing", "nothing", "publish", "publish with a feed off", "drop a feed and take it back")


def links_in_order(
    documents: Sequence[Document], before: Before, chance: random.Random, off: Sequence[int] = ()
) -> tuple[Links, Links]:
    """Links and index after the documents came in an order by chance, with anything between them; feeds `off` at last."""
    feeds = sorted({document.feed for document in documents})
    with played(documents, before, chance.randrange(1_000)) as run:
        for document in chance.sample(documents, len(documents)):
            run.save(document)
            done, feed = chance.choice(BETWEEN), chance.choice(feeds)
            if done == "publish":
                run.relate()
            elif done == "publish with a feed off":
                run.relate([feed])
            elif done == "drop a feed and take it back":
                run.drop_for_a_while(feed)
        run.relate(off)
        found = run.links(), run.index(off)
        assert run.relate(off) == 0
        assert (run.links(), run.index(off)) == found
        return found


def links_at_once(
    documents: Sequence[Document], before: Before, off: Sequence[int] = ()
) -> tuple[Links, Links]:
    with played(documents, before, 0) as run:
        for document in documents:
            run.save(document)
        run.relate(off)
        return run.links(), run.index(off)


@pytest.mark.slow
@given(
    chance=st.randoms(use_true_random=False),
    documents=st.integers(1, 24),
    feeds=st.integers(2, 20),
    before=st.sampled_from([Before(0, ()), Before(960), Before(1_220), Before(5_000)]),
)
def test_links_do_not_depend_on_the_order_of_feeds_and_of_polls(
    chance: random.Random, documents: int, feeds: int, before: Before
) -> None:
    """Nor on when was published, which feeds were off or dropped for a while, or how many entries were counted before."""
    day = a_day(chance, documents, feeds)
    off = chance.sample(sorted({document.feed for document in day}), chance.randint(0, 1))
    assert links_in_order(day, before, chance, off) == links_at_once(day, before, off)


def test_a_day_that_takes_all_steps_is_the_same_in_any_order() -> None:
    day = a_day(random.Random(1), 40, 30)
    before = Before(1_220)
    expected = links_at_once(day, before)
    assert len(expected[0]) > 200
    full = {one for one, *_ in expected[0] if sum(each[0] == one for each in expected[0]) == 10}
    assert full, "some have as many links as may be"
    for seed in range(2):
        assert links_in_order(day, before, random.Random(seed)) == expected


@pytest.mark.slow
def test_a_large_day_is_the_same_in_any_order() -> None:
    day = a_day(random.Random(2), 500, 60)
    expected = links_at_once(day, Before(0, ()))
    assert len(expected[0]) > 2_000
    assert links_in_order(day, Before(0, ()), random.Random(3)) == expected


def test_one_of_ten_links_that_goes_gives_way_to_the_next() -> None:
    day = a_day(random.Random(1), 60, 12)
    with played(day, Before(1_220), 0) as run:
        for document in day:
            run.save(document)
        run.relate()
        before = run.links()
        run.store.sync_subscriptions(run.subscriptions[1:], NOON)
        left = run.links()
        run.relate()
        after = run.links()
        assert left < before
        assert left < after
        assert after == all_anew(run)


def test_so_does_one_that_goes_as_entries_are_related() -> None:
    """An entry that a rebuild brings into the story of one with more than ten to choose from is not related to it."""
    day = a_day(random.Random(1), 60, 12)
    with played(day, Before(1_220), 0) as run:
        for document in day:
            run.save(document)
        run.relate()
        before = run.links()
        many = "SELECT other_id FROM related GROUP BY other_id HAVING count(*) > 11 ORDER BY other_id LIMIT 1"
        moved = "SELECT other_id FROM related WHERE entry_id = ? ORDER BY cosine DESC LIMIT 1"
        ((one,),) = sql(run.path, many)
        ((other,),) = sql(run.path, moved, one)
        story = "(SELECT story_id FROM sightings WHERE entry_id = ?)"
        sql(run.path, f"UPDATE sightings SET story_id = {story} WHERE entry_id = ?", one, other)
        run.relate()
        after = run.links()
        assert not sql(run.path, "SELECT 1 FROM related WHERE entry_id = ? AND other_id = ?", one, other)
        assert len(sql(run.path, "SELECT 1 FROM related WHERE entry_id = ?", one)) == 10
        assert after != before
        assert after == all_anew(run)


def all_anew(run: Played) -> Links:
    """What comes of judging everything anew."""
    sql(run.path, "DELETE FROM meta WHERE key = 'words weighed'")
    run.relate()
    return run.links()
