"""What is kept of each feed that has not changed since: a digest of its newest stories, how many
entries and stories, and when a story last changed.

Triggers, and `remove` where a story is told in other words or by others, remove a feed's row when what it was made of
changes: so a row that is there is right. What is missing is computed as it is asked for, and kept from the next
publication on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from aggregator.models import MOST_OF_SOURCE, FeedState
from aggregator.store.sql.database import Database
from aggregator.store.sql.values import dumps

PORTION = 500  # feeds in a transaction

_CHANGED = "DELETE FROM feed_states WHERE feed_id"
# Of both engines: name, event, what is done for each row, and when. Each is part of a migration: what stands here stays.
TRIGGERS: tuple[tuple[str, str, str, str], ...] = (
    ("feed_states_entry_added", "INSERT ON entries", f"{_CHANGED} = NEW.feed_id", "1 = 1"),
    ("feed_states_entry_removed", "DELETE ON entries", f"{_CHANGED} = OLD.feed_id", "1 = 1"),
    (
        "feed_states_entry_blocked",
        "UPDATE OF blocked ON entries",
        f"{_CHANGED} = NEW.feed_id",
        "(OLD.blocked IS NULL) <> (NEW.blocked IS NULL)",
    ),
    ("feed_states_story_added", "INSERT ON stories", f"{_CHANGED} = NEW.feed_id", "1 = 1"),
    ("feed_states_story_removed", "DELETE ON stories", f"{_CHANGED} = OLD.feed_id", "1 = 1"),
    (
        "feed_states_story_changed",
        "UPDATE OF entry_id, feed_id, published, updated, position, first_published ON stories",
        f"{_CHANGED} IN (OLD.feed_id, NEW.feed_id)",
        "OLD.entry_id <> NEW.entry_id OR OLD.feed_id <> NEW.feed_id OR OLD.published <> NEW.published"
        " OR OLD.updated <> NEW.updated OR coalesce(OLD.position, '') <> coalesce(NEW.position, '')"
        " OR coalesce(OLD.first_published, '') <> coalesce(NEW.first_published, '')",
    ),
    (
        "feed_states_sighting_added",
        "INSERT ON sightings",
        f"{_CHANGED} = (SELECT feed_id FROM stories WHERE id = NEW.story_id)",
        "1 = 1",
    ),
    (
        "feed_states_sighting_removed",
        "DELETE ON sightings",
        f"{_CHANGED} = (SELECT feed_id FROM stories WHERE id = OLD.story_id)",
        "1 = 1",
    ),
    (
        "feed_states_sighting_moved",
        "UPDATE OF story_id ON sightings",
        f"{_CHANGED} IN (SELECT feed_id FROM stories WHERE id IN (OLD.story_id, NEW.story_id))",
        "NEW.story_id <> OLD.story_id",
    ),
)

# When the newest story that it leads was last changed; NULL until the feed's row is computed anew.
WITH_UPDATED = ("ALTER TABLE feed_states ADD COLUMN updated TEXT",)

# By chance, so that no feed has one again that it had in another state, in a copy that is restored either.
_BY_CHANCE = "version = CAST(random() AS TEXT)"
_SHOWN = "url name title link source_id rights language icon tags priority last_error".split()
_STATUS = "CASE WHEN {0}.status IN ('ok', 'unchanged', 'paused') THEN 'ok' ELSE {0}.status END"


def versions(differs: str) -> tuple[tuple[tuple[str, str, str, str], ...], tuple[str, ...]]:
    """Triggers as above, and the other statements. `differs`: how the engine says it of what may be NULL."""
    changed = [*(f"OLD.{name} {differs} NEW.{name}" for name in _SHOWN)]
    changed.append(f"{_STATUS.format('OLD')} <> {_STATUS.format('NEW')}")
    renewed = f"UPDATE feeds SET {_BY_CHANCE} WHERE id = NEW.id"
    return (
        (
            ("feeds_version_first", "INSERT ON feeds", renewed, "NEW.version = ''"),
            (
                "feeds_version",
                f"UPDATE OF {', '.join(_SHOWN)}, status ON feeds",
                renewed,
                " OR ".join(changed),
            ),
        ),
        (
            "ALTER TABLE feeds ADD COLUMN version TEXT NOT NULL DEFAULT ''",  # of what readers see of the feed itself
            "ALTER TABLE feed_states ADD COLUMN version TEXT NOT NULL DEFAULT ''",  # of all its entries and stories
            f"UPDATE feeds SET {_BY_CHANCE}",
            f"UPDATE feed_states SET {_BY_CHANCE}",
        ),
    )


EACH = "FROM feeds f LEFT JOIN feed_states k ON k.feed_id = f.id"

# What others say of a story; the fingerprint of an entry is of all that its feed says.
_TELLERS = """
SELECT group_concat(teller.mark) FROM (
    SELECT o.id || ' ' || o.fingerprint AS mark
    FROM sightings v JOIN entries o ON o.id = v.entry_id AND o.blocked IS NULL
    JOIN feeds g ON g.id = o.feed_id AND g.subscribed = 1
    WHERE v.story_id = s.id AND v.entry_id <> s.entry_id ORDER BY o.published, o.id
) AS teller
"""
# In words of SQL, since a row for each story would take longer to read than to find.
_MARKS = f"""
SELECT group_concat(newest.mark) FROM (
    SELECT s.id || ' ' || s.published || ' ' || s.updated || ' ' || e.id || ' ' || e.fingerprint || ' '
        || coalesce(({_TELLERS}), '') AS mark
    FROM stories s JOIN entries e ON e.id = s.entry_id AND e.blocked IS NULL
    WHERE s.feed_id = f.id AND s.first_published IS NOT NULL
    ORDER BY s.position DESC, s.published DESC, s.id LIMIT {MOST_OF_SOURCE}
) AS newest
"""


def states(db: Database) -> Mapping[int, FeedState]:
    """Of each subscribed feed what tells whether it has changed, in the order of feeds.yaml."""
    found = db.execute(
        "SELECT f.id, f.version, k.version AS entries, k.newest,"
        f" CASE WHEN k.newest IS NULL THEN ({_MARKS}) END AS marks"
        f" {EACH} WHERE f.subscribed = 1 ORDER BY f.position, f.id"
    )
    return {
        feed_id: FeedState(shown, entries, newest or _digest(marks))
        for feed_id, shown, entries, newest, marks in found
    }


ENTRIES = "coalesce(k.entries, (SELECT count(*) FROM entries e WHERE e.feed_id = f.id))"
_STORIES = "coalesce(k.stories, (SELECT count(*) FROM stories s WHERE s.feed_id = f.id))"


UPDATED = "coalesce(k.updated, (SELECT max(s.updated) FROM stories s WHERE s.feed_id = f.id))"


def total_entries(db: Database) -> int:
    """How many entries there are; counting their rows would read all of an index."""
    return int(db.execute(f"SELECT sum({ENTRIES}) {EACH}").fetchone()[0] or 0)


def totals(db: Database) -> tuple[int, int]:
    """How many entries there are, and how many stories."""
    row = db.execute(f"SELECT sum({ENTRIES}) AS entries, sum({_STORIES}) AS stories {EACH}").fetchone()
    return int(row["entries"] or 0), int(row["stories"] or 0)


def missing(db: Database) -> Sequence[int]:
    """The feeds that have changed."""
    found = db.execute(
        "SELECT id FROM feeds WHERE NOT EXISTS (SELECT 1 FROM feed_states k WHERE k.feed_id = feeds.id)"
    )
    return [row["id"] for row in found]


def keep(db: Database, feed_ids: Sequence[int]) -> None:
    """Computes and keeps the state of these feeds."""
    found = db.execute(
        f"SELECT f.id, ({_MARKS}) AS marks, (SELECT count(*) FROM entries e WHERE e.feed_id = f.id) AS entries,"
        " (SELECT count(*) FROM stories s WHERE s.feed_id = f.id) AS stories,"
        " (SELECT max(s.updated) FROM stories s WHERE s.feed_id = f.id) AS updated"
        " FROM feeds f WHERE f.id IN (SELECT value FROM json_each(?))",
        (dumps(feed_ids),),
    ).fetchall()
    db.executemany(
        "INSERT INTO feed_states (feed_id, newest, entries, stories, updated, version)"
        " VALUES (?, ?, ?, ?, ?, CAST(random() AS TEXT)) ON CONFLICT (feed_id) DO UPDATE SET"
        " newest = excluded.newest, entries = excluded.entries, stories = excluded.stories,"
        " updated = excluded.updated, version = excluded.version",
        [(row["id"], _digest(row["marks"]), row["entries"], row["stories"], row["updated"]) for row in found],
    )


def remove(db: Database, story_ids: Iterable[int]) -> None:
    """Removes what is kept of the feeds that lead these stories, which are told in other words or by others."""
    db.execute(
        f"{_CHANGED} IN (SELECT feed_id FROM stories WHERE id IN (SELECT value FROM json_each(?)))",
        (dumps(sorted(story_ids)),),
    )


def _digest(marks: str | None) -> str:
    from hashlib import blake2b  # late, as it takes longer than the newest stories

    return blake2b((marks or "").encode(), digest_size=16).hexdigest()
