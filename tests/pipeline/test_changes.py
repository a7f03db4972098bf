"""Publishing makes only what has changed since the last time, and misses no change."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import pytest

from aggregator.errors import ExportError
from aggregator.export import manifest
from aggregator.export.archive import stories_of
from aggregator.export.atom import render_atom
from aggregator.export.digest import compact_pages, digest_pages
from aggregator.export.jsonfeed import render_jsonfeed
from aggregator.export.opml import render_opml
from aggregator.export.rss import render_bots
from aggregator.export.sources import render_source
from aggregator.filters import compile_rules
from aggregator.models import Redacted
from aggregator.pipeline.archives import document
from aggregator.pipeline.changes import MANIFEST, ChangePublisher, publish_changes
from aggregator.pipeline.memory import Feeds
from aggregator.pipeline.publish import publish
from aggregator.settings import FilterRule, Filters, Subscription
from aggregator.store.open import back_up_store, open_store, restore_store
from aggregator.store.sql.stories import _story as read_story
from support.calls import counted
from support.command import Folder
from support.feeds import numbered, rss
from support.make import NOON
from support.server import Feed, Server, serve

from .conftest import Bench


def changed(bench: Bench) -> tuple[str, ...]:
    """What publishing writes; what it left alone is as it would be made from scratch."""
    names = publish_changes(bench.store, bench.config, bench.now)
    assert publish(bench.store, bench.config, bench.now) == ()
    return names


LATER = format_datetime(
    NOON + timedelta(hours=1)
)  # than all that was published before: the merged feed is newer


def poll(bench: Bench) -> None:
    bench.now += timedelta(hours=2)
    bench.poll()


class _Moments:
    """Does something before one statement that stands in no transaction: in each run before a later one."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action
        self.wanted, self.passed = 0, True  # the statement's number; whether the last run came so far

    def next(self) -> Callable[[str], None]:
        """To be called with each statement of a run."""
        self.wanted, self.passed = self.wanted + 1, False
        left, within = self.wanted, False

        def see(statement: str) -> None:
            nonlocal left, within
            left -= not within
            if left == 0 and not within:
                self.passed = True
                self._action()
            within = statement.startswith("BEGIN") or (
                within and not statement.startswith(("COMMIT", "ROLL"))
            )

        return see


