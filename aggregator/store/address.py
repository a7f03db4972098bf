"""The address of a PostgreSQL database, as it may be shown."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

SCHEMES = ("postgresql:", "postgres:")
_SECRET = ("password", "passfile", "sslkey", "sslpassword")


def is_postgresql(where: object) -> bool:
    return str(where).startswith(SCHEMES)


def shown(url: str) -> str:
    """The address without its password, for people."""
    if not is_postgresql(url):
        return "that `store` in feeds.yaml names"
    parts = urlsplit(url)
    user, at, place = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    query = [
        (key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key not in _SECRET
    ]
    return urlunsplit(
        (parts.scheme, f"{name}{at}{place}", parts.path, urlencode(query, quote_via=quote, safe="/"), "")
    )
