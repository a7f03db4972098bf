"""Refuses a pooler that gives each transaction to another connection of the server, as PgBouncer may.

What is set, prepared and listened to on a connection would be lost there, or reach others who share it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import psycopg

from aggregator.errors import StoreError
from aggregator.store.address import shown

# Addresses whose pooler was found to give each of us a connection of its own.
_KEEP_SESSIONS: set[str] = set()


def check_pooler(
    url: str,
    found: psycopg.Connection[Any],
    greeted_by: int,
    connect: Callable[[], AbstractContextManager[psycopg.Connection[Any]]],
) -> None:
    """Raises StoreError where such a pooler stands behind this connection.

    `greeted_by`: the process that greeted us; the server itself gives its own. `connect` makes another connection.
    """
    process = _process(found)
    if process == greeted_by or url in _KEEP_SESSIONS:
        return
    with connect() as other:
        if process == _process(other) or process != _process(found):
            raise StoreError(
                f"the store {shown(url)} is behind a pooler that shares connections between transactions (PgBouncer:"
                " pool_mode = transaction), which cannot work: name the server itself, or a pool with"
                " pool_mode = session"
            )
    _KEEP_SESSIONS.add(url)


def _process(connection: psycopg.Connection[Any]) -> int:
    """The process of the server that answers."""
    return int(connection.execute("SELECT pg_backend_pid()", prepare=False).fetchall()[0][0])
