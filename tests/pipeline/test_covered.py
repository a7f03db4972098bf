"""Related coverage with real feeds, a real store and real outputs: links, groups, and when there are none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from xml.sax.saxutils import escape

from aggregator.models import StoryGroup
from aggregator.pipeline.covered import covered_now
from aggregator.pipeline.redact import redact
from aggregator.settings import FilterRule, Filters, Publish, Subscription
from support.events import EVENTS, outlet_feed, telling_feed
from support.feeds import DATE
from support.make import NOON
from support.server import Feed, Server, serve
from support.stores import new_store

from .conftest import Bench

OLD = "Mon, 23 Feb 2026 12:00:00 GMT"


@contextmanager
def outlets(bench: Bench, order: tuple[int, ...] = (0, 1, 2), **more: object) -> Iterator[Server]:
    """Three outlets, subscribed to in this order."""
    with serve({f"/{number}": Feed(outlet_feed(number)) for number in range(3)}) as server:
        bench.subscribe(
            *(Subscription(server.url(f"/{number}")) for number in order),
            publish=Publish(backfill=50),
            **more,
        )
        yield server


def links(bench: Bench) -> set[frozenset[str]]:
    """Pairs of headlines that are linked."""
    found = bench.sql(
        "SELECT a.title AS one, b.title AS other FROM related r JOIN entries a ON a.id = r.entry_id"
        " JOIN entries b ON b.id = r.other_id WHERE r.rule = 'related-coverage'"
    )
    return {frozenset((row["one"], row["other"])) for row in found}


def shape(groups: tuple[StoryGroup, ...]) -> list[tuple[str, list[str]]]:
    return [(group.lead.title, [member.title for member in group.members]) for group in groups]


def test_every_event_is_a_group_of_its_three_outlets(bench: Bench) -> None:
    with outlets(bench):
        bench.poll()
        bench.publish()
    groups = covered_now(bench.store)
    assert len(groups) == len(EVENTS)
    for group in groups:
        told = {group.lead.title, *(member.title for member in group.members)}
        assert told in [{title for title, _ in event} for _, event in EVENTS]
        assert group.outlets == 3
    page = bench.published()["index.html"].decode()
    assert page.count("Also reported by") == 5
    assert "confirmed" not in page


def test_an_unchanged_store_gives_the_same_bytes(bench: Bench) -> None:
    with outlets(bench):
        bench.poll()
        bench.publish()
        before = bench.published(), bench.store.version()
        assert bench.publish() == ()
        assert (bench.published(), bench.store.version()) == before


async def poll_one(bench: Bench, url: str) -> None:
    async with bench.ready() as poller:
        await poller.poll([feed for feed in bench.store.feeds() if feed.url == url])


def test_links_and_groups_do_not_depend_on_the_order_of_feeds_and_of_polls(tmp_path: Path) -> None:
    """Nor on whether something was published between the polls."""
    found = []
    for order, often in (((0, 1, 2), False), ((2, 1, 0), False), ((1, 2, 0), True), ((2, 0, 1), True)):
        folder = tmp_path / f"{order}"
        bench = Bench(folder, new_store(folder / "aggregator.db"))
        with outlets(bench, order) as server:
            for number in order:
                asyncio.run(poll_one(bench, server.url(f"/{number}")))
                if often:
                    bench.publish()
            bench.publish()
        found.append((links(bench), shape(covered_now(bench.store))))
        bench.store.close()
    assert found[0][0]
    assert all(each == found[0] for each in found)


def test_entries_of_last_week_are_related_to_nothing(bench: Bench) -> None:
    with serve({f"/{number}": Feed(outlet_feed(number, OLD)) for number in range(3)}) as server:
        bench.subscribe(*(server.url(f"/{number}") for number in range(3)))
        bench.poll()
        bench.publish()
    assert not links(bench)
    assert not bench.sql("SELECT * FROM related_words")
    (counted,) = bench.sql("SELECT entries FROM word_counts WHERE word = ''")
    assert counted["entries"] == 3 * len(EVENTS)


def test_the_index_forgets_after_three_days(bench: Bench) -> None:
    with outlets(bench) as server:
        bench.poll()
        bench.publish()
        before = links(bench)
        bench.now = NOON + timedelta(days=4)
        server.routes["/3"] = Feed(outlet_feed(0, "Fri, 06 Mar 2026 11:00:00 GMT", range(1)))
        bench.subscribe(*(server.url(f"/{number}") for number in range(4)))
        bench.poll()
        bench.publish()
    assert links(bench) == before
    assert len(bench.sql("SELECT * FROM related_words")) == 1
    assert {row["entry_id"] for row in bench.sql("SELECT entry_id FROM telling_index")} == {61}


def test_a_feed_that_is_dropped_takes_its_links_along_and_brings_them_back(bench: Bench) -> None:
    with outlets(bench) as server:
        bench.poll()
        bench.publish()
        before = links(bench)
        bench.subscribe(server.url("/0"), server.url("/1"))
        titles = {title for _, event in EVENTS for title, _ in event[2:]}
        assert links(bench) == {pair for pair in before if not pair & titles}
        assert covered_now(bench.store) == ()
        bench.subscribe(*(server.url(f"/{number}") for number in range(3)))
        bench.publish()
        assert links(bench) == before


def test_blocked_entries_have_no_links(bench: Bench) -> None:
    with outlets(bench, filters=Filters(block=(FilterRule(title="Kallavik"),))):
        bench.poll()
        bench.publish()
    assert not [pair for pair in links(bench) if any("Kallavik" in title for title in pair)]
    assert len(covered_now(bench.store)) == len(EVENTS) - 1


def test_a_story_that_was_redacted_has_no_links(bench: Bench) -> None:
    with outlets(bench):
        bench.poll()
        bench.publish()
        title = EVENTS[0][1][0][0]
        before = links(bench)
        (story,) = (each for each in bench.store.latest(100) if each.title == title)
        redact(bench.store, bench.now, False, stories=[story.id])
        bench.poll()  # the feed still lists it
        bench.publish()
    assert any(title in pair for pair in before)
    assert links(bench) == {pair for pair in before if title not in pair}
    assert title.encode() not in b"".join(bench.published().values())


def test_off_for_all_or_for_one_feed(bench: Bench) -> None:
    with outlets(bench, related="off") as server:
        bench.poll()
        bench.publish()
        assert not links(bench)
        urls = [server.url(f"/{number}") for number in range(3)]
        bench.subscribe(urls[0], urls[1], Subscription(urls[2], related="off"))
        bench.publish()
        some = links(bench)
        assert some
        assert not any(title in pair for pair in some for _, event in EVENTS for title, _ in event[2:])
        bench.subscribe(*urls)
        bench.publish()
        assert links(bench) > some
        bench.subscribe(urls[0], urls[1], Subscription(urls[2], related="off"))
        bench.publish()
        assert links(bench) == some


def test_an_edit_replaces_the_links_of_its_entry(bench: Bench) -> None:
    title = EVENTS[0][1][0][0]
    with outlets(bench) as server:
        bench.poll()
        bench.publish()
        assert any(title in pair for pair in links(bench))
        route = server.routes["/0"]
        assert isinstance(route, Feed)
        route.body = outlet_feed(0).replace(
            escape(title).encode(), b"The garden of the month: roses in bloom"
        )
        bench.poll()
        bench.publish()
    assert not [pair for pair in links(bench) if any("roses" in each for each in pair)]


def test_an_entry_has_few_links_and_none_within_its_outlet_or_story(bench: Bench) -> None:
    told = EVENTS[0][1]
    routes = {}
    for number in range(30):
        title, summary = told[number % 3]
        routes[f"/{number}"] = Feed(
            f"<rss version='2.0'><channel><title>{number}</title><item><title>{escape(title)} {'abcdefghij'[number % 10] * 4}</title>"
            f"<link>https://outlet{number // 2}.example/{number}</link><description>{escape(summary)}</description>"
            f"<pubDate>{DATE}</pubDate></item></channel></rss>".encode()
        )
    with serve(routes) as server:
        bench.subscribe(*(server.url(path) for path in routes))
        bench.poll()
        bench.publish()
    rows = bench.sql(
        "SELECT r.entry_id, a.link AS one, b.link AS other, v.story_id AS mine, o.story_id AS its FROM related r"
        " JOIN entries a ON a.id = r.entry_id JOIN entries b ON b.id = r.other_id"
        " JOIN sightings v ON v.entry_id = a.id JOIN sightings o ON o.entry_id = b.id WHERE r.rule = 'related-coverage'"
    )
    assert rows
    assert all(row["one"].rsplit("/", 1)[0] != row["other"].rsplit("/", 1)[0] for row in rows)
    assert all(row["mine"] != row["its"] for row in rows)
    assert max(sum(other["entry_id"] == row["entry_id"] for other in rows) for row in rows) <= 10


# Of the same talks in Oslo: the first two are linked, the third is near both of them, and the fourth near the first alone.
TALKS = (
    (
        "Valdoria and Keth reach framework deal in Oslo herring talks",
        "Negotiators of the two islands agreed on a framework for quotas in Oslo.",
    ),
    (
        "Keth hails progress in Oslo talks with Valdoria",
        "Its fisheries minister said that a framework for quotas was agreed on, and that Valdoria would sign in spring.",
    ),
    (
        "Progress but no peace at sea as herring talks with Valdoria end",
        "After a week in Norway nobody could say who may cast nets near the Skerries.",
    ),
    (
        "Herring talks drag on while Valdoria mourns drowned crew",
        "Church bells rang for six sailors of the Marigold.",
    ),
)


@contextmanager
def talks(bench: Bench, numbers: Sequence[int], events: int = 20) -> Iterator[Server]:
    """These of the four, and three outlets of other news."""
    routes = {
        f"/talks{number}": Feed(
            telling_feed(f"talks{number}.example", f"Talks {number}", {"1": TALKS[number]})
        )
        for number in numbers
    }
    routes |= {f"/{number}": Feed(outlet_feed(number, chosen=range(events))) for number in range(3)}
    with serve(routes) as server:
        bench.subscribe(*map(server.url, routes), publish=Publish(backfill=50))
        bench.poll()
        bench.publish()
        yield server


def test_a_story_that_is_near_two_that_are_linked_is_of_their_group(bench: Bench) -> None:
    with talks(bench, range(4)):
        (group,) = (each for each in covered_now(bench.store) if "Oslo" in each.lead.title)
        assert not any(TALKS[2][0] in pair for pair in links(bench))
        assert shape((group,)) == [(TALKS[0][0], [TALKS[1][0], TALKS[2][0]])]
        assert group.outlets == 3
        shared = next(each for each in group.members[1].related if each.story_id == group.lead.id)
        assert set(shared.words) == {"Valdoria", "herring", "talks"}


def test_one_that_is_near_a_single_story_is_not(bench: Bench) -> None:
    with talks(bench, (0, 1, 3)):
        assert not [each for each in covered_now(bench.store) if "Oslo" in each.lead.title]


def test_it_is_on_the_page_until_its_feed_is_off(bench: Bench) -> None:
    with talks(bench, (0, 1, 2), events=4) as server:
        assert [each for each in covered_now(bench.store) if "Oslo" in each.lead.title]
        page = bench.published()["index.html"].decode()
        assert "Talks 2" in page[: page.index("</section>")]
        url = server.url("/talks2")
        others = [feed.url for feed in bench.store.feeds() if feed.url != url]
        bench.subscribe(*others, Subscription(url, related="off"))
        bench.publish()
        assert not [each for each in covered_now(bench.store) if "Oslo" in each.lead.title]


def test_what_comes_later_is_not_linked_to_a_feed_that_is_off_since(bench: Bench) -> None:
    with talks(bench, (0, 1, 2)) as server:
        url = server.url("/talks0")
        others = [feed.url for feed in bench.store.feeds() if feed.url != url]
        server.routes["/talks4"] = Feed(
            telling_feed(
                "talks4.example",
                "Talks 4",
                {"2": ("Valdoria and Keth near deal in Oslo herring talks", TALKS[0][1])},
            )
        )
        bench.subscribe(*others, server.url("/talks4"), Subscription(url, related="off"))
        bench.poll()
        bench.publish()
        assert any("near deal" in title for pair in links(bench) for title in pair)
        assert not any(TALKS[0][0] in pair for pair in links(bench))
