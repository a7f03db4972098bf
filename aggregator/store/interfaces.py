"""What a store does, for three kinds of callers: polling, publishing, and everybody who only reads; and its upkeep.

For each method that follows: it is one transaction, which happens whole or not at all, and what it reads is of one
moment (of iterators: until they are closed). It raises StoreError if the store cannot be used, and the text says why.
An id that the store does not know is no error: nothing is given or changed for it. Times are aware; a store keeps
whole seconds in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from aggregator.models import (
    Archive,
    ArchiveList,
    ContextQuery,
    Entry,
    EntryWords,
    Feed,
    FeedLine,
    FeedState,
    HostBackoff,
    Keyed,
    KnownEntry,
    Lease,
    NearSightings,
    Placement,
    Plan,
    PollContext,
    PollNote,
    PollOutcome,
    PublishedFile,
    Redacted,
    RelatedLink,
    SaveCounts,
    SearchResult,
    Sighting,
    Source,
    StoredIndex,
    StoredKeys,
    Story,
    StoryDates,
    StorySummary,
    WeighedEntry,
    WordCounts,
    Worker,
)
from aggregator.settings import Keep, Subscription

NO_NUMBERS: Mapping[int, int] = {}
LONGEST_QUERY = 200  # characters of a search

# What PublishStore.relate asks of module `related`: what an entry's words weigh; which links of each entry
# are kept, of pairs that share words; words as a headline and a summary write them.
Weigh = Callable[[EntryWords, WordCounts], Mapping[str, float]]
ShownArchive = tuple[int, bytes]  # stories in a closed document, and its entries
Choose = Callable[[Iterable[tuple[WeighedEntry, WeighedEntry]]], Sequence[RelatedLink]]
Display = Callable[[Sequence[str], str, str], Sequence[str]]


class Connected(Protocol):
    """What every part of a store has."""

    def close(self) -> None:
        """Ends the connection; the store must not be used afterwards."""

    def is_in_place(self) -> bool:
        """Whether what was opened is still what stands at that place."""

    def version(self) -> tuple[int, int]:
        """Opaque; differs from an earlier one if anything was written since, by whatever process.

        When feeds are polled next, polls of which readers see nothing, and what workers say of themselves need not count.
        """


class Watch(Protocol):
    """Waits for changes of a store; belongs to one thread."""

    def wait(self, seconds: float) -> bool:
        """Whether anything that the outputs show, or a published file, was changed meanwhile; there may be false alarms.

        Raises StoreError.
        """

    def close(self) -> None:
        """Ends it."""


class PollStore(Connected, Protocol):
    """Polling. A 304 is two calls (begin_polls, save_schedules), a document three (begin_polls, load_context, save_poll)."""

    def sync_subscriptions(self, subscriptions: Iterable[Subscription], now: datetime) -> None:
        """Makes the feeds mirror feeds.yaml. Entries of a feed that was dropped stay until retention takes them.

        A feed whose new address was written into feeds.yaml after it moved stays the feed that it is.
        """

    def feed_ids(self) -> dict[str, int]:
        """The id of each feed by its URL as in feeds.yaml, also of those dropped from it."""

    def due_feeds(self, now: datetime) -> tuple[Feed, ...]:
        """Subscribed feeds to poll now: new ones in the order of feeds.yaml, then the most overdue first."""

    def paused_hosts(self, now: datetime) -> dict[str, datetime]:
        """Hosts that asked us to wait, and until when."""

    def host_backoff(self, host: str, now: datetime) -> HostBackoff:
        """How one host stands."""

    def begin_polls(
        self, polls: Sequence[tuple[Feed, str]], now: datetime, retry_if_crashed: datetime
    ) -> list[HostBackoff | None]:
        """Notes that each feed is about to be polled at that host, so that a crash loop cannot hammer; the host's backoff.

        Nothing is noted of a feed whose host is paused (`paused_until` says so), or that another process has begun to
        poll since `feed` was read (None). `retry_if_crashed`: when the feeds are due should save_poll never come.
        A poll's number is `feed.polls_begun + 1`.
        """

    def load_context(self, query: ContextQuery) -> PollContext:
        """All that deciding about a document can need; it may be more than is needed, never less."""

    def save_poll(self, outcome: PollOutcome) -> SaveCounts | None:
        """Writes what a poll changes; how much it added.

        None, and nothing is written, if the context of `outcome.changes` has changed since: load it anew and decide again.
        Raises ConfigurationChanged, and writes nothing, if another process has called `refilter` with other filters
        since this one did, and LeaseLost, likewise, if another poll of the feed was begun after `outcome.poll_number`.
        New entries and stories get ids that were never given before.
        """

    def save_schedules(self, outcomes: Sequence[PollOutcome]) -> frozenset[int]:
        """Writes what polls change, each of which `changes_schedule_only`.

        Nothing is written of those where save_poll would raise LeaseLost; the ids of their feeds.
        """

    def postpone(
        self,
        plans: Mapping[int, Plan],
        note: PollNote | None = None,
        poll_numbers: Mapping[int, int] = NO_NUMBERS,
    ) -> None:
        """Plans feeds (by id) that were not polled; `note` is added to the log of each.

        A feed in `poll_numbers` stays as it is if another poll of it was begun after that one.
        """

    def enable_feed(self, feed_id: int) -> None:
        """Makes a feed due again that is gone or waits, at the URL of feeds.yaml, as if it were new."""


def host_lease(host: str) -> str:
    """The name of the lease that whoever asks a host needs."""
    return f"host {host}"


class WorkerStore(Connected, Protocol):
    """What several workers on one store agree on: who polls which hosts, who publishes, what was published.

    A lease has a name, an owner, a time until which it holds, and a token that grows each time it is granted. Times come
    from the caller: those of all workers should be of one clock, see `server_time`. A lease that has run out stays its
    owner's until another worker takes it.
    """

    def server_time(self) -> datetime | None:
        """The clock of the database's server, to the microsecond; None where that is this machine."""

    def lease_feeds(self, owner: str, now: datetime, until: datetime, limit: int) -> tuple[Feed, ...]:
        """Feeds to poll now, as `due_feeds`, `limit` at most, with a lease on the host of each ("host example.org").

        Feeds of hosts that have a lease that holds, whoever's it is, are left out. Two that ask at once never get the
        same host.
        """

    def lease(self, names: Collection[str], owner: str, now: datetime, until: datetime) -> dict[str, int]:
        """The token of each lease that was granted: those that nobody has, that have run out, or are the owner's.

        And those that hold, or were released to be free, a day later than what is asked for: by a wrong clock.
        """

    def renew(self, names: Collection[str], owner: str, until: datetime) -> frozenset[str]:
        """Lets leases of this owner hold until then; their names, without those that others have taken."""

    def release(self, names: Collection[str], owner: str, free: datetime) -> None:
        """Ends leases of this owner; nobody is granted them before `free`."""

    def leases(self, names: Collection[str], now: datetime) -> dict[str, str]:
        """Who has those of these leases that hold."""

    def note_worker(self, worker: Worker) -> None:
        """Remembers that a worker is there. Raises StoreError where a newer program has taken the store over."""

    def forget_worker(self, name: str, before: datetime) -> None:
        """Forgets a worker that has ended, with its leases, and others that were last seen before."""

    def workers(self, since: datetime) -> tuple[Worker, ...]:
        """Workers that were seen then or later, by name."""

    def save_outputs(self, files: Iterable[PublishedFile], publisher: Lease) -> bool:
        """Keeps the files that publishing has changed; one that is gone has no body.

        False, and nothing is written, unless `publisher` is the last lease of its name that was granted.
        """

    def published_at(self) -> datetime | None:
        """When a file last changed that save_outputs() has kept."""

    def outputs_version(self) -> int:
        """The version of the last files that save_outputs() has kept; 0 before the first."""

    def published_files(self, after: int) -> Iterator[PublishedFile]:
        """Files that were changed in a later version than this, one by one; those that are gone, too.

        All of them where the store does not know that version: then a backup was restored, or a standby took over.
        """


