"""The one way into the program, for commands, the web, the service and other programs; holds the real clock."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from aggregator import __version__, links
from aggregator.errors import LocalError
from aggregator.models import (
    Entry,
    Feed,
    Fetched,
    PollNote,
    PollResult,
    ReadError,
    ReadFeed,
    SearchResult,
    Source,
    Story,
    StoryGroup,
)
from aggregator.settings import Config

if TYPE_CHECKING:  # heavy, and not needed by the commands that only read
    from aggregator.fetch import Fetcher
    from aggregator.health.report import Report
    from aggregator.health.state import Problem
    from aggregator.mailer import MailServer
    from aggregator.pipeline.digest import Choice, Digest
    from aggregator.pipeline.exchange import Read
    from aggregator.pipeline.explain import Explanation
    from aggregator.pipeline.find_feeds import FoundFeeds
    from aggregator.pipeline.findings import Finding
    from aggregator.pipeline.poll import Poller
    from aggregator.pipeline.rebuild import Rebuild
    from aggregator.pipeline.redact import Redaction
    from aggregator.store.interfaces import Store
    from aggregator.workers import Workers

log = logging.getLogger(__name__)

READER = "aggregator.pipeline.read:read"
MOST_WORKERS = 4  # each takes memory, and two keep up with any line
# Of the time that one feed may take; what is left is for keeping and publishing it. What the exchange did not
# need may be spent on waiting for a reader.
EXCHANGE, READING = 0.6, 0.3


def now() -> datetime:
    """The real clock, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def user_agent(config: Config) -> str:
    """Name, version, and where the operator can be found, which servers' owners ask for."""
    from aggregator.links import is_loopback

    return f"aggregator/{__version__}" + ("" if is_loopback(config.base_url) else f" (+{config.base_url})")


def open_app(config: Config | Path | str = "feeds.yaml", clock: Callable[[], datetime] = now) -> App:
    """The program for a configuration, or for the file that holds it. Use it as a context manager.

    Raises ConfigError. Nothing is opened yet, and no other process is in the way.
    """
    return App(config if isinstance(config, Config) else load_config(Path(config)), clock)


def load_config(file: Path) -> Config:
    """The configuration, with the feeds of the lists that it includes. Raises ConfigError."""
    from aggregator.config import load

    config = load(file)
    if not config.include:
        return config
    from aggregator.pipeline.includes import with_included

    return with_included(config)


