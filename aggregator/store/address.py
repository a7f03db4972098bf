"""The address of a PostgreSQL database, as it may be shown."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

SCHEMES = ("postgresql:", "postgres:")
# Parameters that hold no secret. Of all others nothing is shown: a name may be mistyped.
_PLAIN = frozenset(
    "host hostaddr port dbname user options sslmode sslrootcert sslcert target_session_attrs application_name"
    " connect_timeout load_balance_hosts keepalives keepalives_idle keepalives_interval keepalives_count"
    " tcp_user_timeout".split()
)

_HIDDEN = "that `store` in feeds.yaml names"


def is_postgresql(where: object) -> bool:
    return str(where).startswith(SCHEMES)


def shown(url: str) -> str:
    """The address without its password, for people."""
    from aggregator.uris import database_advice

    if not is_postgresql(url) or database_advice(url):
        return _HIDDEN
    try:
        parts = urlsplit(url)
    except ValueError:
        return _HIDDEN
    user, at, place = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key in _PLAIN]
    return urlunsplit(
        (parts.scheme, f"{name}{at}{place}", parts.path, urlencode(query, quote_via=quote, safe="/"), "")
    )