class Stories(Connected, Protocol):
    """What publishing and reading share."""

    def publication_id(self) -> str:
        """The merged feed's own id (urn:uuid), made when it is first asked for, and never changed."""

    def content_version(self) -> str:
        """Opaque; differs from an earlier one if anything was written since that the outputs show."""

    def sources(self, ids: Collection[int] | None = None) -> tuple[Source, ...]:
        """Subscribed feeds as readers see them, in the order of feeds.yaml; `ids`: these alone."""

    def load_stories(self, ids: Iterable[int], published_only: bool = False) -> tuple[Story, ...]:
        """The stories with these ids, in their order; ids of no story are left out.

        `published_only`: so are those that wait to be published, are blocked, or are of feeds that were dropped.
        """

    def near_entries(self, story_ids: Collection[int]) -> tuple[tuple[WeighedEntry, WeighedEntry], ...]:
        """Entries of the last days of these stories, each with others that share three telling words."""


class ArchiveStore(Connected, Protocol):
    """The archive of what was published. Those that write: close_archive, name_open_archive, show_archives."""

    def archives(self) -> ArchiveList:
        """The closed documents of the archive, oldest first, and the name of the open one."""

    def unarchived_stories(self, last: Archive | None, limit: int) -> tuple[tuple[int, datetime], ...]:
        """Stories published after that document's newest, oldest first: id and moment."""

    def close_archive(
        self, archive: Archive, entries: bytes, after: Archive | None, redaction: str | None = None
    ) -> bool:
        """Keeps a document's entries for ever. False, and nothing is written, if `after` is not the last closed.

        Nor if something was redacted after `redaction`, which was the last one when the entries were read.
        """

    def name_open_archive(self, name: str) -> None:
        """Names the document that is not closed yet; the name outlives its stories."""

    def archive_bytes(self, name: str, whole: bool = False) -> bytes:
        """The entries of a closed document as they are shown; `whole`: as they were given to close_archive."""

    def archive_rules(self) -> str:
        """The `rules` of the last call of show_archives; "" before the first, and after a redaction of archives."""

    def show_archives(
        self, rules: str, shown: Mapping[str, ShownArchive], redaction: str | None = None
    ) -> bool:
        """Keeps how closed documents are shown by these rules, by name; what they were closed with stays.

        `redaction`: see close_archive.
        """

    def published_feeds(self, atom_ids: Collection[str]) -> dict[str, int | None]:
        """Of these Atom ids those of stories that are kept: the feed of each, None if it is not published any more."""


