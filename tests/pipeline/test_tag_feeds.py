"""A feed for each tag of feeds.yaml, of all that has the tag or is told by a feed that does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from aggregator.filters import compile_rules
from aggregator.settings import FilterRule, Filters, Publish, Subscription
from aggregator.store.sql import publication
from support import valid
from support.feeds import numbered, rss
from support.server import Feed, Server, serve
from support.valid import NS

from .conftest import Bench


def tag_feeds(bench: Bench) -> Mapping[str, list[str]]:
    """Of each tag's Atom feed the titles."""
    return {
        name.removeprefix("tags/").removesuffix(".atom"): [
            title.text or "" for title in valid.atom(data).findall("a:entry/a:title", NS)
        ]
        for name, data in bench.published().items()
        if name.startswith("tags/") and name.endswith(".atom")
    }


def follow(bench: Bench, server: Server, tags: Mapping[str, Sequence[str]], **more: object) -> None:
    bench.subscribe(
        *(Subscription(server.url(path), tags=tuple(tags[path])) for path in server.routes), **more
    )
    bench.poll()
    bench.publish()


ONE = ("The bridge reopens after four years", "https://one.example/bridge")
TWO = ("A cat is elected mayor of the harbour", "https://two.example/cat")


def test_each_tag_has_the_stories_of_its_feeds(bench: Bench) -> None:
    with serve({"/one": Feed(rss(ONE)), "/two": Feed(rss(TWO))}) as server:
        follow(bench, server, {"/one": ["City", "news"], "/two": ["news"]})
    assert tag_feeds(bench) == {"city": [ONE[0]], "news": [ONE[0], TWO[0]]}


def test_a_story_that_two_feeds_tell_has_the_tags_of_both(bench: Bench) -> None:
    with serve({"/one": Feed(rss(ONE)), "/two": Feed(rss(ONE))}) as server:
        follow(bench, server, {"/one": ["city"], "/two": ["river"]})
    assert tag_feeds(bench) == {"city": [ONE[0]], "river": [ONE[0]]}


def test_a_source_s_own_category_counts_where_it_is_a_tag_of_feeds_yaml(bench: Bench) -> None:
    tagged = rss(ONE).replace(
        b"<description>About", b"<category>RIVERS</category><category>x</category><description>About"
    )
    with serve({"/one": Feed(tagged), "/two": Feed(rss(TWO))}) as server:
        follow(bench, server, {"/one": ["city"], "/two": ["rivers"]})
    assert tag_feeds(bench) == {"city": [ONE[0]], "rivers": [ONE[0], TWO[0]]}


def test_each_has_an_id_and_a_name_of_its_own(bench: Bench) -> None:
    with serve({"/one": Feed(rss(ONE))}) as server:
        follow(bench, server, {"/one": ["city", "news"]})
    found = bench.published()
    roots = [valid.atom(found[name]) for name in ("feed.atom", "tags/city.atom", "tags/news.atom")]
    assert len({root.findtext("a:id", namespaces=NS) for root in roots}) == 3
    assert [root.findtext("a:title", namespaces=NS) for root in roots] == [
        *("News Feed", "News Feed: city", "News Feed: news"),
    ]


def test_a_tag_that_vanishes_takes_its_files_along(bench: Bench) -> None:
    with serve({"/one": Feed(rss(ONE))}) as server:
        follow(bench, server, {"/one": ["city", "news"]})
        before = bench.published()
        follow(bench, server, {"/one": ["news"]})
        after = bench.published()
        assert set(before) - set(after) == {
            f"tags/city.{suffix}" for suffix in ("atom", "json", "opml", "html")
        }
        assert after["tags/news.json"] == before["tags/news.json"].replace(b'\n    "city",', b"")


def test_no_limit_for_a_source_within_its_tag(bench: Bench) -> None:
    with serve({"/one": Feed(rss(*numbered(range(9))))}) as server:
        follow(bench, server, {"/one": ["city"]}, publish=Publish(per_source=2, guarantee_hours=0))
    assert len(tag_feeds(bench)["city"]) == 9
    assert bench.published()["feed.atom"].count(b"<entry") == 9  # all came at one moment


def test_a_quiet_feed_is_found_behind_any_number_of_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication, "RECENT", 5)
    old = rss(TWO, date="Mon, 02 Feb 2026 12:00:00 GMT")
    with serve({"/busy": Feed(rss(*numbered(range(10)))), "/quiet": Feed(old)}) as server:
        follow(bench, server, {"/busy": ["news"], "/quiet": ["cats"]})
    assert tag_feeds(bench)["cats"] == [TWO[0]]
    assert len(tag_feeds(bench)["news"]) == 10


SPELLINGS = ("Économie", "ÉCONOMIE", "E\u0301conomie")


def test_a_tag_is_one_however_it_is_spelt(bench: Bench) -> None:
    """In feeds.yaml, by two sources, on the command line, in a filter: one key."""
    heads = [(f"Headline number {n} about the economy", f"https://e{n}.example/1") for n in range(3)]
    tagged = [
        rss(head).replace(b"<description>About", f"<category>{tag}</category><description>About".encode())
        for head, tag in zip(heads, ("anything", *SPELLINGS[1:]), strict=True)
    ]
    with serve({f"/{n}": Feed(body) for n, body in enumerate(tagged)}) as server:
        follow(bench, server, {"/0": [SPELLINGS[0]], "/1": [], "/2": []})
    (slug,) = tag_feeds(bench)
    assert sorted(tag_feeds(bench)[slug]) == [title for title, _ in heads]
    for spelling in (*SPELLINGS, "économie"):
        assert len(bench.store.latest(10, tag=spelling)) == 3
    assert bench.store.latest(10, tag="economie") == ()
    for spelling in SPELLINGS:
        rules = compile_rules(replace(bench.config, filters=Filters(block=(FilterRule(tag=spelling),))))
        assert bench.store.refilter(spelling, rules.blocked_by) == 3
