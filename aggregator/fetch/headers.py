"""What is said to servers, and what they say back: headers out and in.

The requests of two polls differ in nothing but the validators: a cache on the way that keeps variants
apart (Vary) then has one for us, and the ETag that comes back belongs to it.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TypeGuard

from aggregator.fetch.address import Address
from aggregator.models import Validators
from aggregator.times import parse_http_date

Pairs = list[tuple[bytes, bytes]]

_ACCEPT = (
    b"application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
    b"application/json;q=0.9, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)
# An opaque value goes back byte for byte or, where it would break the request, not at all.
_VALIDATOR = re.compile(rb"[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]{0,1000}[\x21-\x7e\x80-\xff])?")
LONGEST_RETRY = timedelta(days=7)


def request_headers(user_agent: bytes, address: Address, validators: Validators, own: Pairs) -> Pairs:
    """All that a request says. `own`: the subscription's headers, which stand in place of ours."""
    given = {name.lower() for name, _ in own}
    headers = [
        (b"Host", address.url.netloc),
        (b"User-Agent", user_agent),
        (b"Accept", _ACCEPT),
        (b"Accept-Encoding", b"gzip"),
    ]
    if address.authorization:
        headers.append((b"Authorization", address.authorization))
    if _usable(validators.etag):
        headers.append((b"If-None-Match", validators.etag))
        headers.append((b"A-IM", b"feed"))  # RFC 3229: what is new to us would be enough
    if _usable(validators.last_modified):
        headers.append((b"If-Modified-Since", validators.last_modified))
    headers.append((b"Connection", b"close"))  # RFC 9112, 9.6: who keeps no connections says so
    return [header for header in headers if header[0].lower() not in given] + own


def first(headers: Pairs, name: bytes) -> bytes | None:
    """The value of the first header of that name, given in lower case."""
    return next((value for key, value in headers if key.lower() == name), None)


def validators_in(headers: Pairs) -> Validators:
    """What an answer gives for the next conditional request."""
    etag, last_modified = first(headers, b"etag"), first(headers, b"last-modified")
    return Validators(etag if _usable(etag) else None, last_modified if _usable(last_modified) else None)


def headers_in(headers: Pairs) -> dict[str, str]:
    """An answer's headers, names in lower case; several of one name joined by commas (RFC 9110, 5.2)."""
    joined: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name != "set-cookie":
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def retry_after(status: int, headers: dict[str, str], now: datetime) -> timedelta | None:
    """How long a 429 or 503 asks to be left alone (RFC 9110, 10.2.3); at most a week."""
    value = headers.get("retry-after", "").strip()[:40]
    if status not in (429, 503) or not value:
        return None
    if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?", value):
        wait = timedelta(seconds=min(float(value), LONGEST_RETRY.total_seconds()))
    else:
        until = parse_http_date(value)
        if until is None:
            return None
        wait = until - (
            parse_http_date(headers.get("date", "")) or now
        )  # by the server's own clock, if it tells it
    return min(max(wait, timedelta()), LONGEST_RETRY)


def _usable(validator: bytes | None) -> TypeGuard[bytes]:
    return validator is not None and _VALIDATOR.fullmatch(validator) is not None
