from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.fetch.headers import LONGEST_RETRY, headers_in, retry_after
from aggregator.fetch.status import status_message
from support.fetching import NOW, failed, fetched
from support.server import Raw, Reply, serve

MESSAGES = {
    204: "204 No Content: the server sent nothing",
    206: "206 Partial Content: a part of the document, which we did not request",
    300: "300 Multiple Choices: a response without a document",
    401: "401 Unauthorized: the server requires a name and a password (set `auth`)",
    403: "403 Forbidden: the server refuses access to this feed",
    404: "404 Not Found: there is nothing at this address",
    405: "405 Method Not Allowed: the server refuses the request",
    410: "410 Gone: the feed was removed for good",
    429: "429 Too Many Requests: the server asks for fewer requests",
    500: "500 Internal Server Error: the fault is on the server",
    503: "503 Service Unavailable: the server is down or overloaded",
    599: "599: server error",
    999: "999: unknown status",
}


@pytest.mark.parametrize(("status", "message"), MESSAGES.items())
def test_a_status_is_told_in_plain_words(status: int, message: str) -> None:
    with serve({"/": Reply(status, b"", (("X-Id", "7"),))}) as server:
        error = failed(server.url())
    assert (error.kind, error.status, error.message) == ("status", status, message)
    assert error.headers["x-id"] == "7"
    assert error.retry_after is None


WHOLE = {
    "as a proxy changed it": Reply(203, b"document"),
    "a part that is the whole": Reply(206, b"document", (("Content-Range", "bytes 0-7/8"),)),
}


@pytest.mark.parametrize("reply", WHOLE.values(), ids=WHOLE)
def test_a_whole_document_is_one_whatever_its_status_is_called(reply: Reply) -> None:
    with serve({"/": reply}) as server:
        assert bytes(fetched(server.url()).body) == b"document"


@pytest.mark.parametrize(
    "part", ["bytes 0-7/9", "bytes 1-8/9", "bytes 0-7/*", "bytes */8", "items 0-7/8", ""]
)
def test_a_part_of_a_document_is_none(part: str) -> None:
    with serve({"/": Reply(206, b"document", (("Content-Range", part),))}) as server:
        assert failed(server.url()).status == 206


def test_every_status_has_words() -> None:
    for status in range(1000):
        assert status_message(status).startswith(str(status))
        assert status_message(status).partition(": ")[2]


def test_what_the_server_calls_its_status_is_not_repeated() -> None:
    with serve(
        {"/": Raw(b"HTTP/1.1 404 \x1b]0;owned\x07 <b>ann:secret\r\nContent-Length: 0\r\n\r\n")}
    ) as server:
        error = failed(server.url())
    assert error.message == MESSAGES[404]


def test_a_switch_of_protocols_is_against_the_rules() -> None:
    with serve({"/": Raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: evil\r\n\r\nhello")}) as server:
        error = failed(server.url())
    assert error.kind == "protocol"


RETRIES = {
    "seconds": ("120", 120),
    "zero": ("0", 0),
    "with a sign": ("+30", 30),
    "negative": ("-5", 0),
    "with a fraction": ("1.5", 1.5),
    "too long": ("99999999", 7 * 86400),
    "much too long": ("9" * 5000, 7 * 86400),
    "date": ("Mon, 23 Nov 2026 11:00:00 GMT", 3600),
    "date in the old form": ("Monday, 23-Nov-26 11:00:00 GMT", 3600),
    "date as C writes it": ("Mon Nov 23 11:00:00 2026", 3600),
    "date with another zone": ("Mon, 23 Nov 2026 12:00:00 +0100", 3600),
    "date that has passed": ("Mon, 23 Nov 2026 09:00:00 GMT", 0),
    "date far ahead": ("Fri, 31 Dec 9999 23:59:59 GMT", 7 * 86400),
    "date beyond the calendar": ("Fri, 31 Dec 9999 23:59:59 -2359", None),
    "words": ("tomorrow", None),
    "no such date": ("Mon, 99 Nov 2026 99:00:00 GMT", None),
    "nothing": ("", None),
    "blanks": ("  ", None),
}


@pytest.mark.parametrize(("value", "seconds"), RETRIES.values(), ids=RETRIES.keys())
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_seconds_or_a_date(status: int, value: str, seconds: float | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after(status, {"retry-after": value}, NOW) == expected


@pytest.mark.parametrize(
    ("date", "hours"),
    [
        ("Mon, 23 Nov 2026 10:30:00 GMT", 0.5),
        ("Mon, 23 Nov 2026 05:00:00 GMT", 6),
        ("nonsense", 1),
        ("", 1),
    ],
)
def test_a_date_counts_by_the_clock_of_the_server(date: str, hours: float) -> None:
    headers = {"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT", "date": date}
    assert retry_after(503, headers, NOW) == timedelta(hours=hours)


@pytest.mark.parametrize("status", [200, 301, 403, 404, 500, 502])
def test_other_statuses_cannot_make_us_wait(status: int) -> None:
    assert retry_after(status, {"retry-after": "120"}, NOW) is None


def test_retry_after_arrives_with_the_error() -> None:
    with serve({"/": Reply(429, headers=(("Retry-After", "86400000"),))}) as server:
        assert failed(server.url()).retry_after == LONGEST_RETRY


def test_headers_of_one_name_are_joined() -> None:
    raw = [
        (b"Cache-Control", b"max-age=60"),
        (b"cache-control", b"public"),
        (b"Set-Cookie", b"a=1"),
        (b"X", b"\xe9"),
    ]
    assert headers_in(raw) == {"cache-control": "max-age=60, public", "x": "é"}
