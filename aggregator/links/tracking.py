"""Tracking parameters, which readers are better off without."""

from __future__ import annotations

from urllib.parse import unquote

from aggregator import lists
from aggregator.links.urls import host


def clean(url: str, own_hosts: frozenset[str] = frozenset()) -> str:
    """A publisher's link less its tracking parameters; the rest stays to the letter.

    `own_hosts`: hosts of the feed and its site; `ref=` and the like go when they name one of them.
    """
    head, sharp, fragment = url.partition("#")
    path, mark, query = head.partition("?")
    if mark:
        kept = [part for part in query.split("&") if not is_tracking(part, own_hosts)]
        head = f"{path}?{'&'.join(kept)}" if kept or not query else path
    if sharp and fragment and all(is_tracking(part, own_hosts) for part in fragment.split("&")):
        return head
    return head + sharp + fragment


def is_tracking(part: str, own_hosts: frozenset[str]) -> bool:
    """Whether a parameter (name=value) only says where a reader came from."""
    name, _, value = part.partition("=")
    name = name.lower()
    whole, prefixes = lists.names("tracking")
    if name in whole or name.startswith(prefixes):
        return True
    if name not in lists.names("ambiguous")[0]:
        return False
    value = unquote(value).lower()
    channels, channel_prefixes = lists.names("channels")
    if value in channels or value.startswith(channel_prefixes):
        return True
    named = host(value) if "://" in value else value.removeprefix("www.").strip("/")
    return bool(named) and named in own_hosts
