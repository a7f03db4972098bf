"""The rules that say whether two entries are the same entry, tell the same story, or neither: one table.

A rule looks at a pair: the entry of the document being read and one other, stored or earlier in the same
document. The first row that fits decides the pair, so exceptions stand above what they are exceptions to,
and rows that only say why two are not the same stand at the end. To add a rule is to add a row.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

from aggregator.dedupe.texts import ALIKE, SAME, overlap
from aggregator.dedupe.titles import alike
from aggregator.models import FeedTrait, KnownEntry
from aggregator.records import dataclass
from aggregator.settings import Dedupe

Verdict = Literal["entry", "story", "related", "different"]

RECYCLED = timedelta(days=7)  # after this, one id with another link and title is another entry
STATUS_PAGE = timedelta(hours=48)  # after this, one link with quite another title is another entry
SLUG_FIXED = timedelta(hours=20)  # before this, one title in one feed is one entry: below a day, for dailies
SAME_SITE = timedelta(hours=24)  # within this, a shorter title suffices on one site
OWN_TEXT = 400  # characters with which a link-blog says something of its own
TELLING_TEXT = 150  # characters: two texts of this length about one event share some words in a row
OWN_WORDS = 40  # characters of text that two posts hardly have in common by chance
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entries and what they share."""

    entry: KnownEntry
    other: KnownEntry
    guids_trusted: bool = True  # in this feed, and that of the entry is its own and no link's
    together: bool = False  # the document being read lists both

    @property
    def same_feed(self) -> bool:
        return self.entry.feed_id == self.other.feed_id

    @property
    def same_guid(self) -> bool:
        """The same id; where ids tell little, the same words too."""
        if not self.same_feed or self.entry.guid != self.other.guid:
            return False
        if self.guids_trusted or self.entry.fingerprint == self.other.fingerprint:
            return True
        return self.same_title and not self.another_issue

    @property
    def same_global_id(self) -> bool:
        return self.entry.global_id is not None and self.entry.global_id == self.other.global_id

    @property
    def same_link(self) -> bool:
        return self.entry.link_key is not None and self.entry.link_key == self.other.link_key

    @property
    def same_title(self) -> bool:
        return self.entry.title_key is not None and self.entry.title_key == self.other.title_key

    @property
    def same_site(self) -> bool:
        return bool(self.entry.site) and self.entry.site == self.other.site

    @property
    def both_strong(self) -> bool:
        return self.entry.title_strength == self.other.title_strength == "strong"

    @property
    def neither_weak(self) -> bool:
        return "none" not in (self.entry.title_strength, self.other.title_strength)

    @property
    def alike(self) -> bool:
        """Whether the titles share at least half the words of the shorter; unknown counts as alike."""
        if self.entry.title_key is None or self.other.title_key is None:
            return True
        return alike(self.entry.title_key, self.other.title_key)

    @property
    def same_words(self) -> bool:
        """Whether one title is the other, or contains it whole (a name before it, a year behind); unknown counts."""
        one, other = self.entry.title_key, self.other.title_key
        if one is None or other is None or one == other:
            return True
        return self.neither_weak and (f" {one} " in f" {other} " or f" {other} " in f" {one} ")

    @property
    def renamed(self) -> bool:
        """Whether link and title both differ; where a link says nothing, the title must be quite another.

        Of entries without titles the texts are compared.
        """
        if self.same_link or self.same_title:
            return False
        if not self.entry.title_key and not self.other.title_key:
            return self.other_text
        return not self.alike or bool(
            self.entry.link_key and self.other.link_key and self.entry.title_key and self.other.title_key
        )

    @property
    def alike_titles(self) -> bool:
        """As `alike`, but entries without titles are not."""
        return self.alike and bool(self.entry.title_key or self.other.title_key)

    @property
    def same_date(self) -> bool:
        """Both are dated, and alike to the second."""
        return self.entry.dated and self.other.dated and self.apart < timedelta(seconds=1)

    @property
    def other_date(self) -> bool:
        """Both are dated, and not alike."""
        return self.entry.dated and self.other.dated and self.apart >= timedelta(seconds=1)

    @property
    def own_ids(self) -> bool:
        """Each has an id from its source, and they differ."""
        return self.entry.own_guid and self.other.own_guid and self.entry.guid != self.other.guid

    @property
    def shared_text(self) -> float | None:
        """How much of the shorter text stands in the other; None where either has none."""
        return overlap(self.entry.text, self.other.text)

    @property
    def other_text(self) -> bool:
        """Whether both have a text, and the one is no edit of the other."""
        shared = self.shared_text
        return shared is not None and shared < ALIKE

    @property
    def other_enclosure(self) -> bool:
        """Whether each has a recording of its own; what follows the ? may be a token that changes."""
        one, other = (each.enclosure.partition("?")[0] for each in (self.entry, self.other))
        return bool(one and other) and one != other

    @property
    def numbered_by_date(self) -> bool:
        """Whether each id has its entry's date in it, and they differ in digits only: wotd-2026-03-02."""
        one, other = self.entry, self.other
        return (
            self.own_ids
            and _DIGITS.sub("0", one.guid) == _DIGITS.sub("0", other.guid)
            and all(
                f"{each.published:%Y%m%d}" in "".join(_DIGITS.findall(each.guid)) for each in (one, other)
            )
        )

    @property
    def another_issue(self) -> bool:
        """Whether they are two of a series: dated apart, and with another text or recording, or an id for each day."""
        return self.other_date and (self.other_text or self.other_enclosure or self.numbered_by_date)

    @property
    def link_blog(self) -> bool:
        """Whether one of them says much of its own about a page that is not on its site."""
        return not self.is_copy and any(
            not one.home and one.text_size >= OWN_TEXT for one in (self.entry, self.other)
        )

    @property
    def is_copy(self) -> bool:
        """Whether one is the other, perhaps with a name before its title, as a planet relays it."""
        one, other = self.entry.title_key or "", self.other.title_key or ""
        contained = f" {one} " in f" {other} " or f" {other} " in f" {one} "
        return contained and (self.shared_text or 0) >= SAME

    @property
    def nothing_shared(self) -> bool:
        """Whether both have enough text to tell, and not even four words in a row in common."""
        enough = min(self.entry.text_size, self.other.text_size) >= TELLING_TEXT
        return enough and self.shared_text == 0

    @property
    def apart(self) -> timedelta:
        return abs(self.entry.published - self.other.published)


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    words: str  # as `aggregator explain` says it
    verdict: Verdict
    key: Literal["guid", "link", "title", "date"]
    fits: Callable[[Pair, Dedupe], bool]
    learns: Callable[[Pair], FeedTrait] | None = None


