"""The guard at work. Every target is on loopback: were it to fail, nothing else would be reached."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from aggregator.models import Fetched, FetchError, FetchRequest
from support.fetching import LeapingLoop, failed, fetch, fetched, fetcher, names
from support.server import Raw, Reply, Route, hang, redirect, serve

ODD_LOOPBACKS = {
    "dotted": "127.0.0.1",
    "short": "127.1",
    "hexadecimal": "0x7f.1",
    "octal": "0177.0.0.1",
    "one number": "2130706433",
    "one hexadecimal number": "0x7f000001",
    "another of the network": "127.9.8.7",
    "trailing dot": "127.0.0.1.",
    "full-width digits": "１２７.0.0.1",
    "ideographic full stops": "127。0。0。1",
    "percent-encoded": "%31%32%37.0.0.1",
    "unspecified": "0.0.0.0",
    "zero": "0",
    "IPv6": "[::1]",
    "IPv6, long": "[0:0:0:0:0:0:0:1]",
    "mapped": "[::ffff:127.0.0.1]",
    "mapped, hexadecimal": "[::ffff:7f00:1]",
    "compatible": "[::127.0.0.1]",
}


@pytest.mark.parametrize("host", ODD_LOOPBACKS.values(), ids=ODD_LOOPBACKS.keys())
def test_loopback_is_refused_however_it_is_written(host: str) -> None:
    with serve({"/": b"secret"}) as server:
        error = failed(f"http://{host}:{server.port}/", allow_addresses=())
        assert error.kind == "address", error
        assert "allow_addresses in feeds.yaml" in error.message
        assert server.requests == []


@pytest.mark.parametrize("host", ["[fe80::1%251]", "[fe80::1%25lo]", "[::1%251]"])
def test_an_address_with_a_scope_is_refused(host: str) -> None:
    assert failed(f"http://{host}:9999/").kind == "address"


def test_a_scope_that_the_resolver_adds_is_refused() -> None:
    with serve({"/": b"x"}) as server:
        error = failed(f"http://feed.example:{server.port}/", resolve=names({"feed.example": ["::1%1"]}))
    assert error.kind == "address"
    assert "interface" in error.message


def test_one_forbidden_address_is_enough_to_refuse_the_name() -> None:
    with serve({"/": b"x"}) as server:
        error = failed(
            f"http://feed.example:{server.port}/",
            resolve=names({"feed.example": ["127.0.0.1", "127.0.0.2"]}),
            allow_addresses=["127.0.0.1/32"],
        )
        assert server.requests == []
    assert error.kind == "address"
    assert error.message.startswith("feed.example (127.0.0.2) is a loopback address")


def test_a_name_is_resolved_once() -> None:
    answers: list[Sequence[str]] = [["127.0.0.1"], ["127.0.0.2"]]

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    with serve({"/": b"x"}) as server:
        result = fetch(
            f"http://feed.example:{server.port}/", resolve=rebinding, allow_addresses=["127.0.0.1/32"]
        )
    assert isinstance(result, Fetched)
    assert len(answers) == 1


def test_each_hop_is_guarded() -> None:
    with serve({"/": b"secret"}, host="127.0.0.2") as inner:
        with serve({"/": redirect(inner.url(), 302)}) as outer:
            error = failed(outer.url(), allow_addresses=["127.0.0.1/32"])
            assert len(outer.requests) == 1
        assert inner.requests == []
    assert error.kind == "address"
    assert inner.url() in error.message


def test_the_next_address_is_tried_where_one_refuses() -> None:
    with serve({"/": b"x"}) as server:
        result = fetched(
            f"http://feed.example:{server.port}/",
            resolve=names({"feed.example": ["::1", "127.0.0.9", "127.0.0.1"]}),
        )
    assert result.body == b"x"


def test_an_address_that_does_not_answer_leaves_time_for_the_next() -> None:
    loop = LeapingLoop()

    async def resolve(host: str, port: int) -> Sequence[str]:
        loop.leap(6)  # once the first address is being tried, which may take 5 of the 10 seconds for both
        return ["127.0.0.9", "127.0.0.1"]

    with serve({"/": b"x"}) as server, socket.socket() as hole:
        hole.bind(("127.0.0.9", server.port))
        hole.listen(0)
        with socket.create_connection(
            ("127.0.0.9", server.port)
        ):  # its queue is full: what follows is dropped
            result = fetch(f"http://feed.example:{server.port}/", resolve=resolve, loop=loop)
    assert isinstance(result, Fetched), result


def test_a_refused_connection_is_told_as_such() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = failed(f"http://127.0.0.1:{unused.getsockname()[1]}/")
    assert error.kind == "unreachable"
    assert "connection refused" in error.message


def test_a_name_without_addresses_is_unreachable() -> None:
    error = failed("http://feed.example/", resolve=names({"feed.example": []}))
    assert (error.kind, "no address" in error.message) == ("unreachable", True)


@pytest.mark.parametrize(
    ("code", "words"), [(socket.EAI_NONAME, "no such host"), (socket.EAI_AGAIN, "the DNS lookup of")]
)
def test_the_dns_saying_no_is_unreachable(code: int, words: str) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(code, "for a while")

    error = failed("http://feed.example/", resolve=resolve)
    assert error.kind == "unreachable"
    assert words in error.message


def test_the_dns_saying_nothing_is_unreachable_rather_than_slow() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    error = failed("http://feed.example/", resolve=resolve, timeout=0.2)
    assert error.kind == "unreachable"
    assert "DNS" in error.message


@pytest.mark.parametrize(
    "host", ["a" * 300, "a." * 150 + "b", "a..b", "-", "_x_", "xn--", "xn--a-ecp.ru", "a_b"]
)
def test_odd_names_are_values_too(host: str) -> None:
    assert failed(f"http://{host}:1234/", resolve=names({host: []})).kind in ("address", "unreachable")


def test_the_system_resolver_takes_any_name_without_raising() -> None:
    # Refused before anything is asked of the DNS: labels too long, empty, and not ASCII.
    for host in ("a" * 64, "a" * 300):
        assert isinstance(fetch(f"http://{host}/"), FetchError)


def test_no_socket_is_left_open() -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def endless(client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        hang(client)

    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc to count what is open")

    routes: dict[str, Route] = {
        "/good": b"x",
        "/large": b"x" * 5000,
        "/endless": Raw(endless),
        "/silent": Raw(hang),
        "/broken": Raw(b"nonsense\r\n\r\n"),
        "/missing": Reply(404),
        "/circle": redirect("/circle"),
    }

    async def run() -> int:
        async with fetcher(timeout=0.2, max_body=1000) as one:
            before = count()
            with serve(routes) as server:
                requests = [FetchRequest(server.url(path)) for path in routes] * 3
                await asyncio.gather(*(one.fetch(request) for request in requests))
            return count() - before

    assert asyncio.run(run()) == 0
