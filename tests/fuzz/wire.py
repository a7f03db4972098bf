"""Fuzzes what becomes of an HTTP answer: bytes on the wire, spoiled, fetched from loopback by the real fetcher.

To be run only where nothing but loopback exists: an answer may lead anywhere.
"""

from __future__ import annotations

import asyncio
import gzip
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

from aggregator.models import Fetched, FetchError, FetchRequest, FetchResult, NotModified, Validators
from fuzz import odd
from fuzz.properties import Broken
from fuzz.turns import turns
from support.feeds import numbered, rss
from support.fetching import fetcher
from support.server import Raw, serve

_FEED = rss(*numbered(range(2)))
_PACKED = gzip.compress(_FEED, mtime=0)
_CHUNKED = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (_FEED[:100], _FEED[100:], b""))


def _answer(status: str, *headers: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join((b"HTTP/1.1 " + status.encode(), *headers, b"", body))


_TOGETHER = 20  # answers of one server
_LENGTH = b"Content-Length: %d"
GOOD: tuple[bytes, ...] = (
    _answer("200 OK", b"Content-Type: text/xml", _LENGTH % len(_FEED), b'ETag: "a"', body=_FEED),
    _answer("200 OK", b"Content-Encoding: gzip", _LENGTH % len(_PACKED), b"Last-Modified: x", body=_PACKED),
    _answer("200 OK", b"Content-Encoding: deflate", b"Connection: close", body=_PACKED),
    _answer("200 OK", b"Transfer-Encoding: chunked", b"Cache-Control: max-age=60", body=_CHUNKED),
    _answer("226 IM Used", b"IM: feed", b'ETag: "b"', _LENGTH % len(_FEED), body=_FEED),
    _answer("304 Not Modified", b'ETag: "a"', b"Expires: 0"),
    _answer("301 Moved Permanently", b"Location: /other", b"Content-Length: 0"),
    _answer("302 Found", b"Location: //127.0.0.1:1/", b"Set-Cookie: a=b"),
    _answer("429 Too Many Requests", b"Retry-After: 120", b"Date: Mon, 02 Mar 2026 12:00:00 GMT"),
    _answer("503 Service Unavailable", b"Retry-After: Mon, 02 Mar 2026 13:00:00 GMT", b"Content-Length: 0"),
    b"HTTP/1.1 100 Continue\r\n\r\n" + _answer("410 Gone", b"Content-Length: 0"),
)
_PIECES = (
    *(b"\r\n", b"\r\n\r\n", b"\n", b"\r", b"\0", b":", b" ", b"\t", b",", b";", b"0\r\n\r\n", b"ffffffffffffffff\r\n", b"-1"),
    *(b"Content-Length: 5", b"Content-Length: 5, 5", b"Content-Length: +5", b"Transfer-Encoding: chunked", b"Transfer-Encoding: x"),
    *(b"Content-Encoding: gzip, gzip", b"Content-Encoding: br", b"Location: ", b"Connection: upgrade", b"HTTP/1.0", b"HTTP/9.9"),
    *(b"101 Switching Protocols", b"204 No Content", b"999 x", b"1xx", b"HTTP/1.1 103 Early Hints\r\n\r\n", b'W/"\xff"', b"\x1f\x8b"),
    *(b"Fri, 31 Dec 9999 23:59:59 -2359", b"Age: -5", b"*", b"no-store", b"max-age=60", b"9" * 5_000, b"x" * 20_000, _PACKED),
)  # fmt: skip


_NAMES = (
    *(b"Retry-After", b"Date", b"Expires", b"Age", b"Cache-Control", b"ETag", b"Last-Modified", b"Location", b"Vary"),
    *(b"Content-Length", b"Content-Encoding", b"Content-Type", b"Transfer-Encoding", b"Connection", b"IM", b"Set-Cookie"),
)  # fmt: skip


def spoiled(chance: Random) -> bytes:
    """An answer after a few changes."""
    answer = chance.choice(GOOD)
    for _ in range(chance.choice((1, 1, 2, 4))):
        answer = chance.choice((_line, _bytes))(chance, answer)
    return answer


def _line(chance: Random, answer: bytes) -> bytes:
    """One line of the head another, or one more."""
    head, end, body = answer.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    new = chance.choice(_NAMES) + b": " + chance.choice((_odd(chance), chance.choice(_PIECES)))
    place = chance.randrange(1, len(lines) + 1)
    lines[place : place + chance.randrange(2)] = [chance.choice((new, new, lines[-1]))]
    return b"\r\n".join(lines) + end + body


def _bytes(chance: Random, answer: bytes) -> bytes:
    head = answer.find(b"\r\n\r\n") + 4 or len(answer)
    start = chance.randrange((head if chance.random() < 0.8 else len(answer)) + 1)
    end = min(len(answer), start + chance.choice((0, 0, 1, 4, 30)))
    new = chance.choice((b"", chance.choice(_PIECES), _odd(chance), answer[start:end] * 2))
    return answer[:start] + new + answer[end:]


def _odd(chance: Random) -> bytes:
    text = chance.choice(chance.choice((odd.LINKS, odd.NUMBERS, odd.DATES, odd.TEXTS)))
    return text.encode("utf-8", "surrogatepass")


async def ask(answers: Sequence[bytes]) -> list[FetchResult]:
    """What the fetcher makes of each answer."""
    request = Validators(b'"a"', b"Mon, 02 Mar 2026 11:00:00 GMT")
    with serve({}) as server:
        for number, answer in enumerate(answers):
            server.routes[f"/{number}"] = Raw(answer)
        # A connection that is kept open and says nothing more is a timeout, and nothing else is looked for there.
        async with fetcher(timeout=1.0, resolve=_nowhere) as one:
            return [
                await one.fetch(FetchRequest(server.url(f"/{number}"), request))
                for number in range(len(answers))
            ]


async def _nowhere(host: str, port: int) -> Sequence[str]:
    if host == "127.0.0.1":
        return [host]
    raise OSError("no such host here")


def check(answers: Sequence[bytes]) -> list[FetchResult]:
    """The results, each sound; raises Broken."""
    results = asyncio.run(ask(answers))
    for answer, result in zip(answers, results, strict=True):
        if isinstance(result, FetchError):
            said = result.message
            if not said or not said.isprintable() or len(said) > 300 or "the exchange failed" in said:
                raise Broken("words", f"{said!r} for {answer!r}")
            if result.retry_after is not None and not 0 <= result.retry_after.total_seconds() <= 7 * 86400:
                raise Broken("Retry-After", f"{result.retry_after} for {answer!r}")
        elif isinstance(result, Fetched):
            if len(bytes(result.body)) != len(result.body):
                raise Broken("length", answer)
        elif not isinstance(result, NotModified):
            raise Broken("type", type(result))
    return results


def fuzz_answers(
    seed: int, rounds: int | None, seconds: float, say: Callable[[str], None] = print
) -> Counter[str]:
    """Spoils answers for so many rounds, or as the seconds allow; what failed, by reason. Each reason is told once."""
    chance, failures, results = Random(seed), Counter[str](), Counter[str]()
    check(GOOD)
    for _ in turns(rounds, seconds):
        try:
            found = check([spoiled(chance) for _ in range(_TOGETHER)])
            results.update(getattr(result, "kind", type(result).__name__) for result in found)
        except Broken as broken:
            failures[broken.kind] += 1
            if failures[broken.kind] == 1:
                say(f"FAILED {broken}")
    say(f"{results.total():,} answers: {dict(results.most_common())}")
    return failures
