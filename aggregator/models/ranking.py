"""Who leads a story, that is, which of its entries lends it title, link and content.

One ranking for all who ask: the store elects by it, grouping goes by it, `explain` says it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from aggregator.records import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """As much of an entry and its feed as the ranking looks at."""

    blocked: bool  # by a filter
    subscribed: bool  # its feed is in feeds.yaml
    priority: int  # of its feed
    home: bool  # its link leads to the feed's own site
    published: datetime
    position: int  # of its feed in feeds.yaml
    guid: str


Field = Literal["blocked", "subscribed", "priority", "home", "published", "position", "guid"]


@dataclass(frozen=True, slots=True)
class Criterion:
    field: Field
    highest_first: bool  # of numbers and truths; dates and texts come lowest first
    words: str  # why the leader leads, where this is what sets it apart


RANKING: tuple[Criterion, ...] = (
    Criterion("blocked", False, "filters block the other entries"),
    Criterion("subscribed", True, "the feeds of the other entries are not in feeds.yaml any more"),
    Criterion("priority", True, "its feed has the highest `priority`"),
    Criterion("home", True, "its link leads to its own site"),
    Criterion("published", False, "it was published first"),
    Criterion("position", False, "its feed comes first in feeds.yaml"),
    Criterion("guid", False, "its id comes first in the alphabet"),
)


def rank(candidate: Candidate) -> tuple[object, ...]:
    """Sorts candidates: the lowest leads."""
    return tuple(
        -getattr(candidate, each.field) if each.highest_first else getattr(candidate, each.field)
        for each in RANKING
    )


def why_leading(leader: Candidate, others: Iterable[Candidate]) -> str:
    """In words, what sets the leader apart from the other candidates; "" if there are none."""
    rivals = list(others)
    words = ""
    for each in RANKING:
        if not rivals:
            break
        words = each.words
        mine = getattr(leader, each.field)
        rivals = [rival for rival in rivals if getattr(rival, each.field) == mine]
    return words