@pytest.fixture
def polled(bench: Bench) -> Bench:
    """Two feeds were polled and published, and then polled again."""
    with serve({"/a": Feed(rss(*numbered(range(4)))), "/b": Feed(rss(*numbered(range(10, 14))))}) as server:
        bench.subscribe(
            Subscription(server.url("/a"), tags=("news",)), server.url("/b"), icon=bench.folder / "icon.png",
            templates=bench.folder / "templates",
        )  # fmt: skip
        (bench.folder / "icon.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        (bench.folder / "templates").mkdir()
        poll(bench)
        assert "feed.atom" in changed(bench)
        poll(bench)
    return bench


@pytest.mark.slow
def test_what_is_saved_as_a_publication_begins_is_not_taken_for_published(bench: Bench) -> None:
    """By another process or thread, whenever: between any two of the publication's transactions."""
    feed = Feed(rss(*numbered(range(3))))
    with serve({"/a": feed}) as server:
        bench.subscribe(server.url("/a"))
        poll(bench)
        changed(bench)
        moments = _Moments(partial(poll, bench))
        while moments.passed:
            trace = moments.next()
            feed.body = rss(*numbered(range(2 * moments.wanted + 2)))
            poll(bench)
            feed.body = rss(*numbered(range(2 * moments.wanted + 3)))
            with closing(open_store(bench.place, trace=trace)) as store:
                publish_changes(store, bench.config, bench.now)
            changed(bench)
            shown = bench.published()["feed.atom"]
            assert b"Headline number %d of many" % (2 * moments.wanted + 2) in shown or not moments.passed
        assert moments.wanted > 20


@pytest.mark.slow
def test_what_is_changed_during_a_publication_and_back_again_is_published_as_it_is(bench: Bench) -> None:
    """Whenever: what a page was made from is not taken for what was there before."""
    story, second = (
        ("Harbour tunnel opens to traffic in Kallavik", "https://kallavik.example/tunnel"),
        Feed(b""),
    )
    first = Feed(b"")
    bodies = [rss((story[0], f"https://{site}.example/tunnel")) for site in ("second", "third")]

    def edit() -> None:
        second.body = bodies[1]
        poll(bench)

    with serve({"/a": first, "/b": second}) as server:
        bench.subscribe(server.url("/a"), server.url("/b"))
        moments, publisher = _Moments(edit), ChangePublisher(bench.config)
        while moments.passed:
            trace = moments.next()
            first.body, second.body = rss(story, *numbered(range(moments.wanted))), bodies[0]
            poll(bench)
            with closing(open_store(bench.place, trace=trace)) as store:
                publisher.publish(store, bench.now)
            second.body = bodies[0]
            poll(bench)
            publisher.publish(bench.store, bench.now)
            assert publish(bench.store, bench.config, bench.now) == (), moments.wanted
        assert moments.wanted > 20


@pytest.mark.slow
def test_a_feed_that_is_dropped_during_a_publication_and_comes_back_is_published_whole(bench: Bench) -> None:
    """Whenever, and by a program that goes on publishing with a feeds.yaml that lists it."""
    first, second = Feed(b""), Feed(rss(*numbered(range(100, 104))))
    with serve({"/a": first, "/b": second}) as server:
        bench.subscribe(server.url("/a"), server.url("/b"))
        moments, feeds = (
            _Moments(lambda: bench.store.sync_subscriptions(feeds[:1], bench.now)),
            bench.config.feeds,
        )
        while moments.passed:
            trace = moments.next()
            first.body = rss(*numbered(range(moments.wanted)))
            poll(bench)
            publisher = ChangePublisher(bench.config)
            with closing(open_store(bench.place, trace=trace)) as store:
                publisher.publish(store, bench.now)
            bench.store.sync_subscriptions(feeds, bench.now)
            publisher.publish(bench.store, bench.now)
            assert publish(bench.store, bench.config, bench.now) == (), moments.wanted
        assert moments.wanted > 20


@pytest.mark.slow
def test_a_story_that_goes_during_a_publication_closes_no_document_of_the_archive(bench: Bench) -> None:
    """Whenever: a document is full or over by the stories that are left, and holds none that the next one has."""

    def redact() -> None:
        story = bench.store.latest(9)[1]
        entries = [sighting.entry.id for sighting in bench.store.sightings(story.id)]
        bench.store.redact(Redacted(entries, [story.atom_id]), bench.now)

    feed = Feed(b"")
    with serve({"/a": feed}) as server:
        bench.subscribe(server.url("/a"))
        moments = _Moments(redact)
        while moments.passed:
            trace = moments.next()
            feed.body = rss(*numbered(range(moments.wanted, moments.wanted + 4)))
            poll(bench)
            with closing(open_store(bench.place, trace=trace)) as store:
                publish_changes(store, bench.config, bench.now)
            assert bench.store.archives().closed == (), moments.wanted
        assert moments.wanted > 20


def test_after_polls_without_news_nothing_is_read_or_made(polled: Bench) -> None:
    asked: list[str] = []
    store = open_store(polled.folder / "aggregator.db", asked.append)
    asked.clear()
    assert publish_changes(store, polled.config, polled.now) == ()
    store.close()
    assert len(asked) == 2, asked  # what the content's version is made of


def touch(bench: Bench) -> None:
    (bench.config.public_path / "tags" / "news.html").write_text("somebody else's")


def delete(bench: Bench) -> None:
    (bench.config.public_path / "feed.json").unlink()


def rename(bench: Bench) -> None:
    bench.config = replace(bench.config, title="Another title")


def template(bench: Bench) -> None:
    (bench.folder / "templates" / "theme.css").write_text("body { color: red }")


def icon(bench: Bench) -> None:
    (bench.folder / "icon.png").write_bytes(b"\x89PNG\r\n\x1a\n another")


def block(bench: Bench) -> None:
    rule = FilterRule(title="number 2")
    bench.config = replace(bench.config, filters=Filters(block=(rule,)))
    rules = compile_rules(bench.config)
    assert bench.store.refilter(rules.fingerprint, rules.blocked_by)


def redact(bench: Bench) -> None:
    story = bench.store.latest(1)[0]
    entries = [sighting.entry.id for sighting in bench.store.sightings(story.id)]
    bench.store.redact(Redacted(entries, [story.atom_id]), bench.now)


def unsubscribe(bench: Bench) -> None:
    bench.config = replace(bench.config, feeds=bench.config.feeds[:1])
    bench.store.sync_subscriptions(bench.config.feeds, bench.now)


def fail(bench: Bench) -> None:
    """The feed does not answer: pages say so."""
    with serve({}) as server:
        bench.config = replace(bench.config, feeds=(Subscription(server.url("/gone")), *bench.config.feeds))
        bench.store.sync_subscriptions(bench.config.feeds, bench.now)
        assert publish_changes(bench.store, bench.config, bench.now)
        bench.now += timedelta(hours=2)
        bench.poll()


def forget(bench: Bench) -> None:
    bench.now += timedelta(days=800)
    bench.sql("UPDATE feeds SET last_document = '2027-01-01T00:00:00Z'")
    assert bench.forget(1)


@pytest.mark.parametrize(
    "change", [touch, delete, rename, template, icon, block, redact, unsubscribe, fail, forget]
)
def test_every_change_is_published(polled: Bench, change: Callable[[Bench], None]) -> None:
    assert changed(polled) == ()
    change(polled)
    assert changed(polled)
    assert changed(polled) == ()


def link_to(target: Path, path: Path, data: bytes) -> None:
    """Moves what stands at `path` elsewhere, with this in it, and leads there."""
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(data)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def test_an_icon_and_a_template_that_are_links_are_published_as_what_they_lead_to_changes(
    polled: Bench,
) -> None:
    """As tools that keep settings elsewhere set them up."""
    elsewhere, png = polled.folder / "elsewhere", b"\x89PNG\r\n\x1a\n"
    link_to(elsewhere / "icon.png", polled.folder / "icon.png", png)
    link_to(elsewhere / "theme.css", polled.folder / "templates" / "theme.css", b"body { order: 1 }")
    assert changed(polled)

    (elsewhere / "icon.png").write_bytes(png + b" another")
    assert "favicon.ico" in changed(polled)
    (elsewhere / "theme.css").write_bytes(b"body { order: 2222 }")
    assert "index.html" in changed(polled)
    assert b"order: 2222" in polled.published()["index.html"]
    assert changed(polled) == ()


@pytest.mark.parametrize("alias", ["/atom.xml", "/blog/feed.json", "/feed/index.html"])
@pytest.mark.parametrize("publication_id", [None, "urn:uuid:3d2ef2a6-9f1c-4a7b-8d0e-2f6f5a1b7c11"])
def test_a_former_alias_goes_whatever_it_is_called_and_what_somebody_has_put_there_stays(
    polled: Bench, alias: str, publication_id: str | None
) -> None:
    begin, file = polled.config, polled.config.public_path / alias[1:]
    polled.config = replace(begin, publish=replace(begin.publish, aliases=(alias, "/theirs.json")))
    assert alias[1:] in changed(polled)
    (polled.config.public_path / "theirs.json").write_text("somebody else's")

    polled.config = replace(begin, id=publication_id)
    changed(polled)
    assert not file.exists()
    assert (polled.config.public_path / "theirs.json").read_text() == "somebody else's"


def test_news_of_one_feed_leaves_the_page_of_another_alone(bench: Bench) -> None:
    def states() -> dict[str, str]:
        """Of each page of a source a fingerprint of what it was made from: it is made when that changes."""
        parts = json.loads((bench.config.data / MANIFEST).read_bytes())["parts"]
        return {place: state for place, (state, _) in parts.items() if place.startswith("sources/")}

    with serve({"/a": Feed(rss(*numbered(range(4)))), "/b": Feed(rss(*numbered(range(10, 14))))}) as server:
        bench.subscribe(server.url("/a"), server.url("/b"))
        bench.poll()
        changed(bench)
        before = states()
        server.routes["/b"] = Feed(rss(*numbered(range(10, 15)), date=LATER))
        poll(bench)
        bench.store.close()  # another process
        bench.store = open_store(bench.folder / "aggregator.db")
        names = changed(bench)
    assert len([name for name in names if name.startswith("sources/")]) == 1
    assert len(before.items() & states().items()) == 1


def test_what_was_saved_before_a_crash_is_published_after_it(bench: Bench) -> None:
    with serve({"/a": Feed(rss(*numbered(range(4))))}) as server:
        bench.subscribe(server.url("/a"))
        bench.poll()
        changed(bench)
        server.routes["/a"] = Feed(rss(*numbered(range(5))))
        poll(bench)
        poll(bench)  # without news, by the process that came after
    assert "feed.atom" in changed(bench)


def test_an_output_that_could_not_be_written_is_tried_again(polled: Bench) -> None:
    page = polled.config.public_path / "index.html"
    page.unlink()
    page.mkdir()
    for _ in range(2):
        with pytest.raises(ExportError):
            publish_changes(polled.store, polled.config, polled.now)
    page.rmdir()
    assert changed(polled) == ("index.html",)


def test_a_page_is_there_before_those_that_lead_to_it(polled: Bench) -> None:
    """A reader of the digest finds the pages of feeds and tags that are new, and what is new is in the feed at once."""
    public = polled.config.public_path

    def changed_at(pattern: str) -> list[int]:
        return [each.stat().st_ctime_ns for each in public.glob(pattern)]

    more = [Subscription(f"https://{number}.example/feed", tags=(f"t{number}",)) for number in range(120)]
    polled.config = replace(polled.config, feeds=(*polled.config.feeds, *more))
    polled.store.sync_subscriptions(polled.config.feeds, polled.now)
    names = changed(polled)
    assert names[0] == "subscriptions.opml"
    assert names.index("index.html") < names.index("tags/t0.html")  # named in the order of the table
    pages = "*[!4].html"  # but for 404.html, which leads nowhere
    assert max(changed_at("sources/*.html") + changed_at("tags/t*.html")) <= min(changed_at(pages))
    assert max(changed_at(pages)) <= min(changed_at("tags/index*.html"))
    polled.config = replace(polled.config, title="Another title")
    changed(polled)
    assert max(changed_at(pages)) <= min(
        changed_at("sources/*.html")
    )  # nothing is new: people see news first


@pytest.mark.parametrize("place", ["tags", "sources", "archive"])
def test_what_is_in_the_way_of_a_folder_holds_up_what_lies_in_it_alone(polled: Bench, place: str) -> None:
    folder = polled.config.public_path / place
    shutil.rmtree(folder)
    folder.write_text("in the way")
    polled.config = replace(polled.config, title="Another title")
    with pytest.raises(ExportError, match="in the way"):
        publish_changes(polled.store, polled.config, polled.now)
    fresh = polled.folder / "fresh"
    publish(polled.store, polled.config, polled.now, fresh)
    wanted = {str(path.relative_to(fresh)): path.read_bytes() for path in fresh.rglob("*") if path.is_file()}
    assert {name for name, data in wanted.items() if polled.published().get(name) != data} == {
        name for name in wanted if name.startswith(f"{place}/")
    }
    with counted(render_atom, digest_pages) as made, pytest.raises(ExportError):
        publish_changes(polled.store, polled.config, polled.now)
    assert made["digest_pages"] == (place == "tags")  # the tag's own, which is tried again
    folder.unlink()
    changed(polled)


def test_a_folder_that_is_called_as_a_file_that_is_not_wanted_any_more_is_left_alone(polled: Bench) -> None:
    mine = polled.config.public_path / "tags/mine.html"
    mine.mkdir()
    changed(polled)
    assert mine.is_dir()


@pytest.mark.slow
def test_of_many_files_that_cannot_be_written_some_are_named(bench: Bench) -> None:
    """On a full disk the words would be megabytes, in the log, in the state, on a page and in a mail."""
    bench.subscribe(*(f"https://{number}.example/feed" for number in range(300)))
    (bench.config.public_path / "sources").parent.mkdir()
    (bench.config.public_path / "sources").write_text("in the way")
    with pytest.raises(ExportError) as raised:
        publish_changes(bench.store, bench.config, bench.now)
    assert "is in the way" in str(raised.value)
    assert str(raised.value).endswith("and 297 more")


def test_a_restored_store_is_published(polled: Bench) -> None:
    path, copy = polled.folder / "aggregator.db", polled.folder / "copy.db"
    back_up_store(path, copy)
    with serve({"/c": Feed(rss(*numbered(range(20, 24))))}) as server:
        feeds = polled.config.feeds
        polled.config = replace(polled.config, feeds=(*feeds, Subscription(server.url("/c"))))
        polled.store.sync_subscriptions(polled.config.feeds, polled.now)
        poll(polled)
    assert changed(polled)
    polled.store.close()
    restore_store(copy, path)
    polled.store = open_store(path)
    polled.config = replace(polled.config, feeds=feeds)
    polled.store.sync_subscriptions(feeds, polled.now)
    assert changed(polled)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"source": 1}', "\x00"])
