"""Subscription lists as records: what a file of any reader lists, and what of it is new here."""

from __future__ import annotations

from dataclasses import dataclass

from aggregator.errors import AggregatorError


class ListError(AggregatorError):
    """A file is not a subscription list, or not one that can be read."""


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """One subscription as a list gives it; `url` is absolute, http or https."""

    url: str
    name: str | None = None
    tags: tuple[str, ...] = ()
    site: str | None = None
    avatar: str | None = None
    extra: tuple[tuple[str, str], ...] = ()  # keys of its own, with a text each


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line of a list that is not a subscription we can follow, and why."""

    text: str  # without user name and password
    reason: str


@dataclass(frozen=True, slots=True)
class SubscriptionList:
    """The feeds of one list in their order, each once."""

    format: str  # as people call it: "OPML"
    feeds: tuple[ListedFeed, ...]
    rejected: tuple[Rejected, ...] = ()
    ignored: tuple[tuple[str, int], ...] = ()  # settings that have no equal here, and of how many feeds


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import adds, and what it leaves alone."""

    added: tuple[ListedFeed, ...]
    present: tuple[ListedFeed, ...]  # followed already, in whatever spelling of the URL
    rejected: tuple[Rejected, ...]
    ignored: tuple[tuple[str, int], ...] = ()  # settings of the list that have no equal here
