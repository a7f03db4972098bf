"""Two entries and what they share, as the rules ask."""

from __future__ import annotations

import re
from datetime import timedelta

from aggregator.dedupe.texts import ALIKE, SAME, overlap
from aggregator.dedupe.titles import similar
from aggregator.models import KnownEntry
from aggregator.records import dataclass

OWN_TEXT = 400  # characters with which a link-blog says something of its own
TELLING_TEXT = 150  # characters: two texts of this length about one event share some words in a row
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entries and what they share."""

    entry: KnownEntry
    other: KnownEntry
    guids_trusted: bool = True  # in this feed, and that of the entry is its own and no link's
    in_same_document: bool = False  # the document being read lists both

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
    def similar_title(self) -> bool:
        """Whether the titles share at least half the words of the shorter; unknown counts as alike."""
        if self.entry.title_key is None or self.other.title_key is None:
            return True
        return similar(self.entry.title_key, self.other.title_key)

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
        return not self.similar_title or bool(
            self.entry.link_key and self.other.link_key and self.entry.title_key and self.other.title_key
        )

    @property
    def similar_titles(self) -> bool:
        """As `similar_title`, but entries without titles are not."""
        return self.similar_title and bool(self.entry.title_key or self.other.title_key)

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
