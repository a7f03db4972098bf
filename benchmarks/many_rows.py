"""Fills a store in PostgreSQL with made-up rows as the program would have written them, by SQL.

For plans.py and for the tests of plans. The user has to be a superuser, since triggers are off meanwhile.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)

# Entries came over 300 days, the first the oldest. One in 33 is a second report of the one before. Words are drawn so
# that some are in every title, and most in few. A feed in 20 is due.
_FILL = """
SET session_replication_role = replica;
SELECT setseed(0.5);
CREATE FUNCTION pg_temp.ago(span interval) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT to_char(timestamp '{now}' - span, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') $$;
CREATE FUNCTION pg_temp.words(number int) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg('w' || floor(exp(random() * ln(30000)))::int, ' ') FROM generate_series(1, number) $$;

INSERT INTO feeds (id, url, effective_url, host, status, title, etag, last_attempt, last_success, first_success,
        next_poll, position, created_at, polls_begun)
    SELECT i, url, url, 'f' || i || '.ex', 'unchanged', 'Feed ' || i, '"x"', tried, tried, tried,
        pg_temp.ago(interval '2 hours' * (0.05 - random())), i, tried, 100
    FROM (SELECT i, 'https://f' || i || '.ex/feed' AS url, pg_temp.ago(interval '2 hours' * random()) AS tried
        FROM generate_series(1, {feeds}) AS i) AS made;
INSERT INTO poll_log (feed_id, at, status, message, reason)
    SELECT i, pg_temp.ago(interval '1 hour' * k), 'unchanged', 'nothing new', 'every 1 h: as often as news comes'
    FROM generate_series(1, {feeds}) AS i, generate_series(1, 30) AS k;
INSERT INTO hosts (host, paused_until, spacing) SELECT 'f' || i || '.ex', pg_temp.ago('1 hour'), 30 FROM generate_series(1, {feeds}, 100) AS i;
INSERT INTO entries (id, feed_id, guid, link, title, published, date_reason, first_seen, last_listed, summary,
        link_key, title_key, title_strength, global_id, atom_id, text_size, fingerprint, news)
    SELECT i, feed, link, link, title, at, 'source', at, at, pg_temp.words(20),
        substr(link, 9), title, 'strong', link, link, 200, md5(title), 'unseen'
    FROM (SELECT i, 1 + (i * 7919) % {feeds} AS feed, pg_temp.words(8) AS title,
        'https://f' || (1 + (i * 7919) % {feeds}) || '.ex/story/' || i AS link,
        pg_temp.ago(interval '300 days' * (1 - i::float / {entries})) AS at
        FROM generate_series(1::bigint, {entries}) AS i) AS made;
INSERT INTO contents SELECT id, '<p>' || summary || '</p>' FROM entries;
INSERT INTO stories (id, atom_id, entry_id, feed_id, first_entry_id, title, link, published, updated, created_at,
        is_published, position, first_published)
    SELECT id, atom_id, id, feed_id, id, title, link, published, published, first_seen, 1, first_seen, first_seen
    FROM entries WHERE id % 33 <> 0;
INSERT INTO sightings
    SELECT id, CASE WHEN id % 33 = 0 THEN id - 1 ELSE id END,
        CASE WHEN id % 33 = 0 THEN 'same-title-other-feed' ELSE 'new' END, '', first_seen
    FROM entries;
INSERT INTO search
    SELECT story.id, made.title, made.title || '|:1'::tsvector || made.summary
    FROM stories story JOIN entries ON entries.id = story.entry_id,
        LATERAL (SELECT to_tsvector('words', story.title) AS title,
            to_tsvector('words', entries.summary) AS summary) AS made;

INSERT INTO related_words (entry_id, published, outlet, headline, summary, waiting, telling)
    SELECT id, published, 'f' || feed_id, title, '', 0,
        (SELECT json_object_agg(word, 0.4)::text
            FROM (SELECT DISTINCT word FROM regexp_split_to_table(title, ' ') AS word) AS parted)
    FROM entries WHERE published > pg_temp.ago('3 days');
INSERT INTO telling_index
    SELECT word, entry_id FROM related_words, LATERAL json_object_keys(telling::json) AS word;
INSERT INTO word_counts
    SELECT word, least(count(*), 1000) FROM entries, LATERAL regexp_split_to_table(title, ' ') AS word
    WHERE published > pg_temp.ago('21 days') GROUP BY word;
INSERT INTO word_counts VALUES ('', 1000);
INSERT INTO related
    SELECT one.entry_id, one.entry_id - 1, 'related-coverage', 'x', one.published, 0.5
    FROM related_words one JOIN related_words other ON other.entry_id = one.entry_id - 1 WHERE one.entry_id % 20 = 0;
INSERT INTO tombstones (feed_id, guid, link_key, removed_at)
    SELECT 1 + (i * 7919) % {feeds}, 'https://gone.ex/' || i, 'gone.ex/' || i, pg_temp.ago(interval '80 days' * random())
    FROM generate_series(1::bigint, {entries} / 5) AS i;

SET session_replication_role = origin;
SELECT setval('feeds_id_seq', {feeds}), setval('entries_id_seq', {entries}), setval('stories_id_seq', {entries});
"""


def fill(connection: Any, entries: int, feeds: int) -> None:
    """`connection`: of psycopg, in autocommit, to a store without rows. The same rows each time."""
    text = _FILL.format(now=NOW.strftime("%Y-%m-%d %H:%M:%S"), entries=entries, feeds=feeds)
    connection.execute(text)
    connection.execute("VACUUM ANALYZE")