def test_a_damaged_manifest_is_one_that_knows_nothing(polled: Bench, text: str) -> None:
    (polled.config.data / MANIFEST).write_text(text)
    assert changed(polled) == ()


def test_a_poll_without_news_imports_nothing_that_reads_or_renders(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with serve({"/a": Feed(rss(*numbered(range(4))), etag='"1"')}) as server:
        folder.configure([server.url("/a")])
        assert folder.run("poll").code == 0
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "aggregator", "poll", "--all", "--json"],
            cwd=tmp_path, env=folder.environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert [feed["status"] for feed in json.loads(done.stdout)["feeds"]] == ["unchanged"]
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    unused = {
        "aggregator.dedupe",
        "aggregator.parse",
        "aggregator.workers.pool",
        "anyio._backends._asyncio",
        "feedparser",
        "jinja2",
        "lxml",
        "multiprocessing",
        "nh3",
    }
    assert "aggregator.fetch" in imported
    assert not imported & unused


def test_news_of_one_feed_ask_as_much_of_the_store_however_many_feeds_there_are(bench: Bench) -> None:
    asked: list[int] = []
    for feeds in (3, 30):
        routes = {f"/{feeds}/{n}": Feed(rss(*numbered(range(100 * n, 100 * n + 2)))) for n in range(feeds)}
        with serve(routes) as server:
            # Unrelated, since what relating asks goes by how many entries have come.
            bench.subscribe(*(server.url(route) for route in routes), related="off")
            poll(bench)
            publish_changes(bench.store, bench.config, bench.now)
            server.routes[f"/{feeds}/1"] = Feed(rss(*numbered(range(98, 102)), date=LATER))
            poll(bench)
            statements: list[str] = []
            store = open_store(bench.folder / "aggregator.db", statements.append)
            with counted(render_source, Feeds.read) as made:
                assert "feed.atom" in publish_changes(store, bench.config, bench.now)
            store.close()
            assert made == {"render_source": 1, "read": 1}
            asked.append(sum("SELECT" in each[:8] for each in statements))
    assert asked[0] == asked[1]


