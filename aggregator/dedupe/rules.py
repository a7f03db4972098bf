"""The rules that say whether two entries are the same entry, tell the same story, or neither: one table.

A rule looks at a pair: the entry of the document being read and one other, stored or earlier in the same
document. The first row that fits decides the pair, so exceptions stand above what they are exceptions to,
and rows that only say why two are not the same stand at the end. To add a rule is to add a row.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Literal

from aggregator.dedupe.pair import Pair
from aggregator.dedupe.texts import SAME
from aggregator.models import FeedTrait
from aggregator.records import dataclass
from aggregator.settings import Dedupe

Verdict = Literal["entry", "story", "related", "different"]

RECYCLED = timedelta(days=7)  # after this, one id with another link and title is another entry
STATUS_PAGE = timedelta(hours=48)  # after this, one link with quite another title is another entry
SLUG_FIXED = timedelta(hours=20)  # before this, one title in one feed is one entry: below a day, for dailies
SAME_SITE = timedelta(hours=24)  # within this, a shorter title suffices on one site
OWN_WORDS = 40  # characters of text that two posts hardly have in common by chance


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
            p.same_guid and p.renamed and (p.apart > RECYCLED or (p.another_issue and not p.similar_titles))
        ),
    ),
    Rule("same-id", "same id in this feed", "entry", "guid", lambda p, _: p.same_guid),
    Rule(
        "page-reused",
        "same link in this feed, but a different title, and more than 48 hours apart: the page was reused",
        "different",
        "link",
        lambda p, _: p.same_link and not p.similar_title and p.apart > STATUS_PAGE,
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
        lambda p, _: p.same_title and p.in_same_document,
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
            and not p.in_same_document
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
