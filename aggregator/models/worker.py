"""What workers on one store say to each other."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple, get_args

from aggregator.records import dataclass

Role = Literal["all", "poller", "publisher", "web"]
ROLES: tuple[Role, ...] = get_args(Role)


class Lease(NamedTuple):
    """What was granted to a worker."""

    name: str
    owner: str
    token: int


class PublishedFile(NamedTuple):
    """A published file, or that it is gone."""

    name: str  # below the public folder
    body: bytes | None
    modified: int  # when it was written, in seconds since 1970
    version: int = 0  # of what was published; 0 as long as it is not kept


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that works on a store."""

    name: str
    role: Role
    started: datetime
    seen: datetime
