"""The rules that say whether two entries are the same entry, tell the same story, or neither: one table.

A rule looks at a pair: the entry of the document being read and one other, stored or earlier in the same
document. The first row that fits decides the pair, so exceptions stand above what they are exceptions to.
To add a rule is to add a row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from aggregator.models import Entry, KnownEntry
from aggregator.settings import Dedupe

Verdict = Literal["entry", "story", "different"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entries and what they share."""

    entry: Entry
    other: KnownEntry
    same_feed: bool
    guids_trusted: bool

    @property
    def same_guid(self) -> bool:
        """The same id; where ids or the link that stands for one are shared, with the same words too."""
        if not self.same_feed or self.entry.guid != self.other.guid:
            return False
        alone = self.guids_trusted and not (
            self.entry.guid == self.entry.link and self.entry.link_key is None
        )
        return alone or self.same_link or self.same_title or self.entry.fingerprint == self.other.fingerprint

    @property
    def same_link(self) -> bool:
        return self.entry.link_key is not None and self.entry.link_key == self.other.link_key

    @property
    def same_title(self) -> bool:
        return self.entry.title_key is not None and self.entry.title_key == self.other.title_key

    @property
    def apart(self) -> timedelta:
        return abs(self.entry.published - self.other.published)


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    words: str  # as `aggregator explain` says it
    verdict: Verdict
    key: Literal["guid", "link", "title"]
    fits: Callable[[Pair, Dedupe], bool]


RULES: tuple[Rule, ...] = (
    # ---- within one feed
    Rule("S1", "same id in this feed", "entry", "guid", lambda pair, _: pair.same_guid),
    Rule("S2", "same link in this feed", "entry", "link", lambda pair, _: pair.same_feed and pair.same_link),
    Rule("S0", "nothing in common within this feed", "different", "guid", lambda pair, _: pair.same_feed),
    # ---- across feeds
    Rule(
        "X12",
        "same link and same title as in another feed",
        "story",
        "link",
        lambda pair, by: (
            "both" in by.by and pair.same_link and pair.same_title and pair.apart <= by.link_window
        ),
    ),
    Rule(
        "X1",
        "same link as in another feed",
        "story",
        "link",
        lambda pair, by: "link" in by.by and pair.same_link and pair.apart <= by.link_window,
    ),
    Rule(
        "X2",
        "same headline as in another feed, and a telling one",
        "story",
        "title",
        lambda pair, by: (
            "title" in by.by
            and pair.same_title
            and pair.entry.title_strength == "strong"
            and pair.other.leads
            and pair.apart <= by.title_window
        ),
    ),
)


def judge(pair: Pair, settings: Dedupe) -> Rule | None:
    """The first rule that fits, or None: different, and nobody asks why."""
    for rule in RULES:
        if rule.fits(pair, settings):
            return rule
    return None