def test_an_output_is_rendered_only_when_what_it_shows_has_changed(bench: Bench) -> None:
    renderers = (
        render_atom,
        render_jsonfeed,
        render_bots,
        render_opml,
        digest_pages,
        compact_pages,
        render_source,
    )

    def rendered() -> set[str]:
        poll(bench)
        with counted(*renderers) as made:
            assert publish_changes(bench.store, bench.config, bench.now)
        assert publish(bench.store, bench.config, bench.now) == ()
        return set(made)

    of_stories = {"render_atom", "render_jsonfeed", "render_bots", "digest_pages", "compact_pages"}
    of_states = {"digest_pages", "compact_pages", "render_source"}  # which say how many feeds fail
    items, others = numbered(range(4)), numbered(range(10, 14))
    with serve({"/a": Feed(rss(*items)), "/b": Feed(rss(*others))}) as server:
        bench.subscribe(Subscription(server.url("/a"), name="One"), server.url("/b"))
        assert rendered() == {*of_stories, "render_opml", "render_source"}
        items[0] = ("Another title of the same story", items[0][1])
        server.routes["/a"] = Feed(rss(*items))
        assert rendered() == {*of_stories, "render_source"}
        server.routes["/b"] = Feed(rss(*others, title="Another name"))
        assert rendered() == {*of_stories, "render_opml", "render_source"}
        failing = server.routes.pop("/b")
        assert rendered() == of_states
        server.routes["/b"] = failing
        bench.now += timedelta(days=1)
        assert rendered() == of_states
        server.routes["/a"] = Feed(rss(*numbered(range(20, 21)), *items, date=format_datetime(bench.now)))
        assert rendered() == {*of_stories, "render_source"}