class PublishStore(Stories, ArchiveStore, Protocol):
    """What the outputs are made of. From a store that has not changed come equal answers in the same order.

    Those that write: publish_pending, relate, and three of ArchiveStore.
    """

    def publish_pending(self, now: datetime) -> int:
        """Publishes the stories that wait; how many. Never earlier than what was published before."""

    def relate(
        self, now: datetime, off: Collection[int], weigh: Weigh, choose: Choose, display: Display
    ) -> int:
        """Links entries of the last days to each other; how many links are new or anew.

        The links are then a function of the entries of the last days and of the counts of words, whenever each of them
        came. Nothing is read or written if nothing waits. Entries of feeds that are `off` (by id), blocked or dropped
        have no links. What an entry costs does not depend on how many are stored.
        """

    def anything_waits(self) -> bool:
        """Whether stories wait for publish_pending, or entries for relate."""

    def story_summaries(
        self,
        since: datetime | None = None,
        before: datetime | None = None,
        feed_ids: Collection[int] | None = None,
        subscribed_only: bool = True,
    ) -> Iterator[StorySummary]:
        """Published stories of subscribed feeds, or of all, in the order of the merged feed, newest first, one by one.

        `since`, `before`: those with a position from then on, or before; `feed_ids`: of these feeds alone.
        """

    def tagged_stories(
        self, feeds_of: Mapping[str, frozenset[int]], limit: int
    ) -> dict[str, tuple[StorySummary, ...]]:
        """Of each tag the published stories that have it, in the order of the merged feed: `limit` or more.

        `feeds_of`: by tag key, the feeds with that tag in feeds.yaml. A story has a tag if the entry that
        represents it does, or one of the feeds that tell it.
        """

    def stories_of_feed(self, feed_id: int, limit: int) -> tuple[tuple[int, datetime], ...]:
        """The feed's published stories in the order of the merged feed: id, and when it was updated."""

    def feed_states(self) -> Mapping[int, FeedState]:
        """Of each subscribed feed, by id and in the order of feeds.yaml, what tells whether it has changed.

        Its newest stories are the first MOST_OF_SOURCE of `stories_of_feed`.
        """

    def arrivals(self, limit: int) -> tuple[tuple[int, datetime], ...]:
        """Published stories of subscribed feeds by when they were first published, newest first: id and moment."""

    def daily_counts(
        self, until: datetime, feed_ids: Collection[int] | None = None
    ) -> dict[int, tuple[int, ...]]:
        """Entries that each subscribed feed published a UTC day, 30 days, oldest first, up to that of `until`.

        Feeds without any are left out. `feed_ids`: of these, subscribed or not.
        """

    def redactions(self) -> tuple[tuple[str, datetime], ...]:
        """The Atom ids of published stories that were taken out, and when; the newest first."""


class FeedLists(Connected, Protocol):
    """Read only: how the feeds stand."""

    def feeds(self, ids: Collection[int] | None = None) -> tuple[Feed, ...]:
        """Subscribed feeds in the order of feeds.yaml, with the number of their entries; `ids`: these alone."""

    def feed_lines(self) -> tuple[FeedLine, ...]:
        """Of the same feeds in the same order what a list shows."""

    def feed_history(self, feed_id: int) -> tuple[PollNote, ...]:
        """The log of the feed's last 30 polls, the newest first."""


