"""Opens connections, and only to addresses that the guard has seen.

A name is resolved once; every address it has must be allowed, and the one connected to is one of those,
as a literal. So neither a second answer of the DNS (rebinding) nor a redirect leads past the table.
"""

# ruff: noqa: ASYNC109 -- httpcore asks for `timeout` arguments

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import ip_address

from aggregator.fetch.address_guard import Network, forbidden
from aggregator.fetch.errors import FetchProblem, local_problem
from aggregator.fetch.httpx_door import httpcore
from aggregator.fetch.stream import Stream

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]  # host, port -> addresses, best first


async def ask_system(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says, in a thread for each question: it blocks for as long as the DNS likes.

    asyncio's threads are few, so that names that hang would keep all others waiting, and those of a pool are
    waited for when the program ends. This one is not.
    """
    try:  # "127.0.0.1", and also "0x7f.1" and "2130706433": no need for DNS
        return _lookup(host, port, socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[str]] = loop.create_future()

    def deliver(found: Sequence[str] | Exception) -> None:
        if answer.done():  # nobody waits any more
            return
        if isinstance(found, Exception):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def resolve() -> None:
        found: Sequence[str] | Exception
        try:
            found = _lookup(host, port, 0)
        except Exception as error:
            found = error
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(deliver, found)

    threading.Thread(target=resolve, name="resolver", daemon=True).start()
    return await answer


def _lookup(host: str, port: int, flags: int) -> Sequence[str]:
    # As bytes, since for text Python's IDNA codec stands between, with exceptions of its own.
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys(_literal(info[4]) for info in found))


def _literal(address: tuple[object, ...]) -> str:
    scope = address[3] if len(address) == 4 else 0
    return f"{address[0]}%{scope}" if scope else str(address[0])


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to public addresses, and to those within `allowed`."""

    def __init__(self, allowed: Sequence[Network], resolve: Resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> Stream:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + (timeout or 10.0)
        addresses = await self.addresses(host, port, deadline)
        problem = "it has no address"
        for tries_left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:  # the first may be a black hole (broken IPv6): the others get their share of the time
                async with asyncio.timeout((deadline - loop.time()) / tries_left):
                    return Stream(await _connect(address, port), host)
            except TimeoutError:
                problem = "it does not answer"
            except OSError as error:
                if local := local_problem(error):
                    raise local from error
                problem = os.strerror(error.errno).lower() if error.errno else str(error)
        raise FetchProblem("unreachable", f"cannot connect to {host}, port {port}: {problem}")

    async def addresses(self, host: str, port: int, deadline: float) -> Sequence[str]:
        """All that the name has, where a feed may live at each of them. Raises FetchProblem."""
        try:
            async with asyncio.timeout_at(deadline):
                addresses = await self._resolve(host, port)
        except TimeoutError:
            raise FetchProblem("unreachable", f"the DNS lookup of {host} timed out") from None
        except socket.gaierror as error:
            if local := _no_descriptor_left():
                raise local from error
            if error.errno == socket.EAI_NONAME:
                raise FetchProblem("unreachable", f"no such host: {host}") from error
            raise FetchProblem("unreachable", f"the DNS lookup of {host} failed: {error.strerror}") from error
        for address in addresses:
            reason = forbidden(ip_address(address), self._allowed)
            if reason is not None:
                place = host if host == address else f"{host} ({address})"
                raise FetchProblem(
                    "address",
                    f"{place} is {reason}; if that is intended, add its network to allow_addresses in feeds.yaml",
                )
        return addresses


def _no_descriptor_left() -> FetchProblem | None:
    """The problem where no socket can be made: the resolver then says that there is no such host."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
    except OSError as error:
        return local_problem(error)
    return None


async def _connect(address: str, port: int) -> socket.socket:
    connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, (address, port))
    except BaseException:
        connection.close()
        raise
    return connection
