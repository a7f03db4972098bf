"""Forgets what its feed has not listed for long, and remembers that it was forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from sqlite3 import Connection

from aggregator.store.sqlite.rows import to_text
from aggregator.store.sqlite.save import elect

# Longer than the longest default retention, so that a feed that lists its whole history again brings no news.
REMEMBER = timedelta(days=400)

# An entry that stood in the last document read still stands there while the feed answers 304: what a feed
# still lists stays. Entries of feeds that are not subscribed any more just age.
_OLD = """
SELECT e.id, e.feed_id, e.guid, e.link_key FROM entries e JOIN feeds f ON f.id = e.feed_id
WHERE e.last_listed < :cutoff
  AND NOT coalesce(f.subscribed = 1 AND f.last_success >= :cutoff AND e.last_listed >= f.last_document, FALSE)
"""


def forget(db: Connection, now: datetime, days: int) -> int:
    """Removes entries last listed over `days` ago, and stories that nobody tells any more; how many entries."""
    cutoff = to_text(now - timedelta(days=days))
    db.execute("DELETE FROM tombstones WHERE removed_at < ?", (to_text(now - REMEMBER),))
    old = db.execute(_OLD, {"cutoff": cutoff}).fetchall()
    if not old:
        return 0
    db.executemany(
        "INSERT INTO tombstones (feed_id, guid, link_key, removed_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (feed_id, guid) DO UPDATE SET removed_at = excluded.removed_at",
        [(row["feed_id"], row["guid"], row["link_key"], to_text(now)) for row in old],
    )
    touched = set()
    for row in old:
        found = db.execute("SELECT story_id FROM sightings WHERE entry_id = ?", (row["id"],)).fetchone()
        if found:
            touched.add(found["story_id"])
    db.executemany("DELETE FROM entries WHERE id = ?", [(row["id"],) for row in old])
    for story_id in sorted(touched):
        left = db.execute("SELECT min(entry_id) AS first FROM sightings WHERE story_id = ?", (story_id,))
        first = left.fetchone()["first"]
        if first is None:
            db.execute("DELETE FROM stories WHERE id = ?", (story_id,))
        else:
            db.execute(
                "UPDATE stories SET first_entry_id = ? WHERE id = ? AND first_entry_id NOT IN"
                " (SELECT entry_id FROM sightings WHERE story_id = stories.id)",
                (first, story_id),
            )
            elect(db, (story_id,))
    return len(old)
