"""The flood guard: a feed that names all its entries anew brings no news."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from aggregator.models import Decision

LEAST = 5  # more than so many new entries, and more than half of the document


def is_flood(decisions: Sequence[Decision]) -> bool:
    """Whether so much is new at once that it may be old."""
    new = sum(decision.action == "new" for decision in decisions)
    return new > LEAST and new * 2 > len(decisions)


def stemmed(
    decisions: Sequence[Decision], titled: Mapping[str, int], newest: datetime | None
) -> tuple[Decision, ...]:
    """The decisions with old entries under new names taken for what they are.

    `titled`: title key -> the stored entry of this feed that bears it and is not in the document; `newest`:
    the date of the newest entry stored of this feed. What has a title that is stored is that entry; what is
    older than the newest is kept, but is no news.
    """
    free = dict(titled)

    def one(decision: Decision) -> Decision:
        if decision.action != "new":
            return decision
        stored = free.pop(decision.entry.title_key or "", None)
        if stored is not None:
            return replace(
                decision,
                action="edit",
                rule="same-title-renamed",
                key=decision.entry.title_key or "",
                entry_id=stored,
            )
        old = newest is not None and decision.entry.published < newest
        return replace(decision, quiet=True) if old else decision

    return tuple(one(decision) for decision in decisions)
