"""What comes of asking a server: a document, "not modified", or an error as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta
from typing import Literal, Protocol

from aggregator.records import dataclass


@dataclass(frozen=True, slots=True)
class Validators:
    """What the server gave for conditional requests; opaque, sent back byte for byte (RFC 9110, 8.8)."""

    etag: bytes | None = None
    last_modified: bytes | None = None


@dataclass(frozen=True, slots=True)
class FetchRequest:
    url: str
    validators: Validators = Validators()
    validators_url: str | None = None  # which URL gave them and alone is sent them; None: `url`
    # As in feeds.yaml: secrets are named here, and looked up only when the request is made.
    auth: str | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


class Body(Protocol):
    """A document's bytes, in memory or elsewhere: `bytes(body)` has them."""

    def __len__(self) -> int: ...
    def __bytes__(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """A 200 with its body, unpacked."""

    url: str  # the effective URL, after redirects; credentials removed
    body: Body
    validators: Validators
    headers: Mapping[str, str]  # names in lower case, values decoded as Latin-1
    moved_to: str | None = None  # effective URL when every redirect on the way was permanent
    elapsed: float = 0.0  # seconds
    delta: bool = False  # a 226: only what is new to us (RFC 3229)


@dataclass(frozen=True, slots=True)
class NotModified:
    """A 304; its validators, where it had any, replace the old ones."""

    url: str
    validators: Validators
    headers: Mapping[str, str]
    moved_to: str | None = None
    elapsed: float = 0.0


FetchErrorKind = Literal[
    "address",  # the URL or where it leads is not allowed
    "unreachable",  # DNS, connect, TLS: no answer from a server
    "timeout",
    "protocol",  # an answer that is not HTTP, or breaks off
    "status",  # an answer other than 200 and 304
    "redirect",  # too many, or to nowhere
    "size",  # larger than the cap
    "encoding",  # a content coding that was not asked for, or broken
    "secret",  # what feeds.yaml says to sign in with cannot be had
    "waiting",  # not fetched after all: it is not our turn
    "local",  # this machine lacks something, such as descriptors or disk: the feed is not to blame
]


@dataclass(frozen=True, slots=True)
class FetchError:
    """No document, and why, in words that the feed's owner understands."""

    url: str
    kind: FetchErrorKind
    message: str
    status: int | None = None
    retry_after: timedelta | None = None  # 429 and 503 only; from seconds or a date
    headers: Mapping[str, str] = field(default_factory=dict)
    elapsed: float = 0.0


FetchResult = Fetched | NotModified | FetchError
