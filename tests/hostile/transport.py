"""Servers that break HTTP: lengths that lie, broken chunks, torn connections, odd heads, every status."""

from __future__ import annotations

from hostile.case import FEED, LENGTH, Case, chunk, fails, reads
from hostile.wire import raw, resets
from support.server import Reply

OK = b"HTTP/1.1 200 OK\r\n"
TYPE = b"Content-Type: application/rss+xml\r\n"
END = b"\r\n"
GOOD = OK + TYPE + LENGTH + END + FEED
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n" + END
BREAKS_OFF = "incomplete response"
INVALID = "not a valid HTTP response"
TOO_LARGE = "larger than"


LENGTHS = {
    f"a length of {name}": fails(raw(OK, b"Content-Length: ", value, b"\r\n\r\n", FEED), words)
    for name, value, words in (
        ("-1", b"-1", INVALID),
        ("+5", b"+5", INVALID),
        ("two", b"two", INVALID),
        ("0x10", b"0x10", INVALID),
        ("nothing", b"", INVALID),
        ("5 and 6", b"5, 6", INVALID),
        ("a fraction", b"5.0", INVALID),
        ("5000 digits", b"9" * 5_000, ""),
        ("100 digits", b"9" * 100, INVALID),
        ("20 digits", b"9" * 20, TOO_LARGE),
        ("2 GB", b"2147483648", TOO_LARGE),
        ("one more", b"%d" % (len(FEED) + 1), BREAKS_OFF),
        ("ten times more", b"%d" % (len(FEED) * 10), BREAKS_OFF),
        ("Arabic digits", "٣٤".encode(), INVALID),
    )
} | {
    "two lengths": fails(raw(OK, b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", FEED), INVALID),
    "the length twice": reads(raw(OK, TYPE, LENGTH, LENGTH, END, FEED)),
    "a length that is too small": fails(raw(OK, b"Content-Length: 10\r\n\r\n", FEED), "text, not a feed"),
    "a length of zero": fails(raw(OK, b"Content-Length: 0\r\n\r\n", FEED), "empty document"),
    "length and chunks": reads(
        raw(OK, b"Transfer-Encoding: chunked\r\n", LENGTH, END, chunk(FEED), chunk(b""))
    ),
    "a length, and more": reads(raw(GOOD, FEED)),
    "no length": reads(raw(OK, TYPE, END, FEED)),
}

CHUNKS = {
    "cut": fails(raw(CHUNKED, b"ffff\r\n", FEED), BREAKS_OFF),
    "without the last": fails(raw(CHUNKED, chunk(FEED)), BREAKS_OFF),
    "without a size": fails(raw(CHUNKED, FEED), INVALID),
    "with a negative size": fails(raw(CHUNKED, b"-1\r\n", FEED), INVALID),
    "with a size of 17 digits": fails(raw(CHUNKED, b"f" * 17, b"\r\n", FEED), ""),
    "with a size of 5000 digits": fails(raw(CHUNKED, b"f" * 5_000, b"\r\n", FEED), INVALID),
    "with a size in words": fails(raw(CHUNKED, b"ten\r\n", FEED), INVALID),
    "with a size too small": fails(raw(CHUNKED, b"5\r\n", FEED, b"\r\n0\r\n\r\n"), INVALID),
    "with a size too large": fails(raw(CHUNKED, b"fff\r\n", FEED, b"\r\n0\r\n\r\n"), BREAKS_OFF),
    "of one byte": reads(
        raw(CHUNKED, b"".join(chunk(FEED[n : n + 1]) for n in range(len(FEED))), b"0\r\n\r\n")
    ),
    "with extensions": reads(raw(CHUNKED, b"%x;a=b;c\r\n" % len(FEED), FEED, b"\r\n0\r\n\r\n")),
    "with trailers": reads(raw(CHUNKED, chunk(FEED), b"0\r\nX: 1\r\nContent-Length: 3\r\n\r\n")),
    "twice": fails(
        raw(OK, b"Transfer-Encoding: chunked, chunked\r\n\r\n", chunk(chunk(FEED)), chunk(b"")), ""
    ),
    "of another coding": fails(raw(OK, b"Transfer-Encoding: gzip\r\n\r\n", FEED), ""),
    "of a coding of its own": fails(raw(OK, b"Transfer-Encoding: \x1b[31m\r\n\r\n", FEED), ""),
}

TORN = {
    "nothing": fails(raw(b""), BREAKS_OFF),
    "a reset before all": fails(resets(), ""),  # incomplete or lost, as the kernel tells it
    "a reset in the head": fails(resets(OK[:9]), ""),
    "a reset after the head": fails(resets(OK, LENGTH, END), ""),
    "a reset in the body": fails(resets(OK, LENGTH, END, FEED[:99]), ""),
    "half a status line": fails(raw(b"HTTP/1."), ""),
    "a head without end": fails(raw(OK, b"X: 1\r\n"), BREAKS_OFF),
    "half a body": fails(raw(OK, LENGTH, END, FEED[:99]), BREAKS_OFF),
    "half a body without length": reads(raw(OK, END, FEED[:-40]), None),
    "a port where nobody listens": Case(Reply(404), "refused", url="http://{host}:1009{path}"),
    "port 0": Case(Reply(404), "port 0", url="http://{host}:0{path}"),
    "a port of mail": Case(Reply(404), "port 25", url="http://{host}:25{path}"),
    "a port of chat": Case(Reply(404), "port 6667", url="http://{host}:6667{path}"),
    "the highest port": Case(Reply(404), "refused", url="http://{host}:65535{path}"),
    "an IPv6 address that is not allowed": Case(Reply(404), "loopback", url="http://[::1]:{port}{path}"),
}

HEADS = {
    "another protocol": fails(raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), INVALID),
    "mail": fails(raw(b"220 mail.example ESMTP\r\n"), BREAKS_OFF),
    "HTTP/0.9": fails(raw(FEED), BREAKS_OFF),
    "HTTP/2": fails(raw(b"\0\0\x12\4\0\0\0\0\0" * 20), INVALID),
    "HTTP/1.0": reads(raw(b"HTTP/1.0 200 OK\r\n\r\n", FEED)),
    "HTTP/3.7": reads(raw(b"HTTP/3.7 200 OK\r\n\r\n", FEED)),
    "ICY": fails(raw(b"ICY 200 OK\r\n\r\n", FEED), INVALID),
    "a status in letters": fails(raw(b"HTTP/1.1 2OO OK\r\n\r\n", FEED), INVALID),
    "a status of four digits": fails(raw(b"HTTP/1.1 2000 OK\r\n\r\n", FEED), INVALID),
    "a status of two digits": fails(raw(b"HTTP/1.1 20 OK\r\n\r\n", FEED), INVALID),
    "a reason with escape codes": fails(raw(b"HTTP/1.1 404 \x1b[2J\x1b]0;hi\x07\r\n\r\n"), ""),
    "a reason with a line break": fails(raw(b"HTTP/1.1 404 No\rX: 1\r\n\r\n"), ""),
    "a reason of 60 KB": fails(raw(b"HTTP/1.1 404 ", b"No " * 20_000, b"\r\n\r\n"), "404"),
    "a reason that is a phone call": fails(raw(b"HTTP/1.1 404 Call 555-1234 now\r\n\r\n"), "404 Not Found"),
    "a reason in Latin-1": reads(raw(b"HTTP/1.1 200 D'accord \xe9\r\n", LENGTH, END, FEED)),
    "a bare status": reads(raw(b"HTTP/1.1 200\r\n", LENGTH, END, FEED)),
    "bare line feeds": reads(raw(b"HTTP/1.1 200 OK\n\n", FEED)),
    "a header of 60 KB": reads(raw(OK, b"X: ", b"x" * 60_000, b"\r\n", LENGTH, END, FEED)),
    "a header of 200 KB": fails(raw(OK, b"X: ", b"x" * 200_000, b"\r\n\r\n", FEED), INVALID),
    "headers of 1 MB": fails(raw(OK, b"X: 1\r\n" * 170_000, END, FEED), INVALID),
    "a header without a colon": fails(raw(OK, b"hello\r\n\r\n", FEED), INVALID),
    "a header without a name": fails(raw(OK, b": x\r\n\r\n", FEED), INVALID),
    "a space before the colon": fails(raw(OK, b"X : 1\r\n\r\n", FEED), INVALID),
    "a header that is not ASCII": fails(raw(OK, "Ünï: 1\r\n\r\n".encode(), FEED), INVALID),
    "a NUL in a header": fails(raw(OK, b"X: a\0b\r\n\r\n", FEED), INVALID),
    "an escape code in a header": reads(raw(OK, b"X: \x1b[31m\r\n\r\n", FEED)),
    "a carriage return in a header": fails(raw(OK, b"X: a\rB: c\r\n\r\n", FEED), ""),
    "a folded header": reads(raw(OK, b"X: 1\r\n  2\r\n", LENGTH, END, FEED)),
    "a hint before": reads(raw(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", GOOD)),
    "100 before": reads(raw(b"HTTP/1.1 100 Continue\r\n\r\n", GOOD)),
    "cookies": reads(raw(OK, b"Set-Cookie: a=b\r\n" * 500, LENGTH, END, FEED)),
    **{
        f"{name} {what}": reads(raw(OK, f"{name}: ".encode(), value, b"\r\n", LENGTH, END, FEED))
        for name in ("ETag", "Last-Modified", "Cache-Control", "Expires", "Date", "Age", "Content-Type")
        for what, value in (
            ("of 50 KB", b'"' + b"9" * 50_000 + b'"'),
            ("in Latin-1", b'"\xe9\xff\x80"'),
            ("that counts too far", b"max-age=99999999999999999999"),
            ("of the year 9999", b"Fri, 31 Dec 9999 23:59:59 GMT"),
            ("of the year 0", b"Mon, 00 Jan 0000 00:00:00 -9999"),
        )
    },
}

STATUSES = {
    f"{code}": Case(Reply(code, b"<html>no feed</html>"), str(code), _status)
    for code, _status in (
        *((code, "failing") for code in (201, 202, 204, 205, 206, 207, 226, 300, 304, 305, 306)),
        *((code, "failing") for code in (400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 411, 418)),
        *((code, "failing") for code in (421, 425, 426, 431, 451, 500, 501, 502, 503, 504, 505, 508, 511)),
        *((code, "failing") for code in (520, 521, 526, 530, 599, 600, 700, 999)),
        (410, "gone"),
        (429, "paused"),
    )
} | {
    f"{code} and Retry-After {value[:20]}": Case(
        Reply(code, b"", (("Retry-After", value),)), str(code), status
    )
    for code in (429, 503)
    for value, status in (
        ("-1", "paused"),
        ("0", "paused"),
        ("1.5", "paused"),
        ("9" * 400, "paused"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "paused"),
        ("Mon, 01 Jan 1990 00:00:00 GMT", "paused"),
        ("soon", "paused" if code == 429 else "failing"),
        ("", "paused" if code == 429 else "failing"),
        ("1e999", "paused" if code == 429 else "failing"),
    )
}  # fmt: skip

CASES = {
    f"{kind}: {name}": case
    for kind, table in {
        "length": LENGTHS,
        "chunks": CHUNKS,
        "torn": TORN,
        "head": HEADS,
        "status": STATUSES,
    }.items()
    for name, case in table.items()
}
