"""One polite conditional GET: follows redirects, reads within limits, and returns a value whatever happens."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from aggregator.errors import StoreError
from aggregator.fetch.address import address_of, without_credentials
from aggregator.fetch.address_guard import networks
from aggregator.fetch.body import coding, read_body, too_large
from aggregator.fetch.errors import FetchProblem, explain, readable
from aggregator.fetch.headers import Pairs, first, headers_in, request_headers, retry_after, validators_in
from aggregator.fetch.httpx_door import httpx
from aggregator.fetch.network import GuardedBackend, Resolve, ask_system
from aggregator.fetch.ping import ping
from aggregator.fetch.proxy import Proxy
from aggregator.fetch.redirects import REDIRECTS, RedirectChain
from aggregator.fetch.secrets import Secrets
from aggregator.fetch.status import is_whole, status_message
from aggregator.fetch.transport import Transport
from aggregator.models import Fetched, FetchError, FetchRequest, FetchResult, NotModified, Validators
from aggregator.records import replace

Turn = Callable[[str], AbstractAsyncContextManager[None]]  # held during a request to the host of a URL

LONGEST_CONNECT = 10.0  # seconds, of finding and connecting, and again of the TLS handshake
_NO_BODY = httpx.ByteStream(b"")


class Fetcher:
    """Fetches documents, any number at a time; one serves the whole program.

    It speaks to httpx's transport and not to its client, whose every service is one too many here: a
    cookie jar, proxies from the environment, redirects built before they are checked.
    """

    def __init__(
        self,
        *,
        user_agent: str,  # "aggregator/1.0 (+https://example.org/contact)"
        now: Callable[[], datetime],
        timeout: float = 30.0,  # seconds, of the whole exchange
        max_body: int = 10_000_000,  # bytes, unpacked
        allow_addresses: Sequence[str] = (),  # networks in CIDR form
        resolve: Resolve = ask_system,
        make_tls: Callable[[], ssl.SSLContext] = httpx.create_ssl_context,  # heeds SSL_CERT_FILE
        proxy: str | None = None,  # an http URL, as in feeds.yaml
        secrets: Secrets | None = None,
        folder: Path | None = None,  # for large documents until they are read; None: that of the system
    ) -> None:
        self._user_agent = user_agent.encode("ascii")
        self._now = now
        self._timeout = timeout
        self._max_body, self._folder = max_body, folder
        self._secrets = secrets or Secrets()
        allowed = networks(allow_addresses)
        way_out = Proxy(proxy, self._secrets, resolve, allowed) if proxy else None
        self._transport = Transport(GuardedBackend(allowed, resolve), make_tls, way_out)
        # Half the time at most, so that a host that cannot be reached is told from one that is slow.
        self._extensions = {"timeout": {"connect": min(LONGEST_CONNECT, timeout / 2)}}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Connections live no longer than their exchange: nothing is left to be closed."""

    async def ping(self, hub: str, topic: str) -> str | None:
        """Tells a WebSub hub that the feed at `topic` has changed; None where it took notice, else why not."""
        return await ping(self._transport, self._user_agent, hub, topic, self._timeout)

    async def fetch(self, request: FetchRequest, turn: Turn = lambda _: nullcontext()) -> FetchResult:
        """What the server says to one conditional GET; every failure is a FetchError, never an exception.

        `turn` is taken anew for each redirect; waiting for it costs none of the exchange's time.
        """
        try:
            start = address_of(request.url)
            if request.auth:
                start = replace(start, authorization=self._secrets.authorization(request.auth))
            own = self._secrets.headers(request.headers)
        except FetchProblem as unusable:
            return FetchError(without_credentials(request.url), unusable.kind, readable(str(unusable)))
        chain = RedirectChain(start, private=bool(own))
        return replace(await self._fetch(chain, request, own, turn), elapsed=chain.spent)

    async def _fetch(
        self, chain: RedirectChain, request: FetchRequest, own: Pairs, turn: Turn
    ) -> FetchResult:
        try:
            async with asyncio.timeout(None) as deadline:
                return await self._follow(chain, request, own, turn, deadline)
        except TimeoutError:
            late = "incomplete response" if chain.answered else "no response"
            problem = FetchProblem("timeout", f"{late} within {self._timeout:g} seconds")
        except StoreError:  # the turn's
            raise
        except Exception as error:  # whatever a server can make the library raise is about this feed alone
            problem = explain(error)
        return FetchError(chain.here.text, problem.kind, readable(f"{problem}{chain.words}"))

    async def _follow(
        self, chain: RedirectChain, request: FetchRequest, own: Pairs, turn: Turn, deadline: asyncio.Timeout
    ) -> FetchResult:
        giver = chain.start.text
        if request.validators_url and request.validators_url != request.url:
            giver = address_of(request.validators_url).text
        loop = asyncio.get_running_loop()
        while True:
            here = chain.here
            validators = request.validators if here.text == giver else Validators()
            async with turn(here.text):
                began = loop.time()
                deadline.reschedule(began + self._timeout - chain.spent)
                try:
                    result = await self._step(chain, validators, own)
                finally:
                    chain.spent += loop.time() - began
                deadline.reschedule(None)
            if result is not None:
                return result

    async def _step(self, chain: RedirectChain, validators: Validators, own: Pairs) -> FetchResult | None:
        """One request; None where it leads elsewhere. What the feed brings along stays at its origin."""
        here = chain.here
        own = own if here.origin == chain.start.origin else []
        headers = request_headers(self._user_agent, here, validators, own)
        response = await self._transport.handle_async_request(
            httpx.Request("GET", here.url, headers=headers, stream=_NO_BODY, extensions=self._extensions)
        )
        chain.answered = True
        try:
            if response.status_code not in REDIRECTS:
                return await self._read(response, chain, validators)
            chain.follow(response.status_code, first(response.headers.raw, b"location"))
        finally:
            await response.aclose()
        return None

    async def _read(self, response: httpx.Response, chain: RedirectChain, sent: Validators) -> FetchResult:
        status, raw = response.status_code, response.headers.raw
        headers, validators = headers_in(raw), validators_in(raw)
        url, conditional = chain.here.text, sent != Validators()
        delta = status == 226 and sent.etag is not None and headers.get("im", "").strip().lower() == "feed"
        if status == 304 and conditional:
            return NotModified(url, validators, headers, moved_to=chain.moved_to)
        if status == 304:
            raise FetchProblem("protocol", "304 Not Modified in response to an unconditional request")
        if not (delta or is_whole(status, headers)):
            return FetchError(
                url,
                kind="status",
                message=readable(f"{status_message(status)}{chain.words}"),
                status=status,
                retry_after=retry_after(status, headers, self._now()),
                headers=headers,
            )
        if int(headers.get("content-length", 0)) > self._max_body:
            raise too_large(self._max_body)
        packed = coding(headers.get("content-encoding", ""))
        body = await read_body(response.aiter_raw(), packed, self._max_body, self._folder)
        return Fetched(url, body, validators, headers, moved_to=chain.moved_to, delta=delta)
