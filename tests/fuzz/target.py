"""Plays a case: every document is read, decided and saved in one store, and then all of it is published.

Real parts throughout, in this process and without any network. What does not hold is raised as Broken.
"""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aggregator.export.pages import own_pages
from aggregator.filters import compile_rules
from aggregator.models import Feed, Fetched, ReadError, ReadFeed, Validators
from aggregator.pipeline import digest, search
from aggregator.pipeline.explain import explain
from aggregator.pipeline.publish import publish
from aggregator.pipeline.read import read
from aggregator.pipeline.rebuild import rebuild
from aggregator.pipeline.record import Answer, PollRecorder
from aggregator.settings import Config, FilterRule, Filters, Keep, Publish, Subscription
from aggregator.store.interfaces import Store
from aggregator.store.open import open_store
from fuzz import properties
from fuzz.case import Case, Document
from fuzz.properties import Broken
from support.make import NOON
from support.stores import tables

SECONDS = 10.0  # of CPU, that any one step may take
SUBSCRIPTIONS = (
    Subscription("https://harbour.example/feed.xml", tags=("sea", "news")),
    Subscription("https://lamp.example/blog/atom", tags=("news",), content="summary", priority=1),
    Subscription("https://kettle.example:8443/", name="Kettle"),
)
_FILTERS = Filters(
    block=(FilterRule(any="horoscope"), FilterRule(title="/sponsored|advert(orial)?/", tag="sea"))
)
_PUBLISH = Publish(images="on", backfill=100, entries=50, guarantee_hours=1)
_TABLES = ("entries", "contents", "stories", "sightings", "related", "feed_traits", "archives", "tombstones")


Shown = Callable[[Document, ReadFeed | ReadError], None]


def play(case: Case, shown: Shown = lambda *_: None) -> None:
    """Raises Broken where a property does not hold. `shown` is called with each document and how it was read."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder, _world(Path(folder)) as world:
        for number, document in enumerate(case):
            shown(document, world.show(document, NOON + timedelta(hours=number)))
        now = NOON + timedelta(hours=len(case))
        world.publish(now)
        world.tell(now)
        world.regroup(now)


@contextmanager
def _world(folder: Path) -> Iterator[World]:
    store = open_store(folder / "aggregator.db")
    try:
        yield World(folder, store)
    finally:
        store.close()


class World:
    def __init__(self, folder: Path, store: Store) -> None:
        self.store, self.folder = store, folder
        self.config = Config(
            folder / "feeds.yaml", SUBSCRIPTIONS, data=folder, filters=_FILTERS, publish=_PUBLISH
        )
        store.sync_subscriptions(SUBSCRIPTIONS, NOON)
        self.recorder = PollRecorder(self.config, store)

    def feed(self, number: int) -> Feed:
        return next(feed for feed in self.store.feeds() if feed.url == SUBSCRIPTIONS[number].url)

    def show(self, document: Document, now: datetime) -> ReadFeed | ReadError:
        """The feed shows this document, and then the same once more."""
        subscription = SUBSCRIPTIONS[document.feed]
        with _step("read"):
            found = read(document.body, document.content_type, subscription.url, now)
        properties.a_reading(found, now)
        headers = {"content-type": document.content_type} if document.content_type else {}
        fetched = Fetched(subscription.url, document.body, Validators(), headers)

        def settle() -> tuple[int, int, int]:
            with _step("settle"):
                feed = self.feed(document.feed)
                result = self.recorder.record(Answer(feed, subscription, fetched, found), now).result
            if result.next_poll is None or result.next_poll <= now:
                raise Broken("next poll", result)
            return result.new, result.stories, result.edited

        settle()
        if isinstance(found, ReadFeed):
            before = self._dump()
            if (again := settle()) != (0, 0, 0):
                raise Broken("again", f"the same document a second time: {again} new, stories, edited")
            self._same("again", before)
        return found

    def publish(self, now: datetime) -> None:
        """All outputs, twice: the second time nothing changes, whether the files stand there or not."""
        with _step("publish"):
            publish(self.store, self.config, now)
        files = self._files(self.config.public_path)
        properties.outputs(files)
        with _step("publish"):
            if changed := publish(self.store, self.config, now + timedelta(hours=1)):
                raise Broken("not stable", changed)
            publish(self.store, self.config, now, self.folder / "elsewhere")
        elsewhere = self._files(self.folder / "elsewhere")
        if elsewhere != files:
            raise Broken("not stable", [name for name in files if files[name] != elsewhere.get(name)])

    def tell(self, now: datetime) -> None:
        """The outputs on demand: digest in every form, search, explanations."""
        with _step("digest"):
            told = digest.Digest(self.store, self.config, (NOON - timedelta(days=1), 0), digest.Choice())
            made = {
                form: b"".join(told.render(form, own_pages())) for form in ("text", "markdown", "html", "eml")
            }
        if not made["eml"].isascii() or max(map(len, made["eml"].splitlines())) > 998:
            raise Broken("mail", "a line that is too long, or not ASCII")
        properties.outputs(
            {"digest.txt": made["text"], "digest.md": made["markdown"], "digest.html": made["html"]}
        )
        with _step("search"):
            while self.store.index_search():
                pass
            stories = self.store.latest(20)
            for story in stories[:3]:
                status, page = search.render_answer(self.store.search, self.config, story.title[:60])
                if status != 200:
                    raise Broken("search", f"{status} for {story.title!r}")
                properties.outputs({"search.html": page})
        with _step("explain"):
            for story in stories:
                if story.first_published is not None:
                    explain(self.store, self.config, story.id)

    def regroup(self, now: datetime) -> None:
        """Grouping all anew twice is as good as once; filters applied anew change nothing; retention takes all."""
        rules = compile_rules(self.config)
        with _step("regroup"):
            rebuild(self.store, self.config, now, dry_run=False)
            before = self._dump()
            again = rebuild(self.store, self.config, now, dry_run=False)
        if again.keys_changed or again.changes:
            raise Broken("regroup", again)
        self._same("regroup", before)
        with _step("filters"):
            if changed := self.store.refilter("anew", rules.blocked_by):
                raise Broken("filters", changed)
        with _step("forget"):
            self.store.forget(now + timedelta(days=1000), Keep(365))
            publish(self.store, self.config, now + timedelta(days=1000))
        properties.outputs(self._files(self.config.public_path))

    def _dump(self) -> list[tuple[Any, ...]]:
        return tables(self.folder / "aggregator.db", _TABLES)

    def _same(self, kind: str, before: list[tuple[Any, ...]]) -> None:
        after = self._dump()
        if after != before:
            raise Broken(kind, f"{set(before) - set(after)}\nbecame {set(after) - set(before)}")

    @staticmethod
    def _files(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }


class _Late(BaseException):
    pass


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Any exception in the block becomes Broken, and so does taking too long."""

    def late(*_: object) -> None:
        raise _Late

    before: Callable[..., Any] | int | None = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 3 * SECONDS)
    began = time.process_time()
    try:
        yield
    except Broken:
        raise
    except _Late as error:
        raise Broken(f"{name} takes too long") from error
    except Exception as error:
        raise Broken(f"{name} raises {type(error).__name__}", error) from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if time.process_time() - began > SECONDS:
        raise Broken(f"{name} takes too long", f"{time.process_time() - began:.1f} s")
