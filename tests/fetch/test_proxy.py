"""Through an HTTP proxy: forwarded, tunnelled, signed in, refused; and what it may not lead to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from aggregator.fetch import Secrets
from aggregator.models import FetchRequest, Validators
from support.fetching import failed, fetched, names, not_modified
from support.server import Feed, Raw, Reply, Server, redirect, serve

from .test_tls import Certificate, certificate

__all__ = ["certificate"]  # a fixture
BODY = b"<rss/>"


def through(by: Server, **settings: Any) -> dict[str, Any]:
    return {"proxy": by.url(), "allow_addresses": ()} | settings


def relay(to: Server) -> Callable[[socket.socket], None]:
    """For Raw: opens a tunnel to the server."""

    def pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            with_shutdown(end)

    def with_shutdown(end: socket.socket) -> None:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)

    def tunnel(client: socket.socket) -> None:
        with socket.create_connection((to.host, to.port)) as far:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(far, client), daemon=True)
            back.start()
            pump(client, far)
            back.join(timeout=5)

    return tunnel


def test_http_is_forwarded_and_the_proxy_looks_names_up() -> None:
    with serve({"http://feed.example/feed": Feed(BODY, etag='"1"')}) as proxy:
        result = fetched("http://feed.example/feed", **through(proxy))
        again = FetchRequest(result.url, result.validators)
        assert not_modified(again, **through(proxy)).url == "http://feed.example/feed"
    assert result.url == "http://feed.example/feed"
    assert proxy.requests[0].header("Host") == "feed.example"
    assert proxy.requests[1].header("If-None-Match") == '"1"'
    assert proxy.requests[0].header("Proxy-Authorization") is None


def test_https_goes_through_a_tunnel(certificate: Certificate) -> None:
    with serve({"/feed": Feed(BODY)}, tls=certificate.server) as secure:
        with serve({"feed.example:443": Raw(relay(secure))}) as proxy:
            result = fetched(
                FetchRequest("https://feed.example/feed", Validators(), auth="bearer t0k3n"),
                **through(proxy, make_tls=certificate.trusted),
            )
    assert result.body == BODY
    assert [(request.method, request.target) for request in proxy.requests] == [
        ("CONNECT", "feed.example:443")
    ]
    assert proxy.requests[0].header("Authorization") is None
    assert secure.requests[0].header("Authorization") == "Bearer t0k3n"


def test_a_certificate_is_that_of_the_feed(certificate: Certificate) -> None:
    with (
        serve({"/": b"x"}, tls=certificate.server) as secure,
        serve({"other.example:443": Raw(relay(secure))}) as proxy,
    ):
        error = failed("https://other.example/", **through(proxy, make_tls=certificate.trusted))
    assert error.kind == "unreachable"
    assert error.message.startswith("the certificate of other.example is not valid")


def test_signing_in_at_the_proxy_is_for_the_proxy_alone() -> None:
    secrets = Secrets(environment={"PASSWORD": "s3cret"})
    with serve({"http://feed.example/": b"x"}) as proxy:
        way = proxy.url().replace("//", "//ann:${PASSWORD}@")
        fetched("http://feed.example/", **through(proxy, proxy=way, secrets=secrets))
    assert proxy.requests[0].header("Proxy-Authorization") == "Basic YW5uOnMzY3JldA=="
    assert proxy.requests[0].header("Authorization") is None


@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "403"), (407, "407"), (502, "502")],
    ids=["refused", "sign in", "no such host"],
)
def test_a_proxy_that_opens_no_tunnel(status: int, words: str) -> None:
    with serve({"feed.example:443": Reply(status)}) as proxy:
        error = failed("https://feed.example/", **through(proxy))
    assert (error.kind, error.message) == ("unreachable", f"the proxy refused the connection: {words}")


def test_a_proxy_that_is_not_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = failed("http://feed.example/", proxy=f"http://127.0.0.1:{unused.getsockname()[1]}/")
    assert error.kind == "unreachable"
    assert "cannot connect to 127.0.0.1" in error.message


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://0x7f.1/",
        "http://[::1]/",
        "http://169.254.169.254/",
        "http://localhost/",
        "http://a.localhost/",
    ],
)
def test_a_proxy_is_no_way_into_a_private_network(url: str) -> None:
    with serve({}) as proxy:
        error = failed(url, **through(proxy))
    assert (error.kind, proxy.requests) == ("address", [])


def test_nor_is_a_redirect_through_it() -> None:
    with serve({"http://feed.example/": redirect("http://192.168.0.1/")}) as proxy:
        error = failed("http://feed.example/", **through(proxy))
    assert (error.kind, len(proxy.requests)) == ("address", 1)


def test_what_is_meant_can_be_allowed() -> None:
    with serve({"http://10.0.0.1/": b"x"}) as proxy:
        assert fetched("http://10.0.0.1/", **through(proxy, allow_addresses=("10.0.0.0/8",))).body == b"x"


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("https://proxy.example/", "polling.proxy in feeds.yaml must begin with http://"),
        ("${NOTHING}", "polling.proxy cannot be used: polling.proxy in feeds.yaml needs ${NOTHING}"),
    ],
)
def test_a_proxy_that_cannot_be_used(way: str, words: str) -> None:
    error = failed("http://feed.example/", proxy=way, secrets=Secrets(environment={}), resolve=names({}))
    assert (error.kind, error.message[: len(words)]) == ("secret", words)
