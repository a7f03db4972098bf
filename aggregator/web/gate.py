"""What a request must pass before it is answered: a host that is ours, a rate that is bearable, a password if set.

The host check is against DNS rebinding: a page on the web can make a browser ask us under a name of its own,
and would read the answer. An address as host cannot be made so, and needs no list.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from time import monotonic

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.web.responses import GUARDS

PROBES = ("/healthz", "/readyz")  # for supervisors: no password, no rate
_MOST_CLIENTS = 10_000  # remembered


@dataclass(frozen=True, slots=True)
class Access:
    """Who may read."""

    hosts: frozenset[str] = frozenset()  # names in lower case, beside addresses and localhost
    authorization: bytes | None = None  # the one value of that header; None: everybody may read
    rate: int = 0  # requests a minute from one address; 0: any number


@dataclass(slots=True)
class Rate:
    """Requests by client: a bucket of a minute's requests that fills evenly."""

    per_minute: int
    _left: OrderedDict[str, tuple[float, float]] = field(
        default_factory=OrderedDict
    )  # what is left, and when

    def allows(self, client: str, now: float) -> bool:
        left, at = self._left.pop(client, (float(self.per_minute), now))
        left = min(self.per_minute, left + (now - at) * self.per_minute / 60)
        allowed = left >= 1
        self._left[client] = (left - 1 if allowed else left, now)
        while len(self._left) > _MOST_CLIENTS:
            self._left.popitem(last=False)
        return allowed


class Gate:
    """An ASGI application that lets requests through to another."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access
        self._rate = Rate(access.rate) if access.rate else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if not is_ours(headers.getlist("Host"), self._access.hosts):
            return _answer(421, "This host name is not served here. Set base_url or web.hosts in feeds.yaml.")
        if scope["path"] in PROBES:
            return None
        client = scope["client"][0] if scope.get("client") else ""
        # Whoever comes over a Unix socket or from this machine without a proxy is the operator.
        if self._rate and client and not _is_local(client) and not self._rate.allows(client, monotonic()):
            return _answer(429, "Too many requests. Please come back in a minute.", {"Retry-After": "60"})
        right = self._access.authorization
        given = headers.get("Authorization", "").encode("latin-1", "replace")
        if right is not None and not hmac.compare_digest(given, right):
            scheme = "Bearer" if right.startswith(b"Bearer ") else 'Basic realm="news", charset="UTF-8"'
            return _answer(401, "A password is needed.", {"WWW-Authenticate": scheme})
        return None


def is_ours(named: Iterable[str], hosts: frozenset[str]) -> bool:
    """Whether these Host headers may be answered. None at all is what a browser never sends (HTTP/1.0)."""
    return all(_is_ours(name.strip().lower(), hosts) for name in named)


@lru_cache(100)
def _is_ours(name: str, hosts: frozenset[str]) -> bool:
    if name.startswith("["):
        host, _, rest = name[1:].partition("]")
        return _is_address(host) and (not rest or rest[0] == ":")
    host = name.partition(":")[0].removesuffix(".")
    return host in hosts or host == "localhost" or host.endswith(".localhost") or _is_address(host)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@lru_cache(1000)
def _is_local(client: str) -> bool:
    try:
        return ip_address(client).is_loopback
    except ValueError:
        return False


def _answer(status: int, text: str, more: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(
        f"{text}\n",
        status,
        {**GUARDS, "Cache-Control": "no-store", "Vary": "Host, Authorization", **(more or {})},
    )