@pytest.mark.parametrize(
    "name", ["index.html", "about.html", "subscriptions.opml", "bots.rss", "404.html", "copy.xml"]
)
def test_a_file_of_the_merged_feed_that_somebody_changed_is_written_anew(polled: Bench, name: str) -> None:
    polled.config = replace(polled.config, publish=replace(polled.config.publish, aliases=("/copy.xml",)))
    assert changed(polled) == ("copy.xml",)
    file = polled.config.public_path / name
    wanted = file.read_bytes()
    for spoil in (file.unlink, partial(file.write_bytes, b"x" * len(wanted))):
        spoil()
        assert changed(polled) == (name,)
        assert file.read_bytes() == wanted
    fail(polled)  # so that not all is as it was
    polled.config.public_path.joinpath(name).unlink()
    assert name in changed(polled)


def publish_for_months(bench: Bench, server: Server) -> None:
    """Publishes two stories of a feed in each of four months, and polls it once more, with news."""
    bench.now = bench.now.replace(month=3)
    for month in range(4):
        server.routes["/a"] = Feed(rss(*numbered(range(2 * month, 2 * month + 2))))
        poll(bench)
        changed(bench)
        bench.now += timedelta(days=31)
    server.routes["/a"] = Feed(rss(*numbered(range(6, 9))))
    poll(bench)


