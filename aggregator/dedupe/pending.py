"""A new entry in the form in which the rules compare it with stored ones."""

from __future__ import annotations

from aggregator.dedupe.keys import site_of
from aggregator.models import Entry, KnownEntry, ref_of_new


def pending(index: int, entry: Entry, feed_id: int, turn: int = 0) -> KnownEntry:
    """The new entry at this place of its document, as the rules see it."""
    return KnownEntry(
        id=ref_of_new(index),
        feed_id=feed_id,
        story_id=0,
        guid=entry.guid,
        guid_turn=turn,
        keys=entry.keys,
        site=site_of(entry.link),
        text_size=entry.text_size,
        published=entry.published,
        fingerprint=entry.fingerprint,
        blocked=entry.blocked is not None,
        link=entry.link,
        text=entry.summary,
        enclosure=entry.enclosures[0].url if entry.enclosures else "",
        date_reason=entry.date_reason,
    )