class Library(Stories, FeedLists, Protocol):
    """Read only: what commands, the web and other programs ask. A store that was opened to be read has it alone."""

    def counts(self) -> Mapping[str, int]:
        """How many `entries` and `stories` there are, and stories `waiting_for_search`; `bytes` where it is no file.

        Of a large store the first two may be the server's estimate.
        """

    def latest(
        self, limit: int, feed: str | None = None, tag: str | None = None, since: datetime | None = None
    ) -> tuple[Story, ...]:
        """The newest stories by their own date, published or not.

        `feed`: told by a feed with this URL, or with this in its name; `tag`: in any spelling that text.tag_key
        takes for the same.
        """

    def search(
        self, query: str, limit: int, skip: int = 0, titles_only: Collection[int] = ()
    ) -> SearchResult:
        """Published stories whose title or summary has all the words, the newest first, less the first `skip`.

        `titles_only`: ids of feeds in whose stories the title must have them.

        None for a query without words. Raises StoreError also if it takes too long.
        """

    def find_stories(self, wanted: str, link_key: str | None) -> tuple[int, ...]:
        """Ids of stories that `wanted` can mean: a number, an Atom id, an entry's guid or link, or its link key."""

    def sightings(self, story_id: int) -> tuple[Sighting, ...]:
        """All entries of the story, the first one first, each with the rule that decided it."""

    def near_sightings(self, entries: Sequence[KnownEntry], window: timedelta) -> NearSightings:
        """Entries of any feed that share a link key, a global id or, within `window`, a title with one of these.

        These themselves are among them. With the rules that were noted for pairs that are kept apart.
        """

    def word_counts(self, words: Iterable[str]) -> WordCounts:
        """In how many entries of the last weeks each of these words is, for related coverage."""

    def sample_entries(self, limit: int) -> Iterator[tuple[int, str, Entry]]:
        """Entries of subscribed feeds, the last stored first: id, the feed's URL, the entry; all with limit -1."""

    def rule_counts(self) -> dict[str, int]:
        """How many sightings each rule decided, the most frequent first."""

    def published_since(self, since: datetime, after: int = 0) -> Iterator[StoryDates]:
        """Stories first published then or later, newest first, one by one; of that very moment those after an id."""

    def read_cursor(self, name: str) -> tuple[datetime, int] | None:
        """How far a reader of that name has read: the newest story seen, by moment of publication and id."""


class Upkeep(Connected, Protocol):
    """What is done to a store between polls, in portions that hold nobody up, and what is asked for by hand."""

    def refilter(self, fingerprint: str, blocked_by: Callable[[Entry, str], str | None]) -> int:
        """Marks stored entries anew by other filters; how many change. Nothing is done if `fingerprint` is known.

        `blocked_by` gives for an entry and its feed's URL the rule that blocks it, if any.
        """

    def forget(self, now: datetime, keep: Keep, limit: int = 500) -> int:
        """Removes a portion of the entries that `keep` no longer holds, and remembers that they were removed.

        How many; 0 when there is nothing to do for now. An entry's age counts from when its feed last listed it
        to the feed's last successful poll. Nothing is removed for a day after 30 days without one.
        """

    def release_space(self) -> int:
        """Gives a portion of the space that was freed back to the disk; bytes, 0 when there is none to give."""

    def index_search(self) -> int:
        """Brings a portion of what was published into the search index; how many stories, 0 when all is done."""

    def redact(self, redacted: Redacted, now: datetime, known: ArchiveList | None = None) -> bool:
        """Removes entries for good, and the stories that nobody else tells; they do not come back.

        False, and nothing is written, if a document was closed or something redacted since the archive was `known`.
        The published stories among them, and those that archives alone still had, are remembered as `redactions`.
        """

    def load_index(self) -> StoredIndex:
        """The traits of each feed, and all feeds; the entries are `stored_keys`."""

    def stored_keys(self, ids: Collection[int] | None = None) -> Iterator[StoredKeys]:
        """Every entry with what its keys are made of, one by one, or the entries with these ids; by id."""

    def save_regrouping(
        self, keys: Sequence[Keyed], placements: Sequence[Placement], now: datetime, revision: tuple[int, int]
    ) -> bool:
        """Writes keys and stories that were made anew. A story that begins with it is not news.

        False, and nothing is written, if anything was written since the index of that revision was loaded.
        """

    def set_read_cursor(self, name: str, when: datetime, story_id: int) -> None:
        """Remembers how far a reader has read; see Library.read_cursor."""


class Store(PollStore, WorkerStore, PublishStore, Library, Upkeep, Protocol):
    """A store for everything."""