def test_a_story_is_read_once_for_all_that_show_it(bench: Bench) -> None:
    with serve({"/a": Feed(rss(*numbered(range(9))))}) as server:
        bench.subscribe(Subscription(server.url("/a"), tags=("news", "other")))
        poll(bench)
        changed(bench)
        with counted(read_story) as read:
            publish(bench.store, bench.config, bench.now)
    assert read["_story"] == 2 * 9  # to see whether the open document is full, and for all outputs


def test_closed_months_that_stand_as_they_were_written_are_not_looked_into(bench: Bench) -> None:
    with serve({"/a": Feed(rss(*numbered(range(2))))}) as server:
        bench.subscribe(server.url("/a"))
        publish_for_months(bench, server)
        with counted(stories_of, document) as made:
            assert "feed.atom" in publish_changes(bench.store, bench.config, bench.now)
        closed = bench.store.archives().closed
        assert len(closed) == 4
        # The one that is closed now, and the open one; the one before led to it already.
        assert made == {"stories_of": 1, "document": 2}
        (bench.config.public_path / "archive" / f"{closed[0].name}.html").write_text("somebody else's")
        assert publish_changes(bench.store, bench.config, bench.now) == (f"archive/{closed[0].name}.html",)


def test_each_file_is_looked_at_once(bench: Bench) -> None:
    with serve({"/a": Feed(rss(*numbered(range(2)))), "/b": Feed(rss(*numbered(range(10, 12))))}) as server:
        bench.subscribe(Subscription(server.url("/a"), tags=("news",)), server.url("/b"))
        publish_for_months(bench, server)
        before = {path for path in bench.config.public_path.rglob("*") if path.is_file()}
        with counted(manifest.stamp_of, manifest._not_as) as looked:
            names = publish_changes(bench.store, bench.config, bench.now)
        after = {path for path in bench.config.public_path.rglob("*") if path.is_file()}
    assert "feed.atom" in names
    assert before < after
    # Of all once, while it is asked file by file; and of those that were written, after that.
    assert looked == {"_not_as": 1, "stamp_of": len(names)}


