"""Gives space that was freed back to the disk: the file's free pages, and the log of changes beside it."""

from __future__ import annotations

from sqlite3 import Connection

PAGES = 2_000  # at a time: some milliseconds
# A store made before pages could be given back one by one is rewritten once, where that is worth it.
_WORTH_REWRITING = 32_000_000  # bytes free, and a quarter of the file
_INCREMENTAL = 2


def release(db: Connection) -> int:
    """Bytes given back; 0 when there are none to give."""
    page_size, free, pages = (_pragma(db, name) for name in ("page_size", "freelist_count", "page_count"))
    if _pragma(db, "auto_vacuum") == _INCREMENTAL:
        db.execute(f"PRAGMA incremental_vacuum({PAGES})").fetchall()
        given = free - _pragma(db, "freelist_count")
        if not given:
            _empty_log(db)  # a large log would stay as large as it was
        return given * page_size
    if free * page_size >= _WORTH_REWRITING and free >= pages // 4:
        db.execute(f"PRAGMA auto_vacuum = {_INCREMENTAL}")
        db.execute("VACUUM")
        _empty_log(db)
        return free * page_size
    return 0


def _empty_log(db: Connection) -> None:
    """Not where somebody reads just now, as a backup does: waiting for him would hold up all who write."""
    before = _pragma(db, "busy_timeout")
    db.execute("PRAGMA busy_timeout = 0")
    try:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        db.execute(f"PRAGMA busy_timeout = {before}")


def _pragma(db: Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])
