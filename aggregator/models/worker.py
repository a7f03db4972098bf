"""What workers on one store say to each other."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from aggregator.records import dataclass

Role = Literal["all", "poller", "publisher", "web"]


class Lease(NamedTuple):
    """What was granted to a worker."""

    name: str
    owner: str
    token: int


class PublishedFile(NamedTuple):
    """A published file, or that it is gone."""

    name: str
    version: int
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that works on a store."""

    name: str
    role: Role
    started: datetime
    seen: datetime
