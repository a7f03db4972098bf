"""The one error tree: everything that the program raises on purpose derives from AggregatorError.

A broken feed is not an error but a result (models.FetchError, models.ReadError); these are for what
stops a command.
"""

from __future__ import annotations

from aggregator.records import dataclass


class AggregatorError(Exception):
    """Base of all; its text is fit to be shown to the user as it is."""


@dataclass(frozen=True, slots=True)
class ConfigIssue:
    """One error in feeds.yaml: where, what, and how to fix it."""

    file: str
    line: int  # from 1; 0 where the file as a whole is meant
    key: str  # dotted, as "polling.every" or "feeds[3].url"; "" for the file as a whole
    problem: str
    fix: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.key, self.problem) if part) + (
            f"; {self.fix}" if self.fix else ""
        )


class ConfigError(AggregatorError):
    """feeds.yaml cannot be used; carries every issue, not the first only. Exit code 2."""

    def __init__(self, issues: tuple[ConfigIssue, ...]) -> None:
        self.issues = issues
        super().__init__("\n".join(str(issue) for issue in issues))


class StoreError(AggregatorError):
    """The store cannot be opened, read or written. Exit code 4."""


class StoreBusy(StoreError):
    """Another process writes to the store, and has not finished in time; trying again helps."""


class StoreSlow(StoreError):
    """A query took longer than it may."""


class StoreOutdated(StoreError):
    """The store is of an older program; the next one that writes brings it up to date."""


class StoreDamaged(StoreError):
    """The store's file is not what was written to it."""


class ConfigurationChanged(StoreError):
    """Another process uses this store by another feeds.yaml: what was decided by ours must not be mixed in."""


POLLED_SINCE = "another worker has polled it since"


class LeaseLost(AggregatorError):
    """Another worker has taken over what this one was doing: nothing of it was saved."""


class LocalError(AggregatorError):
    """This machine lacks something, such as descriptors, memory or disk: no feed is to blame."""


class ExportError(AggregatorError):
    """Not all outputs can be written; the others are."""

    def __init__(self, message: str, changed: tuple[str, ...] = ()) -> None:
        self.changed = changed  # names of those that were written
        super().__init__(message)


class ParseError(AggregatorError):
    """A document is not a feed, or not one that can be read; the text says why, for the feed's owner."""
