"""Servers that take their time, and servers that never come to an end."""

from __future__ import annotations

from hostile.case import FEED, LENGTH, Case, chunk, fails, reads
from hostile.wire import drip, flood, forever, letters, raw, stalls
from support.server import Raw, hang

OK = b"HTTP/1.1 200 OK\r\n"
END = b"\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n" + END
NO_ANSWER = "no response within"
TOO_SLOW = "incomplete response within"
INVALID = "not a valid HTTP response"
TLS = "https://{host}:{port}{path}"

SLOW = {
    "silence": fails(Raw(hang), NO_ANSWER),
    "the status line, letter by letter": fails(drip(b"", letters(OK * 9)), NO_ANSWER),
    "headers, letter by letter": fails(drip(OK, letters(b"X-Slow: 1\r\n" * 99)), NO_ANSWER),
    "a header now and then": fails(drip(OK, forever(b"X: 1\r\n")), NO_ANSWER),
    "half a head": fails(stalls(OK + b"Content-Ty"), NO_ANSWER),
    "hints now and then": fails(drip(b"", forever(b"HTTP/1.1 103 Early Hints\r\n\r\n")), NO_ANSWER),
    "line breaks now and then": fails(drip(b"", forever(b"\r\n")), INVALID),
    "a document in 5,000 chunks": reads(
        raw(CHUNKED, *(chunk(bytes([byte])) for byte in FEED + b" " * 3_000), b"0\r\n\r\n")
    ),
    "the head alone": fails(stalls(OK + LENGTH + END), TOO_SLOW),
    "the head of a body without length": fails(stalls(OK + END), TOO_SLOW),
    "half a document": fails(stalls(OK + LENGTH + END + FEED[:200]), TOO_SLOW),
    "all but a byte": fails(stalls(OK + LENGTH + END + FEED[:-1]), TOO_SLOW),
    "a document without its end": fails(stalls(OK + END + FEED), TOO_SLOW),
    "a document, letter by letter": fails(drip(OK + LENGTH + END, letters(FEED)), TOO_SLOW),
    "spaces for ever": fails(drip(OK + END, forever(b" ")), TOO_SLOW),
    "chunks, letter by letter": fails(drip(CHUNKED, letters(chunk(FEED))), TOO_SLOW),
    "a chunk now and then": fails(drip(CHUNKED, forever(chunk(b"x"))), TOO_SLOW),
    "chunks without the last": fails(stalls(CHUNKED + chunk(FEED)), TOO_SLOW),
    "a trailer now and then": fails(drip(CHUNKED + chunk(FEED) + b"0\r\n", forever(b"X: 1\r\n")), TOO_SLOW),
    "a large part, then nothing": fails(stalls(OK + END + b"<rss>" + b" " * 300_000), TOO_SLOW),
    "an error without its end": fails(stalls(b"HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\n"), "500"),
    "a moved page without its end": fails(
        stalls(b"HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 9\r\n\r\n"), "404"
    ),
    "TLS that never begins": Case(Raw(hang), "", url=TLS),
}

ENDLESS = {
    "a body": fails(flood(OK + END, b"<a>" * 20_000), ""),
    "chunks": fails(flood(CHUNKED, chunk(b"x" * 65_535)), ""),
    "chunks of a byte": fails(flood(CHUNKED, chunk(b"x") * 1_000), "comes in more than 12,"),
    "chunks of 40 bytes": fails(
        flood(CHUNKED, chunk(b"<a>b</a>" * 5) * 1_000), "comes in more than 50,000 chunks"
    ),
    "a chunk's size": fails(flood(CHUNKED, b"0" * 1_000), ""),
    "a chunk's extension": fails(flood(CHUNKED + b"1;", b"x" * 1_000), ""),
    "trailers": fails(flood(CHUNKED + chunk(FEED) + b"0\r\n", b"X: 1\r\n" * 100), ""),
    "a status line": fails(flood(b"HTTP/1.1 200 ", b"OK " * 1_000), INVALID),
    "a header": fails(flood(OK + b"X: ", b"x" * 1_000), INVALID),
    "a header's name": fails(flood(OK, b"x" * 1_000), INVALID),
    "headers": fails(flood(OK, b"X: 1\r\n" * 100), INVALID),
    "a folded header": fails(flood(OK + b"X: 1\r\n", b" 1\r\n" * 100), INVALID),
    "line breaks": fails(flood(b"", b"\r\n" * 1_000), INVALID),
    "NULs": fails(flood(b"", bytes(65_536)), INVALID),
    **{
        f"{code}": fails(flood(b"", b"HTTP/1.1 %d Wait\r\n\r\n" % code * 100), INVALID)
        for code in (100, 102, 103, 199)
    },
    "101 and no more HTTP": fails(flood(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", b"x" * 999), ""),
    "redirects with a body": fails(flood(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", b"x" * 999), "404"),
    "an error page": fails(flood(b"HTTP/1.1 500 Oh\r\n\r\n", b"x" * 65_536), "500"),
}

CASES = {
    **{f"slow: {name}": case for name, case in SLOW.items()},
    **{f"endless: {name}": case for name, case in ENDLESS.items()},
}
