from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from aggregator.models import Fetched, FetchRequest, NotModified, Validators
from support.fetching import LeapingLoop, failed, fetch_all, fetched, names
from support.server import Feed, Raw, Route, hang, redirect, serve

LOCAL = {
    host: ["127.0.0.1"] for host in ("127.0.0.1", "feed.example", "feed.example.", "xn--bcher-kva.example")
}


@dataclass
class Certificate:
    """A certificate for feed.example and 127.0.0.1 that signs itself."""

    file: Path
    server: ssl.SSLContext

    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.file)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("TLS IS NOT TESTED: there is no openssl here to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    file, key = folder / "certificate.pem", folder / "key.pem"
    names = "subjectAltName=DNS:feed.example,DNS:xn--bcher-kva.example,IP:127.0.0.1,IP:::1"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += [
        "-days",
        "2",
        "-subj",
        "/CN=feed.example",
        "-addext",
        names,
        "-keyout",
        str(key),
        "-out",
        str(file),
    ]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    return Certificate(file, context)


@pytest.mark.parametrize("host", ["127.0.0.1", "feed.example", "feed.example.", "bücher.example"])
def test_https_is_fetched_and_asked_again(certificate: Certificate, host: str) -> None:
    body = b"<rss/>" * 50_000
    with serve({"/": Feed(body, etag='"1"')}, tls=certificate.server) as server:
        url = f"https://{host}:{server.port}/"
        first, second = fetch_all(
            url,
            FetchRequest(url, Validators(b'"1"')),
            make_tls=certificate.trusted,
            resolve=names(LOCAL),
        )
    assert isinstance(first, Fetched), first
    assert bytes(first.body) == body
    assert isinstance(second, NotModified)


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Certificate) -> None:
    with serve({"/": b"x"}, tls=certificate.server) as server:
        error = failed(server.url())
        assert server.requests == []
    assert error.kind == "unreachable"
    assert error.message == "the certificate of 127.0.0.1 is not valid: self-signed certificate"


def test_a_certificate_of_another_host_is_refused(certificate: Certificate) -> None:
    with serve({"/": b"x"}, tls=certificate.server) as server:
        error = failed(
            f"https://other.example:{server.port}/",
            make_tls=certificate.trusted,
            resolve=names({"other.example": ["127.0.0.1"]}),
        )
        assert server.requests == []
    assert error.kind == "unreachable"
    assert "the certificate of other.example is not valid" in error.message
    assert "mismatch" in error.message.lower()


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""], ids=["refuses", "waits"])
def test_https_asked_of_plain_http_is_unreachable(answer: bytes) -> None:
    loop = LeapingLoop()

    def serve_one() -> None:
        client, _ = listener.accept()
        with client, contextlib.suppress(OSError):
            client.recv(1000)
            client.sendall(answer)
            if not answer:
                loop.leap(11)  # more than a handshake may take
            hang(client)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve_one)
        thread.start()
        error = failed(f"https://127.0.0.1:{listener.getsockname()[1]}/", loop=loop)
        thread.join()
    assert error.kind == "unreachable"
    assert "TLS" in error.message


def test_http_asked_of_https_is_a_value(certificate: Certificate) -> None:
    with serve({"/": b"x"}, tls=certificate.server) as server:
        assert failed(f"http://127.0.0.1:{server.port}/").kind == "protocol"


def test_the_limits_hold_within_tls(certificate: Certificate) -> None:
    loop = LeapingLoop()

    def silent(client: socket.socket) -> None:
        loop.leap(61)
        hang(client)

    routes: dict[str, Route] = {
        "/short": Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"),
        "/1xx": Raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000),
        "/large": b"x" * 2_000_000,
        "/silent": Raw(silent),
        "/closed": Raw(b"HTTP/1.1 200 OK\r\n\r\n<rss/>"),  # no length, and no TLS goodbye
    }
    with serve(routes, tls=certificate.server) as server:
        kinds = {
            path: getattr(result, "kind", "")
            for path in routes
            for result in fetch_all(
                server.url(path), make_tls=certificate.trusted, loop=loop if path == "/silent" else None
            )
        }
    assert kinds == {
        "/short": "protocol",
        "/1xx": "protocol",
        "/large": "size",
        "/silent": "timeout",
        "/closed": "",
    }


def test_certificates_are_read_once_and_not_for_http(certificate: Certificate) -> None:
    made: list[ssl.SSLContext] = []

    def make() -> ssl.SSLContext:
        made.append(certificate.trusted())
        return made[-1]

    with serve({"/": b"x"}) as plain, serve({"/": b"x"}, tls=certificate.server) as secure:
        fetch_all(plain.url(), make_tls=make)
        assert not made
        fetch_all(plain.url(), secure.url(), secure.url(), make_tls=make)
    assert len(made) == 1


def test_a_step_up_to_https_is_a_move(certificate: Certificate) -> None:
    with serve({"/": b"x"}, tls=certificate.server) as secure, serve({"/": redirect(secure.url())}) as plain:
        up = fetched(plain.url(), make_tls=certificate.trusted)
    assert up.url == up.moved_to == secure.url()


def test_a_step_down_to_http_carries_no_password(certificate: Certificate) -> None:
    with (
        serve({"/": b"x"}) as plain,
        serve({"/": redirect(plain.url())}, tls=certificate.server) as secure,
    ):
        down = fetched(f"https://ann:secret@127.0.0.1:{secure.port}/", make_tls=certificate.trusted)
    assert (down.url, down.moved_to) == (plain.url(), None)
    assert secure.requests[0].header("Authorization") is not None
    assert plain.requests[0].header("Authorization") is None
