"""The store's tables, as a list of migrations: add to its end, never edit one that has shipped.

It is one table in the order of its numbers, so it stays in one file however long it becomes.

Times are TEXT, ISO 8601 in UTC with a Z ("2026-11-23T16:50:00Z"), so that they sort and read as they are.
Lists and records inside a column are JSON. The README's schema section is for people who open the file
with other tools.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from aggregator.store.sql import feed_states
from aggregator.store.sql.values import dumps, texts
from aggregator.text import tag_key

migrations = Migrations("aggregator")


@migrations()
def m001_first(db: Database) -> None:
    for statement in _FIRST:
        db.execute(statement)


@migrations()
def m002_rule_slugs(db: Database) -> None:
    """Rules and traits get names that say what they are, instead of letter codes."""
    for old, new in _RULES.items():
        db.execute("UPDATE sightings SET rule = ? WHERE rule = ?", (new, old))
        db.execute("UPDATE related SET rule = ? WHERE rule = ?", (new, old))
    for old, new in _TRAITS.items():
        db.execute("UPDATE learned SET fact = ? WHERE fact = ?", (new, old))


_RULES = {
    "X1": "same-link-other-feed",
    "X1c": "comment-on-link",
    "X12": "same-link-and-title",
    "X3": "same-global-id",
    "X2": "same-title-other-feed",
    "X2m": "same-title-same-site",
}
_TRAITS = {
    "shared link": "shared-link",
    "untrusted guid": "untrusted-ids",
    "keep fragment": "keep-fragment",
    "recurring title": "recurring-title",
}


@migrations()
def m003_poll_log(db: Database) -> None:
    """The log of polls keeps itself short; columns that nobody ever wrote go."""
    db.execute(
        "CREATE TRIGGER polls_trim AFTER INSERT ON polls BEGIN DELETE FROM polls WHERE feed_id = NEW.feed_id AND at <="
        " (SELECT at FROM polls WHERE feed_id = NEW.feed_id ORDER BY at DESC LIMIT 1 OFFSET 30); END"
    )
    db.execute("ALTER TABLE feeds DROP COLUMN lease_owner")
    db.execute("ALTER TABLE feeds DROP COLUMN lease_until")


@migrations()
def m004_tag_keys(db: Database) -> None:
    """Tags are compared by a stored key, the same for all who ask."""
    db.conn.create_function("tag_keys_of", 1, _tag_keys_of, deterministic=True)
    db.execute(
        "ALTER TABLE entries ADD COLUMN tag_keys TEXT NOT NULL DEFAULT '[]'"
    )  # of `tags`, to compare by
    db.execute("UPDATE entries SET tag_keys = tag_keys_of(tags) WHERE tags <> '[]'")


def _tag_keys_of(tags: str) -> str:
    return dumps([tag_key(tag) for tag in texts(tags)])


@migrations()
def m005_feeds_over_time(db: Database) -> None:
    """Why an entry is news or backlog; edits by the day; refusals that are the host's."""
    for statement in (
        "ALTER TABLE entries ADD COLUMN news TEXT NOT NULL DEFAULT ''",  # why it is news or backlog
        "ALTER TABLE entries ADD COLUMN edited_at TEXT",  # the last insignificant edit; `edits` counts those of its day
        "ALTER TABLE feeds ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0",  # in a row, by its host; no failures
        "ALTER TABLE feeds ADD COLUMN needs_settings INTEGER NOT NULL DEFAULT 0",  # 1: refused by our own settings
        "ALTER TABLE hosts ADD COLUMN spacing INTEGER",  # seconds between two requests, where it asked for a short pause
        "ALTER TABLE hosts ADD COLUMN spaced_until TEXT",  # for how long that holds
        """UPDATE entries SET news = CASE WHEN backfilled = 1 AND quiet = 1 THEN 'first-document'
            WHEN backfilled = 1 THEN 'first-document-newest' WHEN quiet = 1 THEN 'older-than-listed'
            ELSE 'unseen' END""",
    ):
        db.execute(statement)


@migrations()
def m006_related_coverage(db: Database) -> None:
    """Words by which entries are related, and how alike two related ones are."""
    for statement in _RELATED_COVERAGE:
        db.execute(statement)


@migrations()
def m007_episodes(db: Database) -> None:
    """What podcasts say of their episodes."""
    db.execute("ALTER TABLE entries ADD COLUMN episode TEXT NOT NULL DEFAULT ''")


