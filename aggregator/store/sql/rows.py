"""Records to rows and back; how a value looks in its column is in `values.py`."""

from __future__ import annotations

from typing import Any

from aggregator.links import feed_name, site
from aggregator.models import (
    AT_ONCE,
    Entry,
    Feed,
    FeedInfo,
    FeedLine,
    Keys,
    KnownEntry,
    Move,
    Plan,
    Source,
    Validators,
)
from aggregator.store.sql.database import Row
from aggregator.store.sql.values import (
    dumps,
    enclosures,
    enclosures_to_text,
    episode,
    episode_to_text,
    hints,
    hints_to_text,
    maybe_text,
    maybe_time,
    people,
    people_to_text,
    texts,
    to_text,
    to_time,
)
from aggregator.text import tag_key

SET_META = (
    "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)


# ---------------------------------------------------------------- feeds

FEED_COLUMNS = (
    "id url effective_url status last_error title link source_id language rights icon hub self_link "
    "authors format problem hints etag last_modified validators_url body_hash first_success last_attempt "
    "last_success next_poll next_reason next_steps failures failing_since refusals needs_settings last_document "
    "last_full moving_to moving_since moving_count position polls_begun"
).split()


def feed(row: Row, entries: int = 0) -> Feed:
    return Feed(
        id=row["id"],
        url=row["url"],
        effective_url=row["effective_url"],
        plan=plan(row),
        info=info(row) if row["format"] else None,
        validators=Validators(_bytes(row["etag"]), _bytes(row["last_modified"])),
        validators_url=row["validators_url"],
        body_hash=row["body_hash"],
        first_success=maybe_time(row["first_success"]),
        last_attempt=maybe_time(row["last_attempt"]),
        last_success=maybe_time(row["last_success"]),
        last_document=maybe_time(row["last_document"]),
        last_full=maybe_time(row["last_full"]),
        move=Move(row["moving_to"], to_time(row["moving_since"]), row["moving_count"])
        if row["moving_to"]
        else None,
        position=row["position"],
        polls_begun=row["polls_begun"],
        recent_dates=tuple(map(to_time, row["recent_dates"].split(","))) if row["recent_dates"] else (),
        entries=entries,
    )


def feed_line(row: Row) -> FeedLine:
    """The columns in the order of `feeds.lines`: by place, since there may be many rows."""
    number, url, name, title, status, error, next_poll, reason, tried, answered, failing, count, newest = row
    return FeedLine(
        number,
        url,
        feed_name(name, title, url),
        status,
        error,
        to_time(next_poll) if next_poll else None,
        reason,
        to_time(tried) if tried else None,
        to_time(answered) if answered else None,
        to_time(failing) if failing else None,
        count,
        to_time(newest) if newest else None,
    )


def plan(row: Row) -> Plan:
    return Plan(
        status=row["status"],
        next_poll=maybe_time(row["next_poll"]) or AT_ONCE,
        reason=row["next_reason"],
        failures=row["failures"],
        last_error=row["last_error"],
        steps=texts(row["next_steps"]),
        failing_since=maybe_time(row["failing_since"]),
        refusals=row["refusals"],
        needs_settings=bool(row["needs_settings"]),
    )


def info(row: Row) -> FeedInfo:
    return FeedInfo(
        format=row["format"],
        title=row["title"],
        link=row["link"],
        id=row["source_id"],
        language=row["language"],
        authors=people(row["authors"]),
        rights=row["rights"],
        icon=row["icon"],
        hub=row["hub"],
        self_link=row["self_link"],
        hints=hints(row["hints"]),
        problem=row["problem"],
    )


def info_to_row(found: FeedInfo) -> dict[str, Any]:
    return {
        "format": found.format,
        "title": found.title,
        "link": found.link,
        "source_id": found.id,
        "language": found.language,
        "authors": people_to_text(found.authors),
        "rights": found.rights,
        "icon": found.icon,
        "hub": found.hub,
        "self_link": found.self_link,
        "hints": hints_to_text(found.hints),
        "problem": found.problem,
    }


def validators_to_row(validators: Validators) -> dict[str, str | None]:
    return {"etag": _latin(validators.etag), "last_modified": _latin(validators.last_modified)}


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("latin-1")


def _latin(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


# ---------------------------------------------------------------- entries

ENTRY_COLUMNS = (
    "id feed_id guid guid_turn link title untitled published date_reason updated first_seen last_listed "
    "summary authors tags tag_keys enclosures episode image language source link_key title_key title_strength global_id atom_id "
    "home text_size backfilled quiet news fingerprint blocked"
).split()

# What an edit replaces: never the guid's turn, the published date or when it was first seen.
EDIT_COLUMNS = (
    "guid link title untitled updated summary authors tags tag_keys enclosures episode image language source link_key title_key "
    "title_strength global_id home text_size fingerprint blocked"
).split()


def entry_to_row(entry: Entry) -> dict[str, Any]:
    return {
        "guid": entry.guid,
        "link": entry.link,
        "title": entry.title,
        "untitled": int(entry.untitled),
        "published": to_text(entry.published),
        "date_reason": entry.date_reason,
        "updated": maybe_text(entry.updated),
        "summary": entry.summary,
        "authors": people_to_text(entry.authors),
        "tags": dumps(entry.tags) if entry.tags else "[]",
        "tag_keys": dumps([tag_key(tag) for tag in entry.tags]) if entry.tags else "[]",
        "enclosures": enclosures_to_text(entry.enclosures),
        "episode": episode_to_text(entry.episode),
        "image": entry.image,
        "language": entry.language,
        "source": entry.source,
        "link_key": entry.link_key,
        "title_key": entry.title_key,
        "title_strength": entry.title_strength,
        "global_id": entry.global_id,
        "home": int(entry.home),
        "text_size": entry.text_size,
        "fingerprint": entry.fingerprint,
        "blocked": entry.blocked,
    }


def entry(row: Row) -> Entry:
    """The entry as it was kept; `html` is its content, which stands in a table of its own."""
    return Entry(
        guid=row["guid"],
        link=row["link"],
        title=row["title"],
        published=to_time(row["published"]),
        date_reason=row["date_reason"],
        updated=maybe_time(row["updated"]),
        summary=row["summary"],
        content=row["html"],
        authors=people(row["authors"]),
        tags=texts(row["tags"]),
        enclosures=enclosures(row["enclosures"]),
        episode=episode(row["episode"]),
        image=row["image"],
        language=row["language"],
        untitled=bool(row["untitled"]),
        source=row["source"],
        keys=Keys(row["link_key"], row["title_key"], row["title_strength"], bool(row["home"])),
        fingerprint=row["fingerprint"],
        blocked=row["blocked"],
    )


def known_entry(row: Row) -> KnownEntry:
    return KnownEntry(
        id=row["id"],
        feed_id=row["feed_id"],
        story_id=row["story_id"],
        guid=row["guid"],
        guid_turn=row["guid_turn"],
        keys=Keys(
            row["link_key"], row["title_key"], row["title_strength"], bool(row["home"]), row["global_id"]
        ),
        site=site(row["link"]) if row["link"] else "",
        text_size=row["text_size"],
        published=to_time(row["published"]),
        fingerprint=row["fingerprint"],
        link=row["link"],
        text=row["summary"],
        enclosure=row["enclosure"] or "",
        date_reason=row["date_reason"],
        last_listed=to_time(row["last_listed"]),
        backlog=bool(row["is_backlog"]),
        edits=row["edits"],
        edited_at=maybe_time(row["edited_at"]),
        leads=bool(row["leads"]),
        blocked=bool(row["is_blocked"]),
        is_published=bool(row["is_published"]),
    )


def source(row: Row, name: str, url: str) -> Source:
    return Source(
        feed_id=row["id"],
        name=name,
        url=url,
        link=row["link"],
        id=row["source_id"],
        rights=row["rights"],
        language=row["language"],
        icon=row["icon"],
        tags=texts(row["tags"]),
        status=row["status"],
        last_error=row["last_error"],
        updated=maybe_time(row["newest"]),
    )