def test_what_a_killed_process_has_left_goes(tmp_path: Path) -> None:
    (tmp_path / ".published.json.123").write_text("{")
    manifest.save(manifest.Manifest(), tmp_path / "published.json")
    assert [path.name for path in tmp_path.iterdir()] == ["published.json"]


def test_the_page_of_a_source_names_who_reported_its_story_later(bench: Bench) -> None:
    story = ("Harbour tunnel opens to traffic in Kallavik", "https://kallavik.example/tunnel")
    with serve({"/a": Feed(rss(story)), "/b": Feed(rss(*numbered(range(2))))}) as server:
        bench.subscribe(server.url("/a"), Subscription(server.url("/b"), name="The Other"))
        poll(bench)
        changed(bench)
        server.routes["/b"] = Feed(rss(story, *numbered(range(2))))
        poll(bench)
        changed(bench)
    pages = [data for name, data in bench.published().items() if name.startswith("sources/")]
    assert any(b"Kallavik" in page and b"The Other" in page for page in pages)


def test_pages_name_other_feeds_as_they_are_called_now(bench: Bench) -> None:
    story, others = ("Harbour tunnel opens to traffic", "https://kallavik.example/tunnel"), numbered(range(9))
    routes = {f"/{name}": Feed(rss(story)) for name in "abc"} | {"/d": Feed(rss(*others))}
    with serve(routes) as server:
        bench.subscribe(*map(server.url, routes))
        poll(bench)
        changed(bench)
        for route in ("/b", "/c", "/b"):
            server.routes[route] = Feed(rss(story, title=f"Called {bench.now:%H}"))
            poll(bench)
            with counted(render_source) as made:
                assert publish_changes(bench.store, bench.config, bench.now)
            assert publish(bench.store, bench.config, bench.now) == ()
            assert made["render_source"] <= 2  # its own, and that of whose story it tells


def test_a_page_that_names_other_feeds_is_not_made_again_for_news_elsewhere(bench: Bench) -> None:
    story = ("Harbour tunnel opens to traffic", "https://kallavik.example/tunnel")
    with serve(
        {"/a": Feed(rss(story)), "/b": Feed(rss(story)), "/c": Feed(rss(*numbered(range(2))))}
    ) as server:
        bench.subscribe(*map(server.url, ("/a", "/b", "/c")))
        poll(bench)
        changed(bench)
        for count in (3, 4):
            server.routes["/c"] = Feed(rss(*numbered(range(count))))
            poll(bench)
            with counted(render_source) as made:
                assert publish_changes(bench.store, bench.config, bench.now)
            assert made["render_source"] == 1


STORY = ("Harbour tunnel opens to traffic in Kallavik", "https://kallavik.example/tunnel")
SAME_STORY = (STORY[0], "https://second.example/tunnel")


@pytest.mark.parametrize(
    ("route", "before", "after"),
    [
        pytest.param("/a", b"About Harbour", b"About harbour", id="its text, by a letter"),
        pytest.param("/a", b"<title>Harbour tunnel", b"<title>Harbour Tunnel", id="its title, by a letter"),
        pytest.param("/a", b"</item>", b"<category>News</category></item>", id="its tags"),
        pytest.param("/b", b"<link>" + SAME_STORY[1].encode(), b"<link>https://third.example/tunnel", id="the link of another feed"),
        pytest.param("/b", b"<title>Harbour", b"<title>Sponsored: Harbour", id="another feed, so that it is blocked"),
    ],
)  # fmt: skip
def test_an_edit_reaches_the_pages_of_all_feeds_that_tell_the_story(
    bench: Bench, route: str, before: bytes, after: bytes
) -> None:
    routes = {"/a": rss(STORY), "/b": rss(SAME_STORY, *numbered(range(2)))}
    with serve({path: Feed(body) for path, body in routes.items()}) as server:
        rule = FilterRule(title="Sponsored")
        bench.subscribe(
            server.url("/a"), Subscription(server.url("/b"), tags=("News",)), filters=Filters(block=(rule,))
        )
        poll(bench)
        changed(bench)
        edited = routes[route].replace(before, after, 1)
        assert edited != routes[route]
        server.routes[route] = Feed(edited)
        poll(bench)
        assert any(name.startswith("sources/") for name in changed(bench))