_RELATED_COVERAGE = (
    # Entries of the last three days with a headline to relate them by; words are stems, parted by spaces.
    """CREATE TABLE related_words (
        entry_id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
        published TEXT NOT NULL,
        outlet TEXT NOT NULL,                  -- who publishes it
        headline TEXT NOT NULL,                -- in their order
        summary TEXT NOT NULL,                 -- those that the headline has not
        waiting INTEGER NOT NULL DEFAULT 1     -- 1: not related yet
    )""",
    "CREATE INDEX related_words_waiting ON related_words (entry_id) WHERE waiting = 1",
    "CREATE INDEX related_words_published ON related_words (published)",
    # The heaviest words of each, as a vector of length 1, by word.
    """CREATE TABLE telling_words (
        word TEXT NOT NULL,
        entry_id INTEGER NOT NULL REFERENCES related_words (entry_id) ON DELETE CASCADE,
        weight REAL NOT NULL,
        PRIMARY KEY (word, entry_id)
    ) WITHOUT ROWID""",
    "CREATE INDEX telling_words_entry ON telling_words (entry_id)",
    # How many entries each word is in, halved every thirty days; the empty word counts the entries.
    """CREATE TABLE word_counts (
        word TEXT PRIMARY KEY NOT NULL,
        entries INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "ALTER TABLE related ADD COLUMN cosine REAL",  # of related-coverage: how alike the telling words are
    # An entry that is blocked, recurs or whose feed is dropped is related to nothing; should that end, it waits again.
    """CREATE TRIGGER related_blocked AFTER UPDATE OF blocked, title_strength ON entries
        WHEN NEW.blocked IS NOT NULL AND OLD.blocked IS NULL
            OR NEW.title_strength = 'none' AND OLD.title_strength <> 'none'
        BEGIN
            DELETE FROM related WHERE entry_id = NEW.id AND rule = 'related-coverage';
            DELETE FROM related WHERE other_id = NEW.id AND rule = 'related-coverage';
            DELETE FROM telling_words WHERE entry_id = NEW.id;
        END""",
    """CREATE TRIGGER related_unblocked AFTER UPDATE OF blocked ON entries
        WHEN NEW.blocked IS NULL AND OLD.blocked IS NOT NULL
        BEGIN UPDATE related_words SET waiting = 1 WHERE entry_id = NEW.id; END""",
    """CREATE TRIGGER related_unsubscribed AFTER UPDATE OF subscribed ON feeds
        WHEN NEW.subscribed = 0 AND OLD.subscribed = 1
        BEGIN
            DELETE FROM related WHERE rule = 'related-coverage'
                AND entry_id IN (SELECT id FROM entries WHERE feed_id = NEW.id);
            DELETE FROM related WHERE rule = 'related-coverage'
                AND other_id IN (SELECT id FROM entries WHERE feed_id = NEW.id);
            DELETE FROM telling_words WHERE entry_id IN (SELECT id FROM entries WHERE feed_id = NEW.id);
        END""",
    """CREATE TRIGGER related_subscribed AFTER UPDATE OF subscribed ON feeds
        WHEN NEW.subscribed = 1 AND OLD.subscribed = 0
        BEGIN
            UPDATE related_words SET waiting = 1 WHERE entry_id IN (SELECT id FROM entries WHERE feed_id = NEW.id);
        END""",
)


@migrations()
def m008_standard_names(db: Database) -> None:
    """Names that say what a table or column holds."""
    for table, (former, columns) in FORMER_NAMES.items():
        if table != former:
            db.execute(f"ALTER TABLE {former} RENAME TO {table}")
        for column, before in columns.items():
            db.execute(f"ALTER TABLE {table} RENAME COLUMN {before} TO {column}")


@migrations()
def m008_archives_as_shown(db: Database) -> None:
    """Closed documents are shown by the rules of feeds.yaml, and kept as they were closed."""
    db.execute("ALTER TABLE archives ADD COLUMN shown BLOB")  # NULL where that is the same


@migrations()
def m009_words_weighed_in_steps(db: Database) -> None:
    """What is linked is a function of what is stored: an entry waits again when that may change its links."""
    for statement in _WORDS_WEIGHED_IN_STEPS:
        db.execute(statement)


@migrations()
def m010_workers(db: Database) -> None:
    """Several processes work on one store: what they poll, who publishes, what was published."""
    for statement in _WORKERS:
        db.execute(statement)


@migrations()
def m011_feed_states(db: Database) -> None:
    """What is kept of each feed is computed anew when it changes, instead of whenever it is asked for."""
    for statement in _FEED_STATES:
        db.execute(statement)


@migrations()
def m012_lists_of_feeds(db: Database) -> None:
    """Lists of feeds and looking for a story by its link read no more than they show."""
    for statement in (
        *feed_states.WITH_UPDATED,
        "CREATE INDEX stories_link ON stories (link) WHERE link IS NOT NULL",
    ):
        db.execute(statement)


@migrations()
def m013_versions_of_feeds(db: Database) -> None:
    """Who publishes again and again looks only at the feeds that have changed."""
    triggers, statements = feed_states.versions("IS NOT")
    for statement in (*statements, *map(_trigger, triggers)):
        db.execute(statement)


def _trigger(trigger: tuple[str, str, str, str]) -> str:
    name, event, body, condition = trigger
    return f"CREATE TRIGGER {name} AFTER {event} WHEN {condition} BEGIN {body}; END"


_FEED_STATES = (
    # Of each feed that has not changed since it was last published. The triggers take out the others.
    """CREATE TABLE feed_states (
        feed_id INTEGER PRIMARY KEY NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        newest TEXT NOT NULL,                  -- a digest of its newest published stories
        entries INTEGER NOT NULL,              -- how many are kept of it
        stories INTEGER NOT NULL               -- how many it leads
    )""",
    *map(_trigger, feed_states.TRIGGERS),
)

_WORKERS = (
    "ALTER TABLE feeds ADD COLUMN host TEXT NOT NULL DEFAULT ''",  # of effective_url; '' until feeds.yaml is read again
    "ALTER TABLE feeds ADD COLUMN polls_begun INTEGER NOT NULL DEFAULT 0",  # the number of the poll that may save
    "DROP INDEX feeds_due",
    "CREATE INDEX feeds_queue ON feeds (coalesce(next_poll, ''), last_attempt, position) WHERE subscribed = 1",
    # What one worker at a time may do: poll a host ("host example.org"), publish ("publish").
    """CREATE TABLE leases (
        name TEXT PRIMARY KEY NOT NULL,
        owner TEXT NOT NULL,                   -- a worker; '': nobody, but it is not free before `until` either
        until TEXT NOT NULL,
        token INTEGER NOT NULL                 -- grows each time it is granted
    ) WITHOUT ROWID""",
    "CREATE INDEX leases_owner ON leases (owner)",
    """CREATE TABLE workers (
        name TEXT PRIMARY KEY NOT NULL,
        role TEXT NOT NULL,                    -- all, poller, publisher or web
        started TEXT NOT NULL,
        seen TEXT NOT NULL
    ) WITHOUT ROWID""",
    # The files of the public folder, for web servers on other machines.
    """CREATE TABLE outputs (
        name TEXT PRIMARY KEY NOT NULL,
        version INTEGER NOT NULL,              -- of the publication that last changed it
        modified INTEGER NOT NULL,             -- when that file was written, in seconds since 1970
        body BLOB                              -- packed with zlib; NULL: it was removed
    )""",
    "CREATE INDEX outputs_version ON outputs (version)",
)

_UNRELATE = "DELETE FROM related WHERE rule = 'related-coverage' AND"
_OF_FEED = "(SELECT id FROM entries WHERE feed_id = NEW.id)"

STEPS = (8, 64, 256)
_STEPPED = " OR ".join(f"OLD.entries < {step} AND NEW.entries >= {step}" for step in STEPS)
_WORDS_WEIGHED_IN_STEPS = (
    "DELETE FROM meta WHERE key = 'words related'",  # in whose place is 'words weighed': so all is related anew
    # The heaviest words of each, with their weights, as a vector of length 1: an object in JSON.
    "ALTER TABLE related_words ADD COLUMN telling TEXT NOT NULL DEFAULT '{}'",
    # 1: it has as many links as may be, and there may be more; then one that it loses is replaced.
    "ALTER TABLE related_words ADD COLUMN is_full INTEGER NOT NULL DEFAULT 0",
    "DROP TABLE telling_words",
    # Which entries have a telling word.
    """CREATE TABLE telling_index (
        word TEXT NOT NULL,
        entry_id INTEGER NOT NULL,
        PRIMARY KEY (word, entry_id)
    ) WITHOUT ROWID""",
    """CREATE TRIGGER telling_index_removed AFTER DELETE ON related_words
        BEGIN
            DELETE FROM telling_index WHERE entry_id = OLD.entry_id AND word IN (SELECT key FROM json_each(OLD.telling));
        END""",
    # Those wait that have a word which weighs less now: at the counts of models.WORD_STEPS.
    f"""CREATE TRIGGER word_counts_stepped AFTER UPDATE OF entries ON word_counts
        WHEN {_STEPPED}
        BEGIN
            UPDATE related_words SET waiting = 1 WHERE waiting = 0
                AND entry_id IN (SELECT entry_id FROM telling_index WHERE word = NEW.word);
        END""",
    """CREATE TRIGGER related_lost AFTER DELETE ON related WHEN OLD.rule = 'related-coverage'
        BEGIN UPDATE related_words SET waiting = 1 WHERE entry_id = OLD.entry_id AND is_full = 1; END""",
    # No story is related to itself.
    """CREATE TRIGGER related_moved AFTER UPDATE OF story_id ON sightings WHEN NEW.story_id <> OLD.story_id
        BEGIN UPDATE related_words SET waiting = 1 WHERE entry_id = NEW.entry_id; END""",
    "DROP TRIGGER related_blocked",
    f"""CREATE TRIGGER related_blocked AFTER UPDATE OF blocked, title_strength ON entries
        WHEN NEW.blocked IS NOT NULL AND OLD.blocked IS NULL
            OR NEW.title_strength = 'none' AND OLD.title_strength <> 'none'
        BEGIN
            {_UNRELATE} entry_id = NEW.id;
            {_UNRELATE} other_id = NEW.id;
        END""",
    "DROP TRIGGER related_unsubscribed",
    f"""CREATE TRIGGER related_unsubscribed AFTER UPDATE OF subscribed ON feeds
        WHEN NEW.subscribed = 0 AND OLD.subscribed = 1
        BEGIN
            {_UNRELATE} entry_id IN {_OF_FEED};
            {_UNRELATE} other_id IN {_OF_FEED};
        END""",
)


# What the tables and columns of older stores were called.
FORMER_NAMES: dict[str, tuple[str, dict[str, str]]] = {
    "feed_traits": ("learned", {"name": "fact"}),
    "poll_log": ("polls", {"message": "words"}),
    "stories": ("stories", {"is_published": "settled"}),  # 1: published, or edited before it was
}


_FIRST = (
    """CREATE TABLE meta (
        key TEXT PRIMARY KEY NOT NULL,
        value TEXT NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE feeds (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        url TEXT NOT NULL UNIQUE,              -- as in feeds.yaml
        effective_url TEXT NOT NULL,           -- where it is asked for now
        status TEXT NOT NULL DEFAULT 'new'
            CHECK (status IN ('new', 'ok', 'unchanged', 'failing', 'gone', 'paused')),
        last_error TEXT,                       -- in words; NULL when the last poll went well
        title TEXT,
        link TEXT,                             -- the site's home page
        source_id TEXT,                        -- the feed's own id, where it has one
        language TEXT,
        rights TEXT,
        icon TEXT,
        hub TEXT,
        self_link TEXT,
        authors TEXT NOT NULL DEFAULT '[]',
        format TEXT,                           -- rss20, atom10, json11, ...; NULL until a document was read
        problem TEXT,                          -- what was not well formed in the last document
        hints TEXT NOT NULL DEFAULT '{}',      -- what the feed says of when to ask again
        etag TEXT,                             -- validators: bytes as Latin-1 text, sent back to the letter
        last_modified TEXT,
        validators_url TEXT,                   -- the URL that gave them
        body_hash TEXT,
        first_success TEXT,
        last_attempt TEXT,                     -- stored before the request goes out
        last_success TEXT,
        next_poll TEXT,                        -- NULL: as soon as may be
        next_reason TEXT NOT NULL DEFAULT 'new feed',
        next_steps TEXT NOT NULL DEFAULT '[]', -- how that was decided, in words
        failures INTEGER NOT NULL DEFAULT 0,   -- in a row
        failing_since TEXT,                    -- the first of them
        last_full TEXT,                        -- when a whole document last came, not a 304
        moving_to TEXT,                        -- where permanent redirects lead, until that is believed
        moving_since TEXT,
        moving_count INTEGER NOT NULL DEFAULT 0, -- polls in a row
        subscribed INTEGER NOT NULL DEFAULT 1, -- 0: no longer in feeds.yaml
        position INTEGER NOT NULL DEFAULT 0,   -- its place in feeds.yaml
        name TEXT,                             -- from feeds.yaml
        priority INTEGER NOT NULL DEFAULT 0,   -- from feeds.yaml
        tags TEXT NOT NULL DEFAULT '[]',       -- from feeds.yaml
        last_document TEXT,                    -- when a document was last read; entries not in it are older
        lease_owner TEXT,                      -- which process is polling it, and until when it may
        lease_until TEXT,
        created_at TEXT NOT NULL
    )""",
    "CREATE INDEX feeds_due ON feeds (next_poll) WHERE subscribed = 1",
    """CREATE TABLE entries (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        guid TEXT NOT NULL,                    -- the source's id, else its link, else a hash
        guid_turn INTEGER NOT NULL DEFAULT 0,  -- counts up where a feed gives one id to several entries
        link TEXT,
        title TEXT NOT NULL,
        untitled INTEGER NOT NULL DEFAULT 0,   -- 1: the title was made from the text
        published TEXT NOT NULL,               -- decided once for all time
        date_reason TEXT NOT NULL,             -- why this date: source, updated, future, first seen, ...
        updated TEXT,
        first_seen TEXT NOT NULL,
        last_listed TEXT NOT NULL,             -- when its feed last listed it
        summary TEXT NOT NULL DEFAULT '',      -- plain text, at most 500 characters
        authors TEXT NOT NULL DEFAULT '[]',    -- [{"name", "url", "email"}]
        tags TEXT NOT NULL DEFAULT '[]',
        enclosures TEXT NOT NULL DEFAULT '[]', -- [{"url", "media_type", "length"}]
        image TEXT,
        language TEXT,
        source TEXT,                           -- name of where a relayed entry came from
        link_key TEXT,                         -- canonical forms to compare by
        title_key TEXT,
        title_strength TEXT NOT NULL DEFAULT 'none'
            CHECK (title_strength IN ('strong', 'medium', 'none')),
        global_id TEXT,                        -- the guid, where it names one thing in the world
        atom_id TEXT NOT NULL DEFAULT '',      -- what its story is called, should it begin one
        home INTEGER NOT NULL DEFAULT 0,       -- 1: the link leads to the feed's own site
        text_size INTEGER NOT NULL DEFAULT 0,  -- characters of visible text
        backfilled INTEGER NOT NULL DEFAULT 0, -- 1: it came with the feed's first document
        quiet INTEGER NOT NULL DEFAULT 0,      -- 1: new to us but no news: it alone publishes no story
        fingerprint TEXT NOT NULL,
        blocked TEXT,                          -- the filter that keeps it from being published, in words
        edits INTEGER NOT NULL DEFAULT 0,
        UNIQUE (feed_id, guid, guid_turn)
    )""",
    "CREATE INDEX entries_link_key ON entries (link_key, published) WHERE link_key IS NOT NULL",
    "CREATE INDEX entries_title_key ON entries (title_key, published) WHERE title_key IS NOT NULL",
    "CREATE INDEX entries_global_id ON entries (global_id) WHERE global_id IS NOT NULL",
    "CREATE INDEX entries_dates ON entries (feed_id, published)",
    "CREATE INDEX entries_listed ON entries (last_listed)",
    # Content stands apart so that lists of entries need not read past it.
    """CREATE TABLE contents (
        entry_id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
        html TEXT NOT NULL
    )""",
    """CREATE TABLE stories (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        atom_id TEXT NOT NULL UNIQUE,          -- never changes
        entry_id INTEGER NOT NULL,             -- the representative, which lends title, link and content
        feed_id INTEGER NOT NULL,              -- the representative's feed
        first_entry_id INTEGER NOT NULL,       -- its first sighting
        title TEXT NOT NULL,
        link TEXT,
        published TEXT NOT NULL,               -- never changes
        updated TEXT NOT NULL,                 -- moves for a significant change only
        created_at TEXT NOT NULL,
        publishable INTEGER NOT NULL DEFAULT 1, -- 0: all that tell it are quiet
        settled INTEGER NOT NULL DEFAULT 0,    -- 1: published or edited: its entries stay together
        position TEXT,                         -- its place in the merged feed
        first_published TEXT                   -- when it first stood in the merged feed; NULL: not yet
    )""",
    "CREATE INDEX stories_merged ON stories (position DESC, published DESC, id) WHERE first_published IS NOT NULL",
    "CREATE INDEX stories_waiting ON stories (id) WHERE first_published IS NULL AND publishable = 1",
    "CREATE INDEX stories_published ON stories (published DESC, id)",
    "CREATE INDEX stories_feed ON stories (feed_id, updated)",
    "CREATE INDEX stories_of_feed ON stories (feed_id, position DESC, published DESC, id)"
    " WHERE first_published IS NOT NULL",
    "CREATE INDEX stories_released ON stories (first_published, id) WHERE first_published IS NOT NULL",
    """CREATE TABLE sightings (
        entry_id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
        story_id INTEGER NOT NULL REFERENCES stories (id) ON DELETE CASCADE,
        rule TEXT NOT NULL,                    -- new, X1, X2, ...: what decided it
        key TEXT NOT NULL,                     -- on what
        decided_at TEXT NOT NULL
    )""",
    "CREATE INDEX sightings_story ON sightings (story_id)",
    # Two entries whose stories stay two, and the rule that says how near they are.
    """CREATE TABLE related (
        entry_id INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
        other_id INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
        rule TEXT NOT NULL,
        key TEXT NOT NULL,
        noted_at TEXT NOT NULL,
        PRIMARY KEY (entry_id, other_id)
    ) WITHOUT ROWID""",
    "CREATE INDEX related_other ON related (other_id)",
    # What retention removed is remembered, so that it does not come back as news.
    """CREATE TABLE tombstones (
        feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        guid TEXT NOT NULL,
        link_key TEXT,
        removed_at TEXT NOT NULL,
        PRIMARY KEY (feed_id, guid)
    ) WITHOUT ROWID""",
    "CREATE INDEX tombstones_link ON tombstones (feed_id, link_key) WHERE link_key IS NOT NULL",
    "CREATE INDEX tombstones_age ON tombstones (removed_at)",
    # What a feed has taught: shared link, keep fragment, recurring title, untrusted guid.
    """CREATE TABLE learned (
        feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        fact TEXT NOT NULL,
        key TEXT NOT NULL DEFAULT '',
        learned_at TEXT NOT NULL,
        PRIMARY KEY (feed_id, fact, key)
    ) WITHOUT ROWID""",
    """CREATE TABLE hosts (
        host TEXT PRIMARY KEY NOT NULL,
        paused_until TEXT,
        reason TEXT,
        refusals INTEGER NOT NULL DEFAULT 0    -- in a row
    ) WITHOUT ROWID""",
    # The last polls of each feed, for `aggregator why`.
    """CREATE TABLE polls (
        feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        at TEXT NOT NULL,
        status TEXT NOT NULL,
        words TEXT NOT NULL,                   -- what came, or what went wrong
        reason TEXT NOT NULL,                  -- of when it was asked next
        PRIMARY KEY (feed_id, at)
    ) WITHOUT ROWID""",
    # Closed documents of the archive: their entries stay as they were, whatever becomes of the stories.
    """CREATE TABLE archives (
        name TEXT PRIMARY KEY NOT NULL,        -- 2026-10; further parts of a month 2026-10-2, ...
        stories INTEGER NOT NULL,
        newest TEXT NOT NULL,                  -- when the last of them was first published
        last_id INTEGER NOT NULL,              -- that story's
        updated TEXT NOT NULL,                 -- newest `updated` of them
        size INTEGER NOT NULL,                 -- bytes of the entries
        entries BLOB NOT NULL                  -- as Atom, packed with zlib
    )""",
    # The search index is filled after publishing, from the stories that these triggers note.
    "CREATE VIRTUAL TABLE search USING fts5(title, summary, tokenize = 'porter unicode61 remove_diacritics 2')",
    "CREATE TABLE search_waiting (story_id INTEGER PRIMARY KEY)",
    """CREATE TRIGGER search_story AFTER UPDATE OF title, entry_id, first_published ON stories
        WHEN NEW.first_published IS NOT NULL AND (OLD.first_published IS NULL
            OR OLD.title <> NEW.title OR OLD.entry_id <> NEW.entry_id)
        BEGIN INSERT OR IGNORE INTO search_waiting VALUES (NEW.id); END""",
    """CREATE TRIGGER search_entry AFTER UPDATE OF summary ON entries WHEN OLD.summary <> NEW.summary
        BEGIN INSERT OR IGNORE INTO search_waiting
            SELECT v.story_id FROM sightings v JOIN stories s ON s.id = v.story_id
            WHERE v.entry_id = NEW.id AND s.entry_id = NEW.id AND s.first_published IS NOT NULL; END""",
    """CREATE TRIGGER search_gone AFTER DELETE ON stories WHEN OLD.first_published IS NOT NULL
        BEGIN INSERT OR IGNORE INTO search_waiting VALUES (OLD.id); END""",
)
