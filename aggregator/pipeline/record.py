"""Decides what one answer changes, and saves it: entries, validators, the next poll and the log, all or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from aggregator import links, schedule
from aggregator.models import (
    RECENT_DATES,
    Body,
    DocumentChanges,
    Feed,
    FeedInfo,
    Fetched,
    FetchResult,
    HostBackoff,
    NotModified,
    Plan,
    PollNote,
    PollOutcome,
    PollResult,
    ReadError,
    ReadFeed,
    Response,
    SaveCounts,
    Validators,
)
from aggregator.records import dataclass
from aggregator.settings import Config, Polling, Subscription
from aggregator.store.interfaces import PollStore
from aggregator.text import counted

if TYPE_CHECKING:  # the rules of dedupe, which take a tenth of what one unchanged poll takes
    from aggregator.pipeline.ingest import Ingester


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking a feed once."""

    feed: Feed
    subscription: Subscription
    result: FetchResult | ReadError  # ReadError: it was not read
    document: ReadFeed | ReadError | None = None  # None where there was no new body to read
    body_hash: str | None = None
    backoff: HostBackoff = HostBackoff()
    poll_number: int | None = None  # see PollOutcome

    @property
    def outcome(self) -> FetchResult | ReadError:
        """The answer, all things considered."""
        if isinstance(self.document, ReadError):
            return self.document
        result = self.result
        if isinstance(result, Fetched) and self.document is None:  # the same body again
            return NotModified(result.url, result.validators, result.headers, moved_to=result.moved_to)
        return result


_NOTHING_SAVED = SaveCounts()


class Recorded(NamedTuple):
    result: PollResult
    outcome: PollOutcome


class PollRecorder:
    """Records answers under one configuration in one store."""

    def __init__(self, config: Config, store: PollStore) -> None:
        self._config, self._store = config, store

    @cached_property
    def _ingester(self) -> Ingester:
        """Made for the first document."""
        from aggregator.pipeline.ingest import Ingester

        return Ingester(self._config, self._store.feed_ids())

    def record(self, answer: Answer, now: datetime) -> Recorded:
        """Saves what the answer changes. Another process may write between reading and saving: then it is decided anew."""
        saved = None
        while saved is None:
            changes = self._changes(answer, now)
            outcome = decide_poll(answer, changes, self._config.polling, now)
            saved = self._store.save_poll(outcome)
        return Recorded(self.result(answer, outcome, saved), outcome)

    def without_document(self, answer: Answer, now: datetime) -> PollOutcome | None:
        """What the answer changes where no document was read; None where one was."""
        if isinstance(answer.document, ReadFeed):
            return None
        return decide_poll(answer, None, self._config.polling, now)

    def result(self, answer: Answer, outcome: PollOutcome, saved: SaveCounts = _NOTHING_SAVED) -> PollResult:
        """What came of it, once it is saved."""
        feed, document, plan = answer.feed, answer.document, outcome.plan
        return PollResult(
            url=links.without_secrets(feed.url),
            name=name_of(
                feed, answer.subscription, document.info if isinstance(document, ReadFeed) else None
            ),
            status=plan.status,
            new=saved.new,
            stories=saved.stories,
            edited=saved.edited,
            message=plan.last_error or _remarks(document),
            next_poll=plan.next_poll,
            elapsed=0.0 if isinstance(answer.result, ReadError) else answer.result.elapsed,
            overrides=feed.plan.reason if feed.next_poll and feed.next_poll > outcome.at else None,
        )

    def _changes(self, answer: Answer, now: datetime) -> DocumentChanges | None:
        feed, document = answer.feed, answer.document
        if not isinstance(document, ReadFeed) or not isinstance(answer.result, Fetched):
            return None
        context = self._store.load_context(self._ingester.query(feed, document))
        return self._ingester.decide(feed, document, context, now)


