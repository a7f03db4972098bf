"""Secrets are looked up as a request is made, go to the feed's own origin, and are in no message."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aggregator.fetch import FetchProblem, Secrets
from aggregator.models import FetchRequest
from support.fetching import failed, fetched
from support.server import Feed, Reply, redirect, serve

ENVIRONMENT = {"TOKEN": "t0k3n", "NAME": "ann", "PASSWORD": "p:ß%", "LINES": "a\nb", "EMPTY": ""}


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    (tmp_path / "token").write_text("t0k3n\n")
    (tmp_path / "pair").write_text("ann:secret\r\n")
    (tmp_path / "nothing").write_text("\n")
    os.mkfifo(tmp_path / "pipe")  # nobody writes to it
    (tmp_path / "odd").write_bytes(b"\xff\xfe")
    (tmp_path / "large").write_bytes(b"x" * 100_000)
    return Secrets(tmp_path, ENVIRONMENT)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("bearer ${TOKEN}", b"Bearer t0k3n"),
        ("Bearer file:token", b"Bearer t0k3n"),
        ("bearer plain", b"Bearer plain"),
        ("bearer a${NAME}b${NAME}", b"Bearer aannbann"),
        ("bearer ${lower-case}", b"Bearer ${lower-case}"),
        ("basic ann:secret", b"Basic YW5uOnNlY3JldA=="),
        ("basic ${NAME}:secret", b"Basic YW5uOnNlY3JldA=="),
        ("basic file:pair", b"Basic YW5uOnNlY3JldA=="),
        ("basic ${NAME}:file:token", b"Basic YW5uOnQwazNu"),
        ("basic ${NAME}:${PASSWORD}", b"Basic YW5uOnA6w58l"),
    ],
)
def test_what_is_written_and_what_is_sent(secrets: Secrets, written: str, sent: bytes) -> None:
    assert secrets.authorization(written) == sent


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("bearer ${NOTHING}", "auth in feeds.yaml needs ${NOTHING}, which is not set in the environment"),
        ("bearer ${EMPTY}", "auth in feeds.yaml needs ${EMPTY}, which is not set in the environment"),
        (
            "bearer file:nowhere",
            "auth in feeds.yaml names a file that cannot be read: No such file or directory",
        ),
        ("bearer file:odd", "auth in feeds.yaml names a file that cannot be read: it is not text"),
        ("bearer file:nothing", "auth in feeds.yaml names a file that is empty"),
        ("basic file:nothing", "auth in feeds.yaml names a file that is empty"),
        ("basic ann:file:pipe", "auth in feeds.yaml names a file that is empty"),
        ("bearer file:large", "auth in feeds.yaml names a file too large for a secret"),
        ("bearer ${LINES}", "auth in feeds.yaml contains a character that HTTP headers cannot carry"),
    ],
)
def test_what_cannot_be_had(secrets: Secrets, written: str, words: str) -> None:
    with pytest.raises(FetchProblem) as caught:
        secrets.authorization(written)
    assert (caught.value.kind, str(caught.value)) == ("secret", words)


def test_auth_and_headers_go_out_with_the_request(secrets: Secrets) -> None:
    with serve({"/feed": Feed(b"<rss/>")}) as server:
        request = FetchRequest(
            server.url("/feed"),
            auth="bearer ${TOKEN}",
            headers=(("X-Key", "k ${TOKEN}"), ("user-agent", "mine")),
        )
        fetched(request, secrets=secrets)
    (heard,) = server.requests
    assert heard.header("Authorization") == "Bearer t0k3n"
    assert heard.header("X-Key") == "k t0k3n"
    assert [value for name, value in heard.headers if name.lower() == b"user-agent"] == [b"mine"]


def test_auth_stands_against_what_the_address_holds(secrets: Secrets) -> None:
    with serve({"/feed": Feed(b"<rss/>")}) as server:
        url = server.url("/feed").replace("//", "//other:one@")
        fetched(FetchRequest(url, auth="bearer ${TOKEN}"), secrets=secrets)
    assert server.requests[0].header("Authorization") == "Bearer t0k3n"


def test_no_other_origin_gets_them_and_no_move_is_remembered(secrets: Secrets) -> None:
    with serve({"/feed": Feed(b"<rss/>")}) as other, serve({"/feed": redirect(other.url("/feed"))}) as first:
        request = FetchRequest(first.url("/feed"), auth="bearer ${TOKEN}", headers=(("X-Key", "${TOKEN}"),))
        result = fetched(request, secrets=secrets)
        only_headers = fetched(FetchRequest(first.url("/feed"), headers=(("X-Key", "1"),)), secrets=secrets)
    assert first.requests[0].header("X-Key") == "t0k3n"
    assert other.requests[0].header("Authorization") is None
    assert other.requests[0].header("X-Key") is None
    assert result.moved_to is only_headers.moved_to is None


@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_no_message_tells_them(secrets: Secrets, status: int) -> None:
    with serve({"/feed": Reply(status, b"t0k3n", (("X-Echo", "t0k3n"),))}) as server:
        request = FetchRequest(server.url("/feed"), auth="bearer ${TOKEN}", headers=(("X-Key", "${TOKEN}"),))
        error = failed(request, secrets=secrets)
    assert "t0k3n" not in error.message
    assert "${TOKEN}" not in repr(request)


def test_a_request_whose_secret_is_missing_is_not_made(secrets: Secrets) -> None:
    with serve({"/feed": Feed(b"<rss/>")}) as server:
        error = failed(FetchRequest(server.url("/feed"), headers=(("X-Key", "${NOTHING}"),)), secrets=secrets)
    assert (error.kind, server.requests) == ("secret", [])
    assert error.message == "headers in feeds.yaml needs ${NOTHING}, which is not set in the environment"
