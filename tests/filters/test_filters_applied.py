"""Filters at work: what is blocked is kept and not shown, and a rule can be taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.filters import compile_rules
from aggregator.settings import FilterRule, Filters
from support.bench import Bench
from support.feeds import rss
from support.server import Feed, serve

FED = "Fed holds rates steady, signals two cuts"
BLOCK_SPONSORED = Filters(block=(FilterRule(title="sponsored"),))


def apply(bench: Bench, rules: Filters) -> int:
    bench.config = replace(bench.config, filters=rules)
    found = compile_rules(bench.config)
    return bench.store.refilter(found.fingerprint, found.blocked_by)


def merged(bench: Bench) -> list[str]:
    bench.publish()
    return [
        story.title for story in bench.store.load_stories(head.id for head in bench.store.story_summaries())
    ]


def test_a_blocked_entry_is_kept_and_not_shown(bench: Bench) -> None:
    with serve(
        {
            "/f": Feed(
                rss(("Sponsored: a watch", "https://a.ex/1"), ("Storm over the harbour", "https://a.ex/2"))
            )
        }
    ) as server:
        bench.subscribe(server.url("/f"), filters=BLOCK_SPONSORED)
        bench.poll()
        assert merged(bench) == bench.titles() == ["Storm over the harbour"]
        assert b"Sponsored" not in b"".join(bench.published().values())
    assert bench.sql("SELECT count(*) FROM entries")[0][0] == 2


def test_a_rule_works_backwards_and_can_be_taken_back(bench: Bench) -> None:
    with serve(
        {
            "/f": Feed(
                rss(("Sponsored: a watch", "https://a.ex/1"), ("Storm over the harbour", "https://a.ex/2"))
            )
        }
    ) as server:
        bench.subscribe(server.url("/f"))
        bench.poll()
        assert len(merged(bench)) == 2
        assert apply(bench, BLOCK_SPONSORED) == 1
        assert apply(bench, BLOCK_SPONSORED) == 0
        assert merged(bench) == ["Storm over the harbour"]
        assert apply(bench, Filters()) == 1
        assert len(merged(bench)) == 2


def test_another_sighting_leads_when_the_leader_is_blocked(bench: Bench) -> None:
    one, two = rss((f"Sponsored: {FED}", "https://a.ex/1")), rss((FED, "https://a.ex/1"), title="Other")
    with serve({"/1": Feed(one), "/2": Feed(two)}) as server:
        bench.subscribe(server.url("/1"), server.url("/2"), filters=BLOCK_SPONSORED)
        bench.poll()
        assert merged(bench) == [FED]
    (story,) = bench.store.latest(10)
    assert story.also == ()


@pytest.mark.parametrize("published", [False, True])
def test_an_edit_may_block_and_let_go(bench: Bench, published: bool) -> None:
    feed = Feed(rss(("Storm over the harbour", "https://a.ex/1")))
    with serve({"/f": feed}) as server:
        bench.subscribe(server.url("/f"), filters=BLOCK_SPONSORED)
        bench.poll()
        if published:
            assert len(merged(bench)) == 1
        feed.body = rss(("Sponsored storm over the harbour", "https://a.ex/1"))
        bench.poll()
        assert merged(bench) == []
        feed.body = rss(("Storm over the harbour, again", "https://a.ex/1"))
        bench.poll()
        assert merged(bench) == ["Storm over the harbour, again"]
