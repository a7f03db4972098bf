"""Tries the way to a feed's host as a poll goes it: the name, a connection, the certificate. Asks for nothing."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from aggregator.fetch.address import address_of
from aggregator.fetch.address_guard import networks
from aggregator.fetch.errors import FetchProblem, explain, readable
from aggregator.fetch.httpx_door import httpx
from aggregator.fetch.network import GuardedBackend, Resolve, ask_system
from aggregator.records import dataclass

Stage = Literal["dns", "connection", "tls"]
_SECONDS = 10.0  # for each stage


@dataclass(frozen=True, slots=True)
class Probe:
    """How far we came with one host."""

    host: str
    lookup: float = 0.0  # seconds that finding its addresses took
    expires: datetime | None = None  # its certificate; None without TLS
    failed: Stage | None = None
    problem: str = ""


def certificates() -> ssl.SSLContext:
    """The certificates that polling goes by. Raises OSError where those that SSL_CERT_FILE names cannot be read."""
    return httpx.create_ssl_context()


async def probe(
    url: str, tls: ssl.SSLContext, allow_addresses: Sequence[str] = (), resolve: Resolve = ask_system
) -> Probe:
    """Tries the host of this URL."""
    stage: Stage = "dns"
    lookup, expires, host = 0.0, None, url
    try:
        found = address_of(url).url
        host, port = found.raw_host.decode("ascii"), found.port or (443 if found.scheme == "https" else 80)
        loop = asyncio.get_running_loop()
        began = loop.time()
        backend = GuardedBackend(networks(allow_addresses), resolve)
        addresses = await backend.addresses(host, port, began + _SECONDS)
        lookup, stage = loop.time() - began, "connection"

        async def known(_host: str, _port: int) -> Sequence[str]:
            return addresses

        stream = await GuardedBackend(networks(allow_addresses), known).connect_tcp(host, port, _SECONDS)
        stage = "tls"
        if found.scheme == "https":
            secure = await stream.start_tls(tls, host, _SECONDS)
            expires = _expiry(secure.certificate())
        await stream.aclose()
    except FetchProblem as problem:
        return Probe(host, lookup, failed=stage, problem=readable(str(problem)))
    except Exception as error:  # whatever a server can make the libraries raise is about this host alone
        return Probe(host, lookup, failed=stage, problem=readable(str(explain(error))))
    return Probe(host, lookup, expires)


def _expiry(certificate: dict[str, object]) -> datetime | None:
    until = certificate.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC) if isinstance(until, str) else None
