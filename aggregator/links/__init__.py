"""Links as browsers read them (WHATWG URL), cleaned for readers, and the canonical key to compare them by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aggregator.links.urls import absolute, feed_name, host, is_loopback, site, without_credentials

if TYPE_CHECKING:
    from aggregator.links.keys import link_key
    from aggregator.links.secrets import secrets_in, without_secrets
    from aggregator.links.tracking import clean

__all__ = [
    "absolute",
    "clean",
    "feed_name",
    "host",
    "is_loopback",
    "link_key",
    "secrets_in",
    "site",
    "without_credentials",
    "without_secrets",
]

# What a listing of stories has no use for, and where it stands; imported when it is first asked for.
_HOMES = {"clean": "tracking", "link_key": "keys", "secrets_in": "secrets", "without_secrets": "secrets"}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found
