"""What must not be published of a URL: parameters that are named like a secret."""

from __future__ import annotations

import re
from urllib.parse import unquote

from aggregator.links.urls import without_credentials

_SECRET_WORDS = frozenset(  # of a parameter's name: access_token, apiKey, X-Amz-Signature
    "key apikey authkey token auth authtoken sig signature secret pass passwd password pwd credential jwt hmac".split()
)


def without_secrets(url: str) -> str:
    """The URL as it can be published and logged: without user name, password, and parameters named like a secret."""
    url = without_credentials(url)
    head, sharp, fragment = url.partition("#")
    path, mark, query = head.partition("?")
    if not mark:
        return url
    kept = [part for part in query.split("&") if not _is_secret(part)]
    if len(kept) == query.count("&") + 1:
        return url
    return f"{path}?{'&'.join(kept)}{sharp}{fragment}" if kept else f"{path}{sharp}{fragment}"


def secrets_in(url: str) -> tuple[str, ...]:
    """Values of the URL's parameters that are named like a secret, as they stand in it; none shorter than 6."""
    query = url.partition("#")[0].partition("?")[2]
    if not query:
        return ()
    values = (part.partition("=")[2] for part in query.split("&") if _is_secret(part))
    return tuple(value for value in values if len(value) >= 6)


def _is_secret(part: str) -> bool:
    name, _, value = part.partition("=")
    words = re.findall("[A-Z]?[a-z]+|[A-Z]+", unquote(name))
    return bool(value) and not _SECRET_WORDS.isdisjoint(word.lower() for word in words)