WITHIN: tuple[Rule, ...] = (
    Rule(
        "id-reused",
        "same id in this feed, but another link and title, and more than 7 days apart or another text: the id was reused",
        "different",
        "guid",
        lambda p, _: (
            p.same_guid and p.renamed and (p.apart > RECYCLED or (p.another_issue and not p.alike_titles))
        ),
    ),
    Rule("same-id", "same id in this feed", "entry", "guid", lambda p, _: p.same_guid),
    Rule(
        "page-reused",
        "same link in this feed, but a different title, and more than 48 hours apart: the page was reused",
        "different",
        "link",
        lambda p, _: p.same_link and not p.alike and p.apart > STATUS_PAGE,
        lambda p: FeedTrait("shared-link", p.entry.link_key or ""),
    ),
    Rule(
        "page-of-a-series",
        "same link in this feed, but dates and texts or enclosures differ, and ids or, a day later, titles: a series",
        "different",
        "link",
        lambda p, _: (
            p.same_link
            and p.another_issue
            and (p.own_ids or not p.guids_trusted or (p.apart >= SLUG_FIXED and not p.same_title))
        ),
        lambda p: FeedTrait("shared-link", p.entry.link_key or ""),
    ),
    Rule(
        "same-link",
        "same link in this feed",
        "entry",
        "link",
        lambda p, by: p.same_link and "off" not in by.by,
    ),
    Rule(
        "listed-together",
        "same title in this feed, but one document lists both, with different links",
        "different",
        "title",
        lambda p, _: p.same_title and p.together,
    ),
    Rule(
        "same-title-corrected",
        "same distinctive title in this feed within 20 hours: its link or id was corrected",
        "entry",
        "title",
        lambda p, by: (
            p.same_title
            and p.both_strong
            and p.apart < SLUG_FIXED
            and not p.another_issue
            and "off" not in by.by
        ),
    ),
    Rule(
        "same-title-and-date",
        "same title and date in this feed, with another link and id: the site has moved",
        "entry",
        "title",
        lambda p, by: p.same_title and p.same_date and "off" not in by.by,
    ),
    Rule(
        "recurring-title",
        "same title in this feed, but the title is short, or 20 hours or more lie between: a recurring title",
        "different",
        "title",
        lambda p, _: p.same_title,
        lambda p: FeedTrait("recurring-title", p.entry.title_key or ""),
    ),
    Rule(
        "same-date-and-text",
        "same date and text in this feed, with another link and id: the site has moved",
        "entry",
        "date",
        lambda p, by: (
            p.same_date
            and not p.together
            and len(p.entry.text) >= OWN_WORDS
            and (p.shared_text or 0) >= SAME
            and "off" not in by.by
        ),
    ),
)

