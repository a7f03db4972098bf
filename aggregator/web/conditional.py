"""What a request asks for: packed or plain, and whether the reader has it already (RFC 9110, 12 and 13)."""

from __future__ import annotations

import re
from functools import lru_cache

from starlette.datastructures import Headers

from aggregator.times import parse_http_date


def takes_gzip(headers: Headers) -> bool:
    """Whether gzip is accepted, and not less gladly than the plain form (RFC 9110, 12.5.3)."""
    return _takes_gzip(",".join(headers.getlist("Accept-Encoding")))


@lru_cache(100)
def _takes_gzip(accepted: str) -> bool:
    weights: dict[str, float] = {}
    for item in accepted.lower().split(","):
        coding, _, parameter = item.partition(";")
        weights[coding.strip()] = _weight(parameter)
    gladly = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0)))
    return gladly > 0 and gladly >= weights.get("identity", 0)


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if not name.strip():
        return 1
    # What is not a weight is taken as a no: the plain form is right for everybody.
    return float(value) if name.strip() == "q" and re.fullmatch(r"\s*[01](\.\d{0,3})?\s*", value) else 0


def is_fresh(headers: Headers, etag: str, modified: int) -> bool:
    """Whether the reader has this very form; If-None-Match goes before If-Modified-Since (13.2.2)."""
    tags = headers.getlist("If-None-Match")
    if tags:
        # The weak comparison: a cache on the way may have put W/ before ours.
        return any(tag.strip() == "*" or etag in re.findall(r'"[^"]*"', tag) for tag in tags)
    dates = headers.getlist("If-Modified-Since")
    if len(dates) != 1:
        return False
    date = parse_http_date(dates[0])
    return date is not None and date.timestamp() >= modified  # 13.1.3: what is no date is ignored
