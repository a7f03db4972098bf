"""A digest of more stories than are in memory at a time says what one of all at once says."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta

import pytest

from aggregator.export.mail import render_mail
from aggregator.export.pages import own_pages
from aggregator.export.plain import render_markdown, render_text
from aggregator.models import Publication
from aggregator.pipeline.digest import Choice, Digest
from support.bench import Bench
from support.feeds import numbered, rss
from support.make import NOON
from support.server import Feed, serve

SINCE = (NOON - timedelta(days=1), 0)
WHOLE = {"text": render_text, "markdown": render_markdown}


def fill(bench: Bench, count: int) -> None:
    """Publishes stories of two feeds; every 50 a day apart, the last 20 out of their order."""

    def document(start: int) -> bytes:
        days = [
            (NOON - timedelta(days=n // 50 if n < count - 20 else 0)).strftime("%d %b %Y")
            for n in range(count)
        ]
        parts = [
            rss(*numbered([n], f"https://{start}.example"), date=f"{days[n - start]} 12:00:00 GMT")
            for n in range(start, start + count, 2)
        ]
        items = b"".join(
            b"<item>" + part.partition(b"<item>")[2].partition(b"</channel>")[0] for part in parts
        )
        return rss().replace(b"</channel>", items + b"</channel>")

    with serve({"/a": Feed(document(0)), "/b": Feed(document(1))}) as server:
        bench.subscribe(server.url("/a"), server.url("/b"), publish=bench.config.publish)
        bench.poll(forced=True)
    bench.sql("UPDATE entries SET quiet = 0")
    bench.sql("UPDATE stories SET publishable = 1")
    bench.publish()


def whole(bench: Bench) -> Publication:
    """All stories at once, as they are published."""
    digest = Digest(bench.store, bench.config, SINCE, Choice())
    return digest._publication(tuple(digest._stories()))


@pytest.mark.parametrize("form", WHOLE)
def test_portions_make_the_same_text(bench: Bench, form: str) -> None:
    fill(bench, 450)
    digest = Digest(bench.store, bench.config, SINCE, Choice())
    assert digest.total == 450
    assert b"".join(digest.render(form, own_pages())) == WHOLE[form](whole(bench))


def test_a_message_says_how_many_did_not_fit(bench: Bench) -> None:
    fill(bench, 450)
    digest = Digest(bench.store, bench.config, SINCE, Choice())
    mine = digest.as_mail(own_pages(), date=NOON).splitlines()
    theirs = render_mail(whole(bench), own_pages(), date=NOON).splitlines()
    assert [line for line in mine if b"Message-ID" not in line and b"=_" not in line] == [
        line for line in theirs if b"Message-ID" not in line and b"=_" not in line
    ]
    assert b"Subject: News Feed: 450 stories" in mine


def test_choices_are_made_in_portions(bench: Bench) -> None:
    fill(bench, 450)
    of_feed = Digest(bench.store, bench.config, SINCE, Choice(feed=bench.config.feeds[0].url))
    assert of_feed.total == 225
    assert Digest(bench.store, bench.config, SINCE, Choice(7, feed=bench.config.feeds[0].url)).total == 7
    assert Digest(bench.store, bench.config, SINCE, Choice(since=NOON - timedelta(hours=1))).total == 70


@pytest.mark.slow
def test_memory_does_not_grow_with_the_stories(bench: Bench) -> None:
    fill(bench, 1200)

    def peak(number: int) -> int:
        tracemalloc.start()
        for _ in Digest(bench.store, bench.config, SINCE, Choice(number)).render("text", own_pages()):
            pass
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    peak(1)
    assert peak(1200) < peak(400) * 2  # three times the stories