ACROSS: tuple[Rule, ...] = (
    Rule(
        "comment-on-link",
        "same link in another feed, but one of them comments on the page at length: related",
        "related",
        "link",
        lambda p, by: _by_link(p, by) and p.link_blog and not p.same_words,
    ),
    Rule("same-link-other-feed", "same link in another feed", "story", "link", lambda p, by: _by_link(p, by)),
    Rule(
        "same-link-and-title",
        "same link and title in another feed",
        "story",
        "link",
        lambda p, by: "both" in by.by and p.same_link and p.same_title and p.apart <= by.link_window,
    ),
    Rule(
        "same-global-id",
        "same globally unique id and title in another feed",
        "story",
        "guid",
        # Within the link window: there are daily puzzles that bear one address as their id for years.
        lambda p, by: p.same_global_id and p.same_title and p.apart <= by.link_window and "off" not in by.by,
    ),
    Rule(
        "same-title-other-text",
        "same title in another feed, but the texts share not even four words in a row: related",
        "related",
        "title",
        lambda p, by: _by_title(p, by) and p.other.leads and p.nothing_shared and p.apart <= by.title_window,
    ),
    Rule(
        "same-title-other-feed",
        "same distinctive title in another feed",
        "story",
        "title",
        lambda p, by: _by_title(p, by) and p.both_strong and p.other.leads and p.apart <= by.title_window,
    ),
    Rule(
        "same-title-same-site",
        "same title on the same site within 24 hours",
        "story",
        "title",
        lambda p, by: (
            _by_title(p, by) and p.neither_weak and p.same_site and p.other.leads and p.apart <= SAME_SITE
        ),
    ),
    # ---- why not
    Rule(
        "link-too-far-apart",
        "same link in another feed, but further apart than the link window",
        "different",
        "link",
        lambda p, by: p.same_link and p.apart > by.link_window,
    ),
    Rule(
        "common-title",
        "same title in another feed, but the title is too short or too common",
        "different",
        "title",
        lambda p, _: p.same_title and not p.both_strong,
    ),
    Rule(
        "title-too-far-apart",
        "same title in another feed, but further apart than the title window",
        "different",
        "title",
        lambda p, by: p.same_title and p.apart > by.title_window,
    ),
    Rule(
        "not-representative",
        "same title as an entry that is neither the first of its story nor the one shown",
        "different",
        "title",
        lambda p, _: p.same_title and not p.other.leads,
    ),
    Rule(
        "dedupe-settings",
        "the `dedupe` settings keep them apart",
        "different",
        "link",
        lambda p, _: p.same_link or p.same_title,
    ),
)

RULES = WITHIN + ACROSS


def judge(pair: Pair, settings: Dedupe) -> Rule | None:
    """The first rule that fits, or None: they have nothing in common."""
    for rule in WITHIN if pair.same_feed else ACROSS:
        if rule.fits(pair, settings):
            return rule
    return None


def _by_link(pair: Pair, settings: Dedupe) -> bool:
    return "link" in settings.by and pair.same_link and pair.apart <= settings.link_window


def _by_title(pair: Pair, settings: Dedupe) -> bool:
    return "title" in settings.by and pair.same_title
