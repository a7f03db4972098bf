"""What becomes of an answer: entries are kept, validators remembered, the next poll planned, in one transaction."""

from __future__ import annotations

import hashlib
from datetime import datetime

from aggregator import links, schedule
from aggregator.models import (
    Body,
    Feed,
    FeedInfo,
    Fetched,
    FetchResult,
    NotModified,
    Plan,
    PollNote,
    PollResult,
    ReadError,
    ReadFeed,
    SaveCounts,
    Validators,
)
from aggregator.pipeline.ingest import Ingester
from aggregator.settings import Config, Subscription
from aggregator.store.base import Store
from aggregator.text import counted


class PollRecorder:
    """Called with what came of asking a feed; gives the result of its poll."""

    def __init__(self, config: Config, store: Store, keeper: Ingester) -> None:
        self._config, self._store, self._keeper = config, store, keeper

    def __call__(
        self,
        feed: Feed,
        subscription: Subscription,
        result: FetchResult | ReadError,
        read: ReadFeed | ReadError | None,
        now: datetime,
        digest: str | None = None,
    ) -> PollResult:
        """Writes all that this poll brought. `read`: None where there was no new body to read; `digest`: the body's."""
        outcome = result
        if isinstance(read, ReadError):
            outcome = read
        elif isinstance(result, Fetched) and read is None:  # the same body again
            outcome = NotModified(result.url, result.validators, result.headers, moved_to=result.moved_to)
        with self._store.transaction():
            kept = self._keep(feed, result, read, now, digest)
            if isinstance(outcome, Fetched | NotModified):
                self._follow(feed, outcome, now)
            plan = self._plan(feed, subscription, outcome, read, now)
            self._store.planned(feed.id, plan)
            note = PollNote(now, plan.status, plan.last_error or _words(kept, outcome), plan.reason)
            self._store.noted(feed.id, note)
        return PollResult(
            url=links.without_credentials(feed.url),
            name=name_of(feed, subscription, read.info if isinstance(read, ReadFeed) else None),
            status=plan.status,
            new=kept.new,
            stories=kept.stories,
            edited=kept.edited,
            message=plan.last_error or _remarks(read),
            next_poll=plan.next_poll,
            elapsed=0.0 if isinstance(result, ReadError) else result.elapsed,
            overrides=feed.next_reason if feed.next_poll and feed.next_poll > now else None,
        )

    def _keep(
        self,
        feed: Feed,
        result: FetchResult | ReadError,
        read: ReadFeed | ReadError | None,
        now: datetime,
        digest: str | None,
    ) -> SaveCounts:
        """The document and the validators that came with it; those of one that cannot be read are not kept."""
        store, kept = self._store, SaveCounts()
        if isinstance(read, ReadError):
            return kept
        if isinstance(result, NotModified):
            fresh = _refreshed(feed.validators, result.validators)
            store.answered(feed.id, fresh, result.url, None, now)
        elif isinstance(result, Fetched):
            if read is not None:
                kept = self._keeper.keep(feed, read, now)
            whole = not result.delta  # of a part, the rest is still listed
            if read is not None and whole:
                store.described(feed.id, read.info, now)
            store.answered(feed.id, result.validators, result.url, digest if whole else None, now, full=whole)
        return kept

    def _follow(self, feed: Feed, answer: Fetched | NotModified, now: datetime) -> None:
        self._store.welcomed(links.host(answer.url))
        move = schedule.track_redirect(feed, answer.moved_to, now)
        if move != feed.move:
            self._store.moved(feed.id, move)

    def _plan(
        self,
        feed: Feed,
        subscription: Subscription,
        outcome: FetchResult | ReadError,
        read: ReadFeed | ReadError | None,
        now: datetime,
    ) -> Plan:
        host = links.host(feed.effective_url if isinstance(outcome, ReadError) else outcome.url)
        plan = schedule.plan(
            feed,
            outcome,
            self._config.polling,
            now,
            subscription.every,
            read.info.hints if isinstance(read, ReadFeed) else None,
            self._store.dates(feed.id, schedule.DATES),
            self._store.refusals(host),
        )
        if plan.host_paused_until is not None:  # the host that answered, which a redirect may have led to
            self._store.pause_host(host, plan.host_paused_until, plan.reason)
        return plan


def body_hash(body: Body) -> str:
    return hashlib.blake2b(bytes(body), digest_size=16).hexdigest()


def name_of(feed: Feed, subscription: Subscription, info: FeedInfo | None = None) -> str:
    info = info or feed.info
    return links.feed_name(subscription.name, info.title if info else None, feed.url)


def _refreshed(old: Validators, new: Validators) -> Validators:
    """The validators after a 304, which need not repeat both (RFC 9110, 15.4.5)."""
    return Validators(new.etag or old.etag, new.last_modified or old.last_modified)


def _words(kept: SaveCounts, outcome: FetchResult | ReadError) -> str:
    """For the history: what came."""
    if isinstance(outcome, NotModified):
        return "nothing new"
    return f"{kept.new} new" + (f", {kept.edited} edited" if kept.edited else "")


def _remarks(read: ReadFeed | ReadError | None) -> str | None:
    """What a feed's owner might want to mend although it was read."""
    if not isinstance(read, ReadFeed):
        return None
    remarks = [read.info.problem] if read.info.problem else []
    if read.skipped:
        remarks.append(f"{counted(len(read.skipped), 'entry', 'entries')} skipped: {read.skipped[0]}")
    return "; ".join(remarks) or None
