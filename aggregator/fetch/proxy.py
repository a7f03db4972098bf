"""The way out through an HTTP proxy, where feeds.yaml names one: forwarded for http, a tunnel for https.

The proxy looks names up, so that the address guard sees only what is written as an address.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from aggregator.fetch.address import address_of
from aggregator.fetch.address_guard import Network, forbidden, networks
from aggregator.fetch.errors import FetchProblem
from aggregator.fetch.httpx_door import httpcore
from aggregator.fetch.network import GuardedBackend, Resolve
from aggregator.fetch.secrets import Secrets

_ANYWHERE = networks(("0.0.0.0/0", "::/0"))  # the proxy's own place is its operator's choice


class Proxy:
    """Opens connections through the proxy at `written`, an http URL whose parts may be secrets."""

    def __init__(self, written: str, secrets: Secrets, resolve: Resolve, allowed: Sequence[Network]) -> None:
        self._written, self._secrets, self._allowed = written, secrets, allowed
        self._backend = GuardedBackend(_ANYWHERE, resolve)

    def connection(
        self, origin: httpcore.Origin, tls: ssl.SSLContext | None
    ) -> httpcore.AsyncConnectionInterface:
        """A connection of one exchange with `origin`; raises FetchProblem if no feed may live there."""
        self._check(origin.host.decode("ascii"))
        try:
            proxy = address_of(self._secrets.text(self._written, "polling.proxy"))
        except FetchProblem as problem:
            raise FetchProblem("secret", f"polling.proxy cannot be used: {problem}") from None
        if proxy.url.scheme != "http":
            raise FetchProblem("secret", "polling.proxy in feeds.yaml must begin with http://")
        sign_in = [(b"Proxy-Authorization", proxy.authorization)] if proxy.authorization else []
        factory = httpcore.AsyncHTTPProxy(
            proxy.text, proxy_headers=sign_in, ssl_context=tls, network_backend=self._backend
        )
        return factory.create_connection(origin)

    def _check(self, host: str) -> None:
        address: IPv4Address | IPv6Address
        if host == "localhost" or host.endswith(".localhost"):
            address = IPv4Address("127.0.0.1")
        else:
            try:
                address = ip_address(host.strip("[]"))
            except ValueError:
                return
        reason = forbidden(address, self._allowed)
        if reason is not None:
            raise FetchProblem(
                "address",
                f"{host} is {reason}; if that is intended, add its network to allow_addresses in feeds.yaml",
            )
