"""The one error tree: everything that the program raises on purpose derives from AggregatorError.

A broken feed is not an error but a result (models.FetchError, models.ReadError); these are for what
stops a command.
"""

from __future__ import annotations

from dataclasses import dataclass


class AggregatorError(Exception):
    """Base of all; its text is fit to be shown to the user as it is."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong in feeds.yaml: where, what, and what would be right."""

    file: str
    line: int  # from 1; 0 where the file as a whole is meant
    key: str  # dotted, as "polling.every" or "feeds[3].url"; "" for the file as a whole
    wrong: str
    right: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.key, self.wrong) if part) + (
            f"; {self.right}" if self.right else ""
        )


class ConfigError(AggregatorError):
    """feeds.yaml cannot be used; carries every complaint, not the first only. Exit code 2."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        self.complaints = complaints
        super().__init__("\n".join(str(complaint) for complaint in complaints))


class StoreError(AggregatorError):
    """The store cannot be opened, read or written. Exit code 4."""


class ExportError(AggregatorError):
    """The outputs cannot be written."""


class ParseError(AggregatorError):
    """A document is not a feed, or not one that can be read; the text says why, for the feed's owner."""