def decide_poll(
    answer: Answer, changes: DocumentChanges | None, polling: Polling, now: datetime
) -> PollOutcome:
    """Everything that the answer changes. `changes`: of its document, where one was read."""
    feed, outcome, document = answer.feed, answer.outcome, answer.document
    succeeded = isinstance(outcome, Fetched | NotModified)
    plan = schedule.plan(
        feed,
        outcome,
        polling,
        now,
        schedule.Circumstances(
            answer.subscription.every,
            document.info.hints if isinstance(document, ReadFeed) else None,
            _recent_dates(feed, changes),
            answer.backoff.count,
        ),
    )
    result = answer.result
    return PollOutcome(
        feed_id=feed.id,
        at=now,
        plan=plan,
        note=PollNote(now, plan.status, plan.last_error or _summary(changes, outcome), plan.reason),
        host=links.host(feed.effective_url if isinstance(outcome, ReadError) else outcome.url),
        clears_backoff=succeeded and answer.backoff.count > 0,
        spaced_until=now + answer.backoff.spacing if succeeded and answer.backoff.spacing else None,
        response=_response(answer, now) if succeeded else None,
        move=schedule.track_redirect(feed, outcome.moved_to, now)
        if isinstance(outcome, Fetched | NotModified)
        else None,
        # Of a part of the document (226) nothing is known but its entries.
        info=document.info
        if isinstance(document, ReadFeed) and isinstance(result, Fetched) and not result.delta
        else None,
        changes=changes,
        is_shown=changes is not None or _shown(plan) != _shown(feed.plan),
        poll_number=answer.poll_number,
    )


def _shown(plan: Plan) -> tuple[str, str | None]:
    """What readers see of how a feed stands."""
    return ("ok" if plan.status in ("ok", "unchanged", "paused") else plan.status), plan.last_error


def body_hash(body: Body) -> str:
    return hashlib.blake2b(bytes(body), digest_size=16).hexdigest()


def name_of(feed: Feed, subscription: Subscription, info: FeedInfo | None = None) -> str:
    info = info or feed.info
    return links.feed_name(subscription.name, info.title if info else None, feed.url)


def _response(answer: Answer, now: datetime) -> Response | None:
    """What the next request needs; the validators of a document that cannot be read are not kept."""
    feed, result = answer.feed, answer.result
    first = feed.first_success or now
    if isinstance(result, NotModified):
        return Response(_refreshed(feed.validators, result.validators), result.url, first)
    if isinstance(result, Fetched):
        whole = not result.delta
        digest = answer.body_hash if whole else None
        return Response(result.validators, result.url, first, digest, is_full=whole)
    return None


def _refreshed(old: Validators, new: Validators) -> Validators:
    """The validators after a 304, which need not repeat both (RFC 9110, 15.4.5)."""
    return Validators(new.etag or old.etag, new.last_modified or old.last_modified)


def _recent_dates(feed: Feed, changes: DocumentChanges | None) -> Sequence[datetime]:
    """The dates of the feed's newest entries, those of this poll among them."""
    if changes is None:
        return feed.recent_dates
    new = (decision.entry.published for decision in changes.decisions if decision.action == "new")
    return sorted((*feed.recent_dates, *new), reverse=True)[:RECENT_DATES]


def _summary(changes: DocumentChanges | None, outcome: FetchResult | ReadError) -> str:
    """For the log: what came."""
    if changes is None or isinstance(outcome, NotModified):
        return "nothing new"
    actions = [decision.action for decision in changes.decisions]
    edited = actions.count("edit")
    return f"{actions.count('new')} new" + (f", {edited} edited" if edited else "")


def _remarks(document: ReadFeed | ReadError | None) -> str | None:
    """What a feed's owner might want to repair although it was read."""
    if not isinstance(document, ReadFeed):
        return None
    remarks = [document.info.problem] if document.info.problem else []
    if document.skipped:
        skipped = counted(len(document.skipped), "entry", "entries")
        remarks.append(f"{skipped} skipped: {document.skipped[0]}")
    return "; ".join(remarks) or None