class App:
    """The program for one configuration. Use as a context manager, in one thread.

    Methods that only read take the store as it is, and make none; `latest`, `search`, `story` and `search_page`
    may be called from any thread. The others open the store once, make it if there is none, and let it mirror
    feeds.yaml. All of them raise StoreError if the store cannot be used.
    """

    def __init__(self, config: Config, clock: Callable[[], datetime] = now, patience: float = 30.0) -> None:
        """`patience`: seconds that a call waits for another process that writes to the store."""
        self.config = config
        self._patience = patience
        self.clock = clock
        self.stopping = False
        self._opened: Store | None = None
        self._thread = 0  # which opened it
        self._poller: Poller | None = None
        self._workers: Workers | None = None

    def __enter__(self) -> App:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> App:
        """Opens the store now, and not when it is first needed; gives this app."""
        self._store.version()
        return self

    def close(self) -> None:
        """Closes the store; what is called afterwards opens it anew."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    # ------------------------------------------------------------ reading

    @property
    def has_store(self) -> bool:
        """Whether anything was ever polled here."""
        with self._library() as library:
            return library is not None

    def latest(
        self,
        number: int = 20,
        feed: str | None = None,
        tag: str | None = None,
        since: datetime | None = None,
    ) -> tuple[Story, ...]:
        """The newest stories by their own date.

        `feed`: told by the feed with this URL, or with this in its name; `tag`: in any spelling.
        """
        with self._library() as library:
            return library.latest(number, feed, tag, since) if library else ()

    def search(self, query: str, number: int = 50) -> tuple[Story, ...]:
        """Published stories with all these words in title or summary, the newest first; "in quotes" is a phrase.

        Raises StoreError if it takes too long.
        """
        with self._library() as library:
            return library.search(query, number).stories if library else ()

    def covered(self) -> tuple[StoryGroup, ...]:
        """What three outlets or more report, in the 24 hours before the newest story; most covered first."""
        from aggregator.pipeline.covered import covered_now

        with self._library() as library:
            return covered_now(library) if library else ()

    def story(self, story_id: int) -> Story | None:
        """The story with this id, as `Story.id` has it."""
        with self._library() as library:
            return next(iter(library.load_stories([story_id])), None) if library else None

    def find_stories(self, wanted: str) -> tuple[int, ...]:
        """Ids of the stories that a person can mean by a number, an Atom id, a guid or a link in any form."""
        from aggregator.pipeline.explain import find

        with self._library() as library:
            return find(library, wanted) if library else ()

    def explain(self, story_id: int) -> Explanation | None:
        """Why the story is one story: its sightings, who leads and why, what was nearly the same."""
        from aggregator.pipeline.explain import explain

        with self._library() as library:
            return explain(library, self.config, story_id) if library else None

    def search_page(self, query: str, number: int = 1) -> tuple[int, bytes]:
        """That page of the answer to a search, and its HTTP status."""
        from aggregator.pipeline.search import NOTHING, find, render_answer

        def search(query: str, limit: int, skip: int) -> SearchResult:
            with self._library() as library:
                return find(library, self.config, query, limit, skip) if library else NOTHING

        return render_answer(search, self.config, query, number)

    def story_page(self, key: str) -> tuple[int, bytes]:
        """The page of one story by the key in its permalink, and its HTTP status. Raises StoreError."""
        from aggregator.pipeline.search import render_story_page

        with self._library() as library:
            return render_story_page(library, self.config, key)

    def sample_entries(self, limit: int) -> Iterator[tuple[str, Entry]]:
        """Stored entries, those stored last first, each with the URL of its feed."""
        with self._library() as library:
            if library is not None:
                yield from ((url, entry) for _, url, entry in library.sample_entries(limit))

    def sources(self) -> tuple[Source, ...]:
        """The feeds as readers see them, in the order of feeds.yaml, as far as they are known."""
        with self._library() as library:
            return library.sources() if library else ()

    def moved_feeds(self) -> tuple[Feed, ...]:
        """Feeds that have moved for good, and whose new URL is not in feeds.yaml yet."""
        with self._library() as library:
            feeds = library.feeds() if library else ()
        return tuple(feed for feed in feeds if feed.effective_url != feed.url)

    def health(self, service: Mapping[str, Any] | None = None, problems: Iterable[Problem] = ()) -> Report:
        """How the service, the store, the disk and the feeds stand; raises nothing.

        `service` and `problems`: what a running service says of itself.
        """
        from aggregator.health.collect import collect
        from aggregator.health.report import make_report

        return make_report(collect(self, service, tuple(problems)), self.clock())

    # ------------------------------------------------------------ feeds

    def counts(self) -> Mapping[str, int]:
        """How many `entries` and `stories` there are, and stories `waiting_for_search`."""
        with self._library() as library:
            return library.counts() if library else {}

    def feeds(self) -> tuple[Feed, ...]:
        """The feeds of feeds.yaml, in its order: how each stands, and when it is polled next and why.

        Those that no command has polled yet have ids below 0, and are not in the store.
        """
        with self._library() as library:
            known = {feed.url: feed for feed in library.feeds()} if library else {}
        return tuple(
            known.get(sub.url) or Feed(-1 - place, sub.url, sub.url, position=place)
            for place, sub in enumerate(self.config.feeds)
        )

    def feed_names(self) -> dict[int, str]:
        """What each feed is called, by its id."""
        with self._library() as library:
            known = {source.feed_id: source.name for source in library.sources()} if library else {}
        new = {-1 - place: sub.name or links.host(sub.url) for place, sub in enumerate(self.config.feeds)}
        return known | new

    def feed_history(self, feed_id: int) -> tuple[PollNote, ...]:
        """The feed's last polls, the newest first."""
        with self._library() as library:
            return library.feed_history(feed_id) if library else ()

    def due_feeds(self) -> tuple[Feed, ...]:
        """The feeds whose time has come; inside `ready()` less those whose hosts are being asked."""
        if self._poller is not None:
            return self._poller.due()
        return self._store.due_feeds(self.clock())

    def enable_feed(self, feed_id: int) -> None:
        """Makes a feed due again that is gone or waits."""
        with self._as_it_is() as store:
            store.enable_feed(feed_id)

    # ------------------------------------------------------------ polling

    def poll(self, feeds: Iterable[Feed] | None = None) -> tuple[PollResult, ...]:
        """Polls these feeds, or those that are due, and returns when all have answered; see `publish`.

        Feeds that are named are polled whether they are due or not; a host that asked us to wait is not asked.
        One broken feed is a result. Runs an event loop of its own: inside one, use `ready` and `poll_round`.
        """
        import asyncio

        async def once() -> tuple[PollResult, ...]:
            async with self.ready():
                return await self.poll_round(
                    self.due_feeds() if feeds is None else feeds, forced=feeds is not None
                )

        return asyncio.run(once())

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[None]:
        """Everything that polling needs, for as long as the block runs."""
        from aggregator.fetch import HostLimits
        from aggregator.pipeline.exchange import Dependencies
        from aggregator.pipeline.poll import Poller

        store, polling = self._store, self.config.polling
        hosts = HostLimits(at_once=polling.hosts_at_once, gap=polling.host_gap.total_seconds())
        try:
            async with self._reader() as read, self._fetcher() as fetcher:
                parts = Dependencies(fetcher, hosts, self._guarded(read), self.clock)
                self._poller = Poller(self.config, store, parts)
                yield
        finally:
            self._poller = None

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator[Read]:
        """Reads documents in processes of their own, for as long as the block runs."""
        from aggregator.workers import Workers

        seconds = self.config.polling.timeout.total_seconds()
        workers = self._workers = Workers(READER, count=max(1, min(os.cpu_count() or 1, MOST_WORKERS)))

        async def read(fetched: Fetched, now: datetime) -> ReadFeed | ReadError:
            answer: ReadFeed | ReadError = await workers.run(
                *(fetched.body, fetched.headers.get("content-type"), fetched.url, now),
                size=len(fetched.body),
                seconds=seconds * READING,
                wait_budget=max(0.0, seconds * EXCHANGE - fetched.elapsed),
            )
            return answer

        try:
            yield read
        finally:
            self._workers = None
            workers.close()

    async def poll_round(
        self,
        feeds: Iterable[Feed],
        report: Callable[[PollResult], None] = lambda _: None,
        forced: bool = False,
    ) -> tuple[PollResult, ...]:
        """One round over these feeds, inside `ready()`. `forced`: somebody asked for it."""
        from aggregator.health.state import clock_problem

        if self._poller is None:
            raise RuntimeError("poll_round() belongs inside ready()")
        if wrong := clock_problem(self.clock()):  # stories would be dated by it for ever
            raise LocalError(wrong)
        return await self._poller.poll(feeds, report, forced)

    def part_overdue(self) -> None:
        """Parts the feeds that are overdue as the service starts, as after a night switched off."""
        from aggregator.pipeline.poll import part_overdue

        part_overdue(self._store, self.clock())

    def stop(self) -> None:
        """Lets a round that is under way end early, keeping what was fetched."""
        self.stopping = True
        if self._poller is not None:
            self._poller.stop()

    def drain(self) -> None:
        """Begins no further request; those under way end as they would."""
        if self._poller is not None:
            self._poller.drain()

    def kill_workers(self) -> None:
        """Kills the reading processes; from any thread, as the program is about to end without finishing."""
        if self._workers is not None:
            self._workers.close()

    # ------------------------------------------------------------ finding feeds

    def find_feeds(self, url: str) -> FoundFeeds:
        """The feeds behind an address: itself, those that its page names, or those in the usual places.

        Runs an event loop of its own, asks one request after the other, and leaves the store alone.
        """
        import asyncio

        from aggregator.pipeline.find_feeds import FeedFinder

        async def find() -> FoundFeeds:
            async with self._reader() as read, self._fetcher() as fetcher:
                return await FeedFinder(fetcher.fetch, read, self.clock()).find(url)

        return asyncio.run(find())

    def check_feeds(self, report: Callable[[], None] = lambda: None) -> tuple[Finding, ...]:
        """Asks each feed of feeds.yaml once and says what is wrong with it; the store is not changed.

        Runs an event loop of its own; `report` is called after each answer.
        """
        import asyncio

        from aggregator.fetch import HostLimits
        from aggregator.pipeline.check_feeds import findings, probe_feeds

        polling = self.config.polling

        async def ask() -> tuple[Finding, ...]:
            hosts = HostLimits(at_once=polling.hosts_at_once, gap=polling.host_gap.total_seconds())
            async with self._reader() as read, self._fetcher() as fetcher:
                probes = await probe_feeds(
                    self.config.feeds, fetcher.fetch, read, hosts, self.clock(), lambda _: report()
                )
            return findings(probes)

        return asyncio.run(ask())

    def refresh_includes(self) -> bool:
        """Asks again for the lists at URLs that are due; whether one has changed: load the configuration anew then.

        Runs an event loop of its own; what fails is a line in the log.
        """
        if not any(include.is_remote for include in self.config.include):
            return False
        import asyncio

        from aggregator.fetch import HostLimits
        from aggregator.pipeline.includes import refresh

        async def ask() -> tuple[tuple[str, ...], bool]:
            hosts = HostLimits(gap=self.config.polling.host_gap.total_seconds())
            async with self._fetcher() as fetcher:
                return await refresh(self.config, fetcher.fetch, hosts.turn, self.clock())

        problems, changed = asyncio.run(ask())
        for problem in problems:
            log.warning("%s", problem)
        return changed

    def fetch_document(self, url: str) -> bytes:
        """The bytes at a URL, as subscription lists are fetched. Raises AggregatorError, with the reason."""
        import asyncio

        from aggregator.errors import AggregatorError
        from aggregator.models import FetchRequest

        async def fetch() -> bytes:
            async with self._fetcher() as fetcher:
                answer = await fetcher.fetch(FetchRequest(url))
            if not isinstance(answer, Fetched):
                raise AggregatorError(f"{answer.url}: {getattr(answer, 'message', 'nothing was sent')}")
            return bytes(answer.body)

        return asyncio.run(fetch())

    # ------------------------------------------------------------ publishing

    def publish(self, folder: Path | None = None, everything: bool = False) -> tuple[str, ...]:
        """Writes the outputs to `folder` (default: public/ in the data folder); names of those that changed.

        Those of public/ are made only if something has changed since they were written, or with `everything`.
        Raises ExportError, too.
        """
        if folder is not None:
            from aggregator.pipeline.publish import publish

            changed = publish(self._store, self.config, self.clock(), folder)
        else:
            from aggregator.pipeline.changes import publish_changes

            changed = publish_changes(self._store, self.config, self.clock(), everything)
        self.index_search()
        return changed

    def index_search(self) -> int:
        """Brings a portion of what was published into the search index; how many stories, 0 when all is done."""
        return self._store.index_search()

    async def announce(self, changed: Iterable[str]) -> None:
        """Tells the hub which feeds of the public folder have changed; a hub that fails is a line in the log."""
        from aggregator.export import is_topic

        hub = self.config.publish.hub
        topics = [name for name in changed if is_topic(name)]
        if not hub or not topics:
            return
        async with self._fetcher() as fetcher:
            for name in topics:
                problem = await fetcher.ping(hub, self.config.base_url + name)
                if problem:
                    log.warning("the hub was not told of %s: %s", name, problem)

    @contextmanager
    def digest(
        self, since: datetime | None = None, mark: str = "", choice: Choice | None = None
    ) -> Iterator[Digest]:
        """What was published since then; its stories are read as they are asked for, while the block runs.

        Without `since`: since this mark, the first time the stories of the last day. `choice`: of which at most.
        """
        from aggregator.pipeline.digest import Choice, Digest

        cursor = self.read_cursor(mark) if since is None else (since, 0)
        begin = self.clock() - timedelta(days=1)
        choice = choice or Choice()
        if cursor is None:  # by their own date: what a first poll publishes may be years old
            cursor, choice = (begin, 0), replace(choice, since=begin)
        with self._library() as library:
            yield Digest(library or self._store, self.config, cursor, choice)

    def read_cursor(self, name: str) -> tuple[datetime, int] | None:
        """How far a reader of this name has read: the moment and the id of the newest that it has read."""
        with self._library() as library:
            return library.read_cursor(name) if library else None

    def set_read_cursor(self, name: str, digest: Digest) -> None:
        """Remembers that a reader has read all of this."""
        with self._as_it_is() as store:
            store.set_read_cursor(name, *digest.newest)

    def mail_digest(self, to: str, digest: Digest, mark: str | None = None) -> None:
        """Sends these stories to one address, and remembers under `mark` that it has them once they were accepted.

        Raises MailError, and ExportError for what is not an address.
        """
        from aggregator.export.mail import sender_of
        from aggregator.export.pages import Pages
        from aggregator.mailer import send

        server = self._mail_server()
        sender = sender_of(self.config.base_url, self.config.mail.from_)
        message = digest.as_mail(Pages(self.config.templates), sender, to, self.clock())
        send(server, message, sender, [to])
        if mark is not None:
            self.set_read_cursor(mark, digest)

    def send_due_digest(self) -> int:
        """Sends the digest of `digest.at`, once a day, to each of `digest.to`; to how many it was sent.

        A time that passed while the program did not run is made up for on the same day. Raises MailError once all
        were tried.
        """
        from aggregator.mailer import MailError

        if not self._digest_is_due():
            return 0
        sent, failed = 0, None
        for address in self.config.digest.to:
            mark = f"digest {address}"
            with self.digest(mark=mark) as digest:
                try:
                    if digest.total:
                        self.mail_digest(address, digest, mark)
                        sent += 1
                except MailError as error:
                    failed = error
        if failed is not None:
            raise failed
        with self._as_it_is() as store:
            store.set_read_cursor("digest.at", self.clock(), 0)
        return sent

    def _digest_is_due(self) -> bool:
        """Whether today's time of `digest.at` has passed since the digest was last sent."""
        from zoneinfo import ZoneInfo

        digest = self.config.digest
        if not digest.at or not digest.to:
            return False
        now = self.clock().astimezone(ZoneInfo(self.config.timezone))
        hour, minute = map(int, digest.at.split(":"))
        today = now.replace(hour=hour, minute=minute, second=0)
        last = self.read_cursor("digest.at")
        return now >= today and (last is None or last[0] < today)

    def _mail_server(self) -> MailServer:
        """`mail` of feeds.yaml with its secrets looked up. Raises MailError."""
        from aggregator.fetch import FetchProblem, Secrets
        from aggregator.mailer import MailError, MailServer

        mail, secrets = self.config.mail, Secrets(self.config.file.parent)
        try:
            user = secrets.text(mail.user, "mail.user") if mail.user else None
            password = secrets.text(mail.password, "mail.password") if mail.password else None
        except FetchProblem as problem:
            raise MailError(str(problem)) from None
        return MailServer(mail.smtp, user, password, mail.command)

    def version(self) -> tuple[int, int]:
        """Opaque; differs from an earlier one if the store was written since, by whatever process."""
        return self._store.version()

    def outputs_are_in_place(self) -> bool:
        """Whether the files of the merged feed are there."""
        from aggregator.export import OUTPUTS

        return all((self.config.public_path / output.name).is_file() for output in OUTPUTS)

    # ------------------------------------------------------------ care

    def back_up(self, copy: Path) -> None:
        """Writes a verified copy of the store, while it is in use; it says when and by which feeds.yaml."""
        from aggregator.store.open import back_up_store

        notes = (
            ("made", self.clock().isoformat()),
            ("config", str(self.config.file)),
            ("version", __version__),
        )
        back_up_store(self.config.store_path, copy, notes)

    def restore(self, copy: Path) -> Path | None:
        """Puts a copy in the place of the store; where the old one was moved to. No other process may use it."""
        from aggregator.store.open import restore_store

        self.close()
        return restore_store(copy, self.config.store_path)

    def store_problems(self) -> Sequence[str]:
        """What is wrong with the store's file; nothing where it is whole. Reads all of it."""
        from aggregator.store.open import store_problems

        return store_problems(self.config.store_path)

    def repair_store(self) -> Sequence[str]:
        """Mends what can be mended of a damaged store; what was done. No other process may use it."""
        from aggregator.store.open import repair_store

        self.close()
        return repair_store(self.config.store_path)

    @property
    def worker_restarts(self) -> int:
        """How many reading processes were replaced, since `ready()`."""
        return self._workers.restarts if self._workers is not None else 0

    def store_is_in_place(self) -> bool:
        """Whether the store that is written to is the one at its path: not, if the folder was removed."""
        return self._store.is_in_place()

    def redact(
        self,
        dry_run: bool,
        stories: Collection[int] = (),
        feeds: Collection[int] = (),
        words: str | None = None,
    ) -> Redaction:
        """Takes stories (by id), all of some feeds, or the entries that match out of all that is published, and
        publishes. Raises ValueError if `words` is no pattern."""
        from aggregator.filters import entry_matcher
        from aggregator.links import without_secrets
        from aggregator.pipeline.redact import redact

        by_id = {source.feed_id: source for source in self._store.sources()}
        gone = [by_id[feed_id] for feed_id in feeds if feed_id in by_id]
        addresses = {
            address for source in gone for address in (without_secrets(source.url), source.id) if address
        }
        matches = entry_matcher(words) if words is not None else None
        done = redact(self._store, self.clock(), dry_run, stories, feeds, addresses, matches)
        if not dry_run and (done.entries or done.archives):
            self.publish()
        return done

    def forget(self) -> int:
        """Removes a portion of what retention no longer keeps; how many entries, 0 when there is nothing to do.

        Portions are small, so that nobody waits long for the store.
        """
        return self._store.forget(self.clock(), self.config.keep)

    def release_space(self) -> int:
        """Gives a portion of the space that was freed back to the disk; bytes, 0 when there is none to give."""
        return self._store.release_space()

    def tidy(self) -> int:
        """Removes all that retention no longer keeps, and gives the space back; how many entries."""
        forgotten = 0
        while portion := self.forget():
            forgotten += portion
        while self.release_space():
            pass
        return forgotten

    def rule_counts(self) -> dict[str, int]:
        """How many entries each rule of dedupe decided."""
        with self._library() as library:
            return library.rule_counts() if library else {}

    def rebuild(self, dry_run: bool = False) -> Rebuild:
        """Groups all that is stored anew, and says what that changes; only that with `dry_run`."""
        from aggregator.pipeline.rebuild import rebuild

        if not dry_run:
            return rebuild(self._store, self.config, self.clock(), dry_run)
        with self._library() as library:
            return rebuild(library or self._store, self.config, self.clock(), dry_run)

    # ------------------------------------------------------------ parts

    @property
    def _store(self) -> Store:
        """The store for writing, which mirrors feeds.yaml and its filters from the first use on."""
        if self._opened is None:
            from aggregator.filters import compile_rules
            from aggregator.store.open import open_store

            self._opened = store = open_store(self.config.store_path, patience=self._patience)
            self._thread = threading.get_ident()
            store.sync_subscriptions(self.config.feeds, self.clock())
            rules = compile_rules(self.config)
            store.refilter(rules.fingerprint, rules.blocked_by)
        return self._opened

    @contextmanager
    def _as_it_is(self) -> Iterator[Store]:
        """The store for writing one thing, without making it mirror feeds.yaml: a service may use another one."""
        if self._opened is not None:
            yield self._opened
            return
        from aggregator.store.open import open_store

        store = open_store(self.config.store_path)
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def _library(self) -> Iterator[Store | None]:
        """The store for reading, None if there is none yet; from any thread."""
        if self._opened is not None and self._thread == threading.get_ident():
            yield self._opened
            return
        from aggregator.store.open import open_library

        library = open_library(self.config.store_path)
        try:
            yield library
        finally:
            if library is not None:
                library.close()

    def _fetcher(self) -> Fetcher:
        """What speaks to the network, as feeds.yaml says."""
        from aggregator.fetch import Fetcher, Secrets

        polling = self.config.polling
        return Fetcher(
            timeout=polling.timeout.total_seconds() * EXCHANGE,
            max_body=polling.max_body,
            allow_addresses=self.config.allow_addresses,
            user_agent=user_agent(self.config),
            now=self.clock,
            proxy=polling.proxy,
            secrets=Secrets(self.config.file.parent),
            folder=self.config.store_path.parent if self.config.store_path.parent.exists() else None,
        )

    def _guarded(self, read: Read) -> Read:
        """Reads documents, but none that we published."""
        from aggregator.pipeline.self_guard import SelfFeedGuard

        tags = {tag for sub in self.config.feeds for tag in sub.tags}
        return SelfFeedGuard(read, self._store.publication_id(), self.config.base_url, tags)
