"""What workers on one store say to each other."""

from __future__ import annotations

from datetime import datetime, timedelta
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


SEEN = timedelta(minutes=1)  # a worker that was seen so long ago is there
PUBLISH = "publish"  # the lease of the one who publishes and prunes


@dataclass(frozen=True, slots=True)
class WorkersSeen:
    """Who works on a store at a moment."""

    workers: tuple[Worker, ...] = ()
    leader: str = ""  # the name of the one who publishes
    published: datetime | None = None  # when a file last changed that was published for all
