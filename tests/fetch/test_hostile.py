"""Servers that break the rules: whatever they send, one value comes back, soon and small."""

from __future__ import annotations

import gzip
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.errors import explain, readable
from aggregator.models import Fetched, FetchError, FetchRequest, Validators
from support.fetching import LeapingLoop, failed, fetch, fetched
from support.server import Raw, Reply, hang, serve

ANSWERS = {
    "nothing": (b"", "protocol", "incomplete response"),
    "half a status line": (b"HTTP/1.", "protocol", ""),
    "not HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "protocol", "not a valid HTTP response"),
    "HTML alone": (b"<html>hello</html>\r\n\r\n", "protocol", "not a valid HTTP response"),
    "HTTP/2 in the clear": (b"\0\0\x12\4\0\0\0\0\0" * 20, "protocol", ""),
    "headers without end": (b"HTTP/1.1 200 OK\r\nX: 1\r\n", "protocol", "incomplete response"),
    "a header that is none": (
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "protocol",
        "not a valid HTTP response",
    ),
    "a space before the colon": (
        b"HTTP/1.1 200 OK\r\nX : 1\r\n\r\n",
        "protocol",
        "not a valid HTTP response",
    ),
    "a null in a header": (b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", "protocol", "not a valid HTTP response"),
    "status with letters": (b"HTTP/1.1 2OO OK\r\n\r\n", "protocol", "not a valid HTTP response"),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "protocol", ""),
    "negative length": (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nab", "protocol", ""),
    "length in words": (b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nab", "protocol", ""),
    "length without end": (
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        "protocol",
        "",
    ),
    "short body": (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "protocol", "incomplete response"),
    "chunks cut short": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "protocol",
        "incomplete response",
    ),
    "no last chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "protocol", ""),
    "chunk without a size": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n",
        "protocol",
        "not a valid HTTP response",
    ),
    "a transfer coding of its own": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "protocol",
        "",
    ),
    "declared too large": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000001\r\n\r\n", "size", "polling.max_body"),
    "brotli": (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nx", "encoding", "compressed as br"),
    "no word": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: \xadb\x9cr\r\n\r\nx",
        "encoding",
        "compressed as ?b?r,",
    ),
    "gzip twice": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n"
        + gzip.compress(gzip.compress(b"x")),
        "encoding",
        "more than once",
    ),
    "gzip cut short": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"x" * 999)[:-9],
        "encoding",
        "is incomplete",
    ),
    "a bomb": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(30_000_000)),
        "size",
        "larger than 1 MB",
    ),
    "a header of 200 KB": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", "protocol", ""),
    "headers of 1 MB": (b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 200_000 + b"\r\n", "protocol", ""),
    "1xx without end": (
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20_000,
        "protocol",
        "headers of more than 256 KB",
    ),
}


@pytest.mark.parametrize(("answer", "kind", "words"), ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_against_the_rules_is_a_value(answer: bytes, kind: str, words: str) -> None:
    with serve({"/": Raw(answer)}) as server:
        error = failed(server.url())
    assert (error.kind, words in error.message) == (kind, True), error
    assert error.message.isprintable()
    assert len(error.message) <= 300


TOLERABLE = {
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\n<rss/>", b"<rss/>"),
    "no phrase": (b"HTTP/1.1 200\r\n\r\n<rss/>", b"<rss/>"),
    "bare line feeds": (b"HTTP/1.1 200 OK\nX: 1\n\n<rss/>", b"<rss/>"),
    "a hint before": (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n<rss/>", b"<rss/>"),
    "the same length twice": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 6\r\n\r\n<rss/>",
        b"<rss/>",
    ),
    "more than its length": (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<rss/>more", b"<rss/>"),
    "chunks with extensions": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6;a=b\r\n<rss/>\r\n0\r\nX: 1\r\n\r\n",
        b"<rss/>",
    ),
    "a folded header": (b"HTTP/1.1 200 OK\r\nX: 1\r\n  2\r\n\r\n<rss/>", b"<rss/>"),
    "gzip unsaid": (b"HTTP/1.1 200 OK\r\n\r\n" + gzip.compress(b"<rss/>"), b"<rss/>"),
    "gzip said, not done": (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n<rss/>", b"<rss/>"),
    "empty": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
}


@pytest.mark.parametrize(("answer", "body"), TOLERABLE.values(), ids=TOLERABLE.keys())
def test_a_harmless_fault_is_overlooked(answer: bytes, body: bytes) -> None:
    with serve({"/": Raw(answer)}) as server:
        assert fetched(server.url()).body == body


def flood(head: bytes, piece: bytes) -> Raw:
    """Sends the piece until the client hangs up."""

    def send(client: socket.socket) -> None:
        client.sendall(head)
        while True:
            client.sendall(piece)

    return Raw(send)


ENDLESS = {
    "body": (flood(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536), "size"),
    "chunks": (
        flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"ffff\r\n" + b"x" * 65535 + b"\r\n"),
        "size",
    ),
    "tiny chunks": (
        flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 1000),
        "protocol",
    ),
    "one header": (flood(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 1000), "protocol"),
    "many headers": (flood(b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n" * 100), "protocol"),
    "1xx": (flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), "protocol"),
    "one chunk extension": (
        flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * 1000),
        "protocol",
    ),
}


