"""What the server heard and said, as the judge gets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

HOUR, DAY = 3600.0, 86400.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer."""

    at: float  # POSIX time
    host: str
    target: str
    status: int  # 0 where the server broke off
    sent: dict[str, bytes] = field(default_factory=dict)  # the answer's headers, names in lower case
    headers: dict[str, bytes] = field(default_factory=dict)  # the request's
    method: str = "GET"
    is_feed: bool = True  # of a 200: the body is a feed; of a 301: that is where permanent redirects end

    @property
    def url(self) -> str:
        return f"http://{self.host}{self.target}"

    @property
    def when(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a feed says inside its document, which the judge does not read."""

    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    ttl: float | None = None  # seconds
