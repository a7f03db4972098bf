"""A feed as remembered: how its polls went, when the next one is, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from aggregator.models.entry import FeedInfo
from aggregator.models.fetched import Validators
from aggregator.records import dataclass

RECENT_DATES = 20  # from which the interval between polls is made

Status = Literal["new", "ok", "unchanged", "failing", "gone", "paused"]


@dataclass(frozen=True, slots=True)
class Move:
    """Where permanent redirects have led a feed's polls, since when and how often."""

    url: str
    since: datetime
    count: int  # polls
    confirmed: bool = False  # believed: it is polled there from now on


AT_ONCE = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Plan:
    """When a feed is polled next and why, and its state."""

    status: Status = "new"
    next_poll: datetime = AT_ONCE
    reason: str = "new feed"
    failures: int = 0  # in a row
    last_error: str | None = None  # in words; None if the last poll went well
    host_paused_until: datetime | None = None  # by this plan; not remembered with the feed
    steps: tuple[str, ...] = ()  # how it was decided, in words
    failing_since: datetime | None = None  # the first of the failures
    refusals: int = 0  # polls in a row that its host answered with 429, or 503 and Retry-After: no failures
    needs_settings: bool = False  # we refused it ourselves, as feeds.yaml has it: due again at the next start


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed and what we remember of polling it."""

    id: int
    url: str  # as in feeds.yaml
    effective_url: str
    plan: Plan = Plan()
    info: FeedInfo | None = None  # None until the first document was read
    validators: Validators = Validators()
    validators_url: str | None = None  # which URL gave them
    body_hash: str | None = None
    first_success: datetime | None = None
    last_attempt: datetime | None = None
    last_success: datetime | None = None
    last_document: datetime | None = None  # when a whole document was last read
    last_full: datetime | None = None  # when a whole document last came, not a 304
    move: Move | None = None
    position: int = 0  # its place in feeds.yaml
    entries: int = 0  # how many are kept
    polls_begun: int = 0  # the number of the last poll that was begun
    recent_dates: tuple[datetime, ...] = ()  # of its newest entries, at most RECENT_DATES, the newest first

    @property
    def status(self) -> Status:
        """How it stands."""
        return self.plan.status

    @property
    def last_error(self) -> str | None:
        """What went wrong in its last poll, in words; None if that went well."""
        return self.plan.last_error

    @property
    def next_poll(self) -> datetime | None:
        """When it is polled next; None: as soon as possible."""
        return None if self.plan.next_poll == AT_ONCE else self.plan.next_poll

    @property
    def next_reason(self) -> str:
        """Why then."""
        return self.plan.reason

    @property
    def failures(self) -> int:
        """In a row."""
        return self.plan.failures

    @property
    def failing_since(self) -> datetime | None:
        """When the first of these was."""
        return self.plan.failing_since


@dataclass(frozen=True, slots=True)
class FeedLine:
    """What a list of feeds shows of one; a `Feed` has what polling needs, and takes three times as long to read."""

    id: int
    url: str  # as in feeds.yaml
    name: str  # what readers call it
    status: Status = "new"
    last_error: str | None = None
    next_poll: datetime | None = None  # None: as soon as possible
    next_reason: str = "new feed"
    last_attempt: datetime | None = None
    last_success: datetime | None = None
    failing_since: datetime | None = None
    entries: int = 0  # how many are kept
    updated: datetime | None = None  # its newest story


@dataclass(frozen=True, slots=True)
class PollNote:
    """One line of what is remembered of a feed's polls."""

    at: datetime
    status: Status
    message: str  # what came, or what went wrong
    reason: str  # of the time of the next poll


@dataclass(frozen=True, slots=True)
class PollResult:
    """What came of polling one feed; what the log line, the progress table and --json show."""

    url: str  # as in feeds.yaml, credentials removed
    name: str
    status: Status
    new: int = 0  # entries
    stories: int = 0  # new stories among them
    edited: int = 0
    message: str | None = None  # the error, or what was skipped
    next_poll: datetime | None = None
    elapsed: float = 0.0  # seconds, of the exchange
    overrides: str | None = None  # polled before its time, for which this was the reason
    size: int = 0  # bytes of the document that came
    reading: float = 0.0  # seconds, of parsing, the wait for a worker included
    saving: float = 0.0  # seconds, of deciding and writing