@pytest.mark.parametrize(("route", "kind"), ENDLESS.values(), ids=ENDLESS.keys())
def test_what_has_no_end_is_ended(route: Raw, kind: str) -> None:
    with serve({"/": route}) as server:
        error = failed(server.url())
    assert error.kind == kind, error


@pytest.mark.parametrize(
    ("head", "piece"),
    [(b"", b""), (b"HTTP/1.1 200 OK\r\n\r\n", b"x")],
    ids=["silence", "a byte now and then"],
)
def test_what_does_not_come_in_time_is_not_waited_for(head: bytes, piece: bytes) -> None:
    """Each byte in less than the time that all may take."""
    loop = LeapingLoop()

    def answer(client: socket.socket) -> None:
        client.sendall(head)
        for _ in range(7):
            loop.leap(10)
            client.sendall(piece)
        hang(client)

    with serve({"/": Raw(answer)}) as server:
        error = failed(server.url(), loop=loop)
    assert error.kind == "timeout", error


def test_a_connection_that_is_torn_down_is_a_value() -> None:
    def reset(client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # close() sends RST

    with serve({"/": Raw(reset)}) as server:
        error = failed(server.url())
    assert error.kind == "protocol"
    assert "connection lost" in error.message or "incomplete response" in error.message


def test_what_the_server_quotes_does_not_reach_the_message() -> None:
    with serve({"/": Raw(b"Basic YW5uOnNlY3JldA== ann:secret\r\n\r\n")}) as server:
        error = failed(f"http://ann:secret@127.0.0.1:{server.port}/")
    assert "secret" not in error.message
    assert "YW5u" not in error.message


@given(
    st.one_of(
        st.binary(max_size=400),
        st.binary(max_size=200).map(lambda rest: b"HTTP/1.1 200 OK\r\n" + rest),
        st.binary(max_size=200).map(lambda rest: b"HTTP/1.1 301 Moved\r\nLocation: " + rest + b"\r\n\r\n"),
        st.binary(max_size=200).map(
            lambda rest: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + rest
        ),
    )
)
def test_no_bytes_make_it_raise(answer: bytes) -> None:
    with serve({"/": Raw(answer)}) as server:
        result = fetch(FetchRequest(server.url(), Validators(b'"1"')), allow_addresses=["127.0.0.1/32"])
    if isinstance(result, FetchError):
        assert result.message.isprintable()


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a\x1b[31m\r\nb" + "c" * 5000),
        RuntimeError(),
        KeyError("x"),
        UnicodeError("y"),
        OSError(5, "z"),
    ],
)
def test_any_exception_has_words(error: Exception) -> None:
    message = readable(str(explain(error)))
    assert message.isprintable()
    assert 0 < len(message) <= 300


def test_a_large_document_within_the_limit_is_read_whole() -> None:
    body = bytes(range(256)) * 3000
    with serve({"/": Reply(body=body)}) as server:
        result = fetched(server.url())
    assert isinstance(result, Fetched)
    assert bytes(result.body) == body
