"""A request with what went before it, and how requests and answers are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from .log import HOUR, Exchange, Wishes

VALIDATORS = {"if-none-match": "etag", "if-modified-since": "last-modified"}


@dataclass(slots=True)
class Past:
    """What went before at a URL, or at a host."""

    exchanges: list[Exchange] = field(default_factory=list)
    # The validators that count: those of the last document that is a feed, renewed by each 304.
    latest: dict[str, bytes | None] = field(default_factory=lambda: dict.fromkeys(VALIDATORS.values()))
    ever: dict[str, set[bytes]] = field(default_factory=lambda: {name: set() for name in VALIDATORS.values()})
    last_full: float = 0.0
    set_cookie: bool = False

    def add(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        self.set_cookie = self.set_cookie or "set-cookie" in exchange.sent
        if exchange.status in (200, 226):
            self.last_full = exchange.at
        for name in VALIDATORS.values():
            value = exchange.sent.get(name)
            if value is not None:
                self.ever[name].add(value)
            if (exchange.status in (200, 226) and exchange.is_feed) or (exchange.status == 304 and value):
                self.latest[name] = value


@dataclass(frozen=True, slots=True)
class Visit:
    """A request, and what went before."""

    now: Exchange
    past: Past
    wishes: Wishes

    @property
    def before(self) -> Sequence[Exchange]:
        return self.past.exchanges

    @property
    def last(self) -> Exchange | None:
        return self.before[-1] if self.before else None

    @property
    def given(self) -> bool:
        """The server has given something to ask again with."""
        return any(self.past.latest.values())


# ---------------------------------------------------------------- how requests and answers are read


def is_conditional(exchange: Exchange) -> bool:
    return not VALIDATORS.keys().isdisjoint(exchange.headers)


def wait_of(exchange: Exchange) -> float | None:
    """For how long an answer asks to be left alone: 429 for an hour where it does not say."""
    value = exchange.sent.get("retry-after", b"").decode()
    if exchange.status not in (429, 503) or not (value or exchange.status == 429):
        return None
    if not value:
        return HOUR
    return float(value) if value.isdigit() else parsedate_to_datetime(value).timestamp() - exchange.at


def lifetime_of(exchange: Exchange) -> float | None:
    """For how long a document is fresh, Age apart; None where nobody said."""
    control = exchange.sent.get("cache-control", b"").decode()
    if exchange.status not in (200, 226, 304) or re.search(r"no-cache|no-store", control):
        return None
    if found := re.search(r"max-age=(\d+)", control):
        return float(found[1])
    expires = exchange.sent.get("expires", b"").decode()
    return parsedate_to_datetime(expires).timestamp() - exchange.at if expires else None
