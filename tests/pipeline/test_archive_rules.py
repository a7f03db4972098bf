"""What feeds.yaml says of stories holds for closed months and the search as well, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.filters import compile_rules
from aggregator.pipeline.changes import MANIFEST, publish_changes
from aggregator.pipeline.search import find
from aggregator.settings import FilterRule, Filters, Publish
from aggregator.store.open import open_store
from support import valid
from support.server import Feed, Server, serve
from support.valid import NS

from .conftest import Bench

TEXT = "Nobody expected the ferry"


def feed(name: str, months: int) -> Feed:
    """A story a month, each with a text; the second is about a harbour."""
    items = "".join(
        f"<item><title>{name} story {n}{' from the harbour' if n == 1 else ''}</title><link>https://{name}.example/{n}</link>"
        f"<guid>https://{name}.example/{n}</guid><pubDate>{n + 1} Mar 2026 10:00:00 GMT</pubDate>"
        f"<description>&lt;p&gt;{TEXT} of {name} &lt;em&gt;today&lt;/em&gt;.&lt;/p&gt;</description></item>"
        for n in range(months)
    )
    return Feed(
        f'<rss version="2.0"><channel><title>{name}</title><link>https://{name}.example/</link>{items}</channel></rss>'.encode()
    )


@pytest.fixture
def server(bench: Bench) -> Iterator[Server]:
    """Two feeds whose stories stand in two closed months and in the open one."""
    with serve({"/one": feed("one", 0), "/two": feed("two", 0)}) as server:
        bench.subscribe(server.url("/one"), server.url("/two"))
        for month in range(1, 4):
            server.routes["/one"], server.routes["/two"] = feed("one", 2 * month), feed("two", 2 * month)
            bench.poll()
            publish(bench)
            bench.now += timedelta(days=31)
        yield server


def publish(bench: Bench) -> tuple[str, ...]:
    """As the program does: marks entries by the filters first, and fills the search."""
    rules = compile_rules(bench.config)
    bench.store.refilter(rules.fingerprint, rules.blocked_by)
    changed = bench.publish()
    bench.store.index_search()
    return changed


def closed(bench: Bench) -> dict[str, bytes]:
    """Feeds and pages of the closed months, the feeds found valid."""
    found = {
        name: data
        for name, data in bench.published().items()
        if name.startswith(("archive/2026-03", "archive/2026-04"))
    }
    assert len(found) == 4
    for name, data in found.items():
        if name.endswith(".atom"):
            valid.atom(data)
    return found


def links(data: bytes) -> list[tuple[str, str]]:
    return [(str(each.get("rel")), str(each.get("href"))) for each in valid.atom(data).iterfind("a:link", NS)]


def search(bench: Bench, words: str) -> int:
    return find(bench.store, bench.config, words, 50).total


def text_of(bench: Bench) -> bytes:
    """Everything that is published."""
    closed(bench)
    return b"\n".join(bench.published().values())


def test_a_block_rule_holds(bench: Bench, server: Server) -> None:
    assert b"harbour" in closed(bench)["archive/2026-03.atom"]
    assert search(bench, "harbour") == 2
    bench.config = replace(bench.config, filters=Filters(block=(FilterRule(title="harbour"),)))
    publish(bench)
    assert b"harbour" not in text_of(bench)
    assert search(bench, "harbour") == 0
    assert closed(bench)["archive/2026-03.atom"].count(b"<entry") == 2


def test_a_block_rule_holds_for_what_retention_took(bench: Bench, server: Server) -> None:
    for route in ("/one", "/two"):
        server.routes[route] = Feed(b'<rss version="2.0"><channel><title>x</title></channel></rss>')
    bench.now += timedelta(days=3)
    bench.poll()
    assert bench.forget(1) > 0
    bench.config = replace(bench.config, filters=Filters(block=(FilterRule(title="harbour"),)))
    publish(bench)
    assert b"harbour" not in text_of(bench)
    assert b"one story 0" in closed(bench)["archive/2026-03.atom"]


@pytest.mark.parametrize("everywhere", [False, True], ids=["of one feed", "of all"])
def test_content_none_holds(bench: Bench, server: Server, everywhere: bool) -> None:
    assert search(bench, "ferry") > 0
    one, two = bench.config.feeds
    if everywhere:
        bench.config = replace(bench.config, publish=Publish(content="none"))
    else:
        bench.config = replace(bench.config, feeds=(replace(one, content="none"), two))
    publish(bench)
    assert f"{TEXT} of one".encode() not in text_of(bench)
    assert (f"{TEXT} of two".encode() in text_of(bench)) is not everywhere
    assert search(bench, "ferry one") == 0
    assert b"one story 0" in closed(bench)["archive/2026-03.atom"]


def test_content_summary_leaves_the_summary(bench: Bench, server: Server) -> None:
    bench.config = replace(bench.config, publish=Publish(content="summary"))
    publish(bench)
    data = closed(bench)["archive/2026-03.atom"]
    assert TEXT.encode() in data
    assert b"&lt;em&gt;" not in data


def test_a_private_address_stands_nowhere(bench: Bench, server: Server) -> None:
    address = server.url("/one")
    assert address.encode() in closed(bench)["archive/2026-03.atom"]
    one, two = bench.config.feeds
    bench.config = replace(bench.config, feeds=(replace(one, private="true"), two))
    publish(bench)
    assert address.encode() not in text_of(bench)
    assert b"one story 0" in closed(bench)["archive/2026-03.atom"]
    assert two.url.encode() in closed(bench)["archive/2026-03.atom"]


def test_a_removed_subscription_is_gone(bench: Bench, server: Server) -> None:
    bench.subscribe(server.url("/two"))
    publish(bench)
    assert b"one.example" not in text_of(bench)


def test_what_is_closed_by_the_rules_of_today_is_not_judged_by_them(bench: Bench) -> None:
    asked: list[str] = []
    with serve({"/one": feed("one", 6)}) as server:
        bench.subscribe(server.url("/one"))
        bench.poll()
        publish(bench)
        bench.now += timedelta(days=31)
        server.routes["/one"] = feed("one", 7)
        bench.poll()
        store = open_store(bench.folder / "aggregator.db", asked.append)
        publish_changes(store, bench.config, bench.now)
        assert [archive.stories for archive in store.archives().closed] == [6]
        assert not any("WHERE s.atom_id IN" in statement for statement in asked)
        assert not any("UPDATE archives" in statement for statement in asked)
        store.close()


@pytest.mark.parametrize("kept", [True, False], ids=["with the manifest", "after it was lost"])
def test_what_another_rule_shows_is_written_though_it_is_as_long(
    bench: Bench, server: Server, kept: bool
) -> None:
    found: list[dict[str, bytes]] = []
    for number in (2, 3, 2):
        bench.config = replace(bench.config, filters=Filters(block=(FilterRule(title=f"story {number}"),)))
        rules = compile_rules(bench.config)
        bench.store.refilter(rules.fingerprint, rules.blocked_by)
        if not kept:
            (bench.config.data / MANIFEST).unlink(missing_ok=True)
        assert any(
            name.startswith("archive/2026-04")
            for name in publish_changes(bench.store, bench.config, bench.now)
        )
        found.append(closed(bench))
        for name in ("archive/2026-04.atom", "archive/2026-04.html"):
            assert b"story 1" not in found[-1][name]
            assert f"story {5 - number}".encode() in found[-1][name], (name, number)
            assert f"story {number}".encode() not in found[-1][name], (name, number)
    assert len(found[0]["archive/2026-04.atom"]) == len(found[1]["archive/2026-04.atom"])
    assert found[2] == found[0]
