from __future__ import annotations

import asyncio
import socket
import sys
import threading
from importlib.abc import MetaPathFinder

import pytest

from aggregator.fetch.address import address_of
from aggregator.models import Fetched, FetchRequest, Validators
from support.calls import counted
from support.fetching import (
    USER_AGENT,
    LeapingLoop,
    failed,
    fetch_all,
    fetched,
    fetcher,
    names,
    not_modified,
)
from support.server import Feed, Raw, Reply, Route, hang, redirect, serve

DOCUMENT = b"<rss><channel/></rss>"
MONDAY = "Mon, 23 Nov 2026 10:00:00 GMT"


def test_a_document_comes_with_what_to_ask_again_with() -> None:
    with serve({"/feed": Feed(DOCUMENT, etag='W/"1"', last_modified=MONDAY)}) as server:
        result = fetched(server.url("/feed"))
    assert result.url == server.url("/feed")
    assert result.body == DOCUMENT
    assert result.validators == Validators(b'W/"1"', MONDAY.encode())
    assert result.headers["content-type"] == "application/rss+xml"
    assert result.moved_to is None
    assert 0 < result.elapsed < 5


def test_a_request_says_this_and_nothing_else() -> None:
    with serve({"/feed": b""}) as server:
        fetched(server.url("/feed?tag=a%20b&c"))
    (request,) = server.requests
    assert (request.method, request.target) == ("GET", "/feed?tag=a%20b&c")
    assert request.headers == (
        (b"Host", f"127.0.0.1:{server.port}".encode()),
        (b"User-Agent", USER_AGENT.encode()),
        (
            b"Accept",
            b"application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
            b"application/json;q=0.9, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1",
        ),
        (b"Accept-Encoding", b"gzip"),
        (b"Connection", b"close"),
    )


VALIDATORS = {
    "both": Validators(b'"abc"', MONDAY.encode()),
    "weak": Validators(b'W/"abc"'),
    "date only": Validators(None, MONDAY.encode()),
    "not quoted": Validators(b"abc"),
    "quotes within": Validators(b'"a"b"--gzip'),
    "several": Validators(b'"a", "b"'),
    "a star": Validators(b"*"),
    "not ASCII": Validators('"\u00fcml\u00e4ut-\u4e16"'.encode(), b"caf\xe9"),
    "not a date": Validators(None, b"yesterday, or  so"),
}


@pytest.mark.parametrize("validators", VALIDATORS.values(), ids=VALIDATORS.keys())
def test_validators_go_back_byte_for_byte(validators: Validators) -> None:
    given = [("ETag", validators.etag)] if validators.etag else []
    given += [("Last-Modified", validators.last_modified)] if validators.last_modified else []
    with serve({"/": Reply(headers=tuple(given))}) as server:
        first = fetched(server.url())
        server.routes["/"] = Reply(304)
        second = not_modified(FetchRequest(first.url, first.validators))
    assert first.validators == validators
    sent = dict(server.requests[1].headers)
    assert sent.get(b"If-None-Match") == validators.etag
    assert sent.get(b"If-Modified-Since") == validators.last_modified
    assert second.validators == Validators()


@pytest.mark.parametrize(
    "value", [b"", b'"a\r\nX-Evil: 1"', b'"a\0b"', b' "a"', b'"a" ', b'"\x1b[31m"', b'"' + b"a" * 5000 + b'"']
)
def test_validators_that_would_break_a_request_stay_at_home(value: bytes) -> None:
    with serve({"/": b"x"}) as server:
        fetched(FetchRequest(server.url(), Validators(value, value)))
    assert {name.lower() for name, _ in server.requests[0].headers} & {
        b"if-none-match",
        b"if-modified-since",
        b"x-evil",
    } == set()


def test_a_304_says_not_modified_and_may_bring_new_validators() -> None:
    with serve({"/": Feed(DOCUMENT, etag='"1"', headers=(("Cache-Control", "max-age=60"),))}) as server:
        result = not_modified(FetchRequest(server.url(), Validators(b'"1"')))
    assert result.url == server.url()
    assert result.validators == Validators(b'"1"')
    assert result.headers["cache-control"] == "max-age=60"


def test_a_304_that_was_not_asked_for_is_an_error() -> None:
    with serve({"/": Reply(304)}) as server:
        error = failed(server.url())
    assert (error.kind, error.status) == ("protocol", None)
    assert "304 Not Modified" in error.message


def test_a_poll_sees_a_changed_body_and_then_rests() -> None:
    feed = Feed(DOCUMENT, gzip=True)
    with serve({"/": feed}) as server:
        first = fetched(server.url())
        feed.body = DOCUMENT * 2
        second = fetched(FetchRequest(first.url, first.validators))
        third = not_modified(FetchRequest(second.url, second.validators))
    assert (first.body, second.body) == (DOCUMENT, DOCUMENT * 2)
    assert third.validators == second.validators != first.validators
    assert second.headers["content-encoding"] == "gzip"


def test_no_cookie_is_kept() -> None:
    cookie = (("Set-Cookie", "id=1; Path=/"), ("Set-Cookie", "x=2"))
    with serve(
        {"/": Reply(302, headers=(*cookie, ("Location", "/feed"))), "/feed": Reply(headers=cookie)}
    ) as server:
        results = fetch_all(server.url(), server.url())
    assert all(isinstance(result, Fetched) for result in results)
    assert all("set-cookie" not in result.headers for result in results)
    assert len(server.requests) == 4
    assert all(request.header("Cookie") is None for request in server.requests)
    assert all(request.header("Referer") is None for request in server.requests)


def test_proxies_of_the_environment_do_not_lead_past_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve({}) as proxy, serve({"/": b"x"}) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        assert fetched(server.url()).body == b"x"
        assert proxy.requests == []


def test_an_exchange_looks_for_no_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that is not installed would be searched for in all of the path, for each feed again."""
    asked: list[str] = []

    class Looking(MetaPathFinder):
        def find_spec(self, name: str, *_: object) -> None:
            asked.append(name)

    with serve({"/feed": Feed(DOCUMENT, etag='"1"')}) as server:
        fetched(server.url("/feed"))
        monkeypatch.setattr(sys, "meta_path", [Looking(), *sys.meta_path])
        fetched(server.url("/feed"))
    assert asked == []


def test_a_connection_serves_one_request() -> None:
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
    routes: dict[str, Route] = {
        "/200": Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + forged),
        "/304": Raw(b"HTTP/1.1 304 Not Modified\r\n\r\n" + forged),
        "/404": Raw(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" + forged),
        "/victim": b"honest",
    }
    with serve(routes) as server:
        for path in ("/200", "/304", "/404"):
            asked = FetchRequest(server.url(path), Validators(b'"1"'))
            result, victim = fetch_all(asked, server.url("/victim"))
            assert isinstance(victim, Fetched)
            assert victim.body == b"honest"
            assert not isinstance(result, Fetched) or result.body == b"ok"


@pytest.mark.parametrize(
    ("userinfo", "sent"),
    [
        ("ann:secret", b"Basic YW5uOnNlY3JldA=="),
        ("ann", b"Basic YW5uOg=="),
        ("ann:p%40ss%3A", b"Basic YW5uOnBAc3M6"),
        ("J%C3%BCrgen:x", b"Basic SsO8cmdlbjp4"),
    ],
)
def test_credentials_in_the_url_are_sent_and_not_shown(userinfo: str, sent: bytes) -> None:
    with serve({"/": b"x", "/no": Reply(401)}) as server:
        base = f"http://{userinfo}@127.0.0.1:{server.port}"
        result, error = fetched(f"{base}/"), failed(f"{base}/no")
    assert dict(server.requests[0].headers)[b"Authorization"] == sent
    assert result.url == server.url("/")
    assert error.url == server.url("/no")
    assert error.message == "401 Unauthorized: the server requires a name and a password (set `auth`)"


HOSTS = {
    "IPv6": ("::1", "[::1]", "[::1]"),
    "IDN": ("127.0.0.1", "bücher.example", "xn--bcher-kva.example"),
    "IDN, not in IDNA 2008": ("127.0.0.1", "☃.example", "xn--n3h.example"),
    "capitals": ("127.0.0.1", "FEED.Example", "feed.example"),
    "trailing dot": ("127.0.0.1", "feed.example.", "feed.example."),
    "underscore": ("127.0.0.1", "my_feed.example", "my_feed.example"),
}


@pytest.mark.parametrize(("listening", "asked", "named"), HOSTS.values(), ids=HOSTS.keys())
def test_hosts_of_any_kind_are_asked_by_their_name(listening: str, asked: str, named: str) -> None:
    with serve({"/": b"x"}, host=listening) as server:
        fetched(f"http://{asked}:{server.port}/", resolve=names({named.strip("[]"): [listening]}))
    assert server.requests[0].header("Host") == f"{named}:{server.port}"


UNUSABLE = {
    "nothing": "",
    "no scheme": "feed.example/rss",
    "file": "file:///etc/passwd",
    "ftp": "ftp://feed.example/rss",
    "javascript": "javascript:alert(1)",
    "data": "data:text/xml,<rss/>",
    "no host": "http://",
    "bad port": "http://feed.example:99999/",
    "port of mail": "http://feed.example:25/",
    "port 0": "http://feed.example:0/",
    "bad IPv6": "http://[::1/",
    "bad IPv4": "http://1.2.3.4.5/",
    "spaces": "http://feed example/",
    "line break": "http://feed.example\r\nHost: evil/",
    "null": "http://feed\0.example/",
    "lone surrogate": "http://feed.example/\ud800",
    "too long": "http://feed.example/" + "x" * 100_000,
}


@pytest.mark.parametrize("url", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_an_unusable_url_is_a_value(url: str) -> None:
    error = failed(url.replace("http://", "http://ann:secret@"), resolve=names({"feed.example": []}))
    assert error.kind in ("address", "unreachable")
    assert "secret" not in error.message + error.url


def test_the_deadline_is_for_the_whole_exchange() -> None:
    loop = LeapingLoop()

    def silent(client: socket.socket) -> None:
        loop.leap(61)
        hang(client)

    with serve({"/": Raw(silent), "/slow": redirect("/", 302)}) as server:
        error = failed(server.url("/slow"), loop=loop)
    assert error.kind == "timeout"
    assert error.message.startswith("no response within 60 seconds (redirected to")
    assert error.elapsed > 60


def test_cancelling_passes_through() -> None:
    asked = threading.Event()

    def answer(client: socket.socket) -> None:
        asked.set()
        hang(client)

    async def run(url: str) -> None:
        async with fetcher() as one:
            task = asyncio.create_task(one.fetch(FetchRequest(url)))
            await asyncio.to_thread(asked.wait, 5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with serve({"/": Raw(answer)}) as server:
        asyncio.run(run(server.url()))


def test_many_at_once_do_not_mix() -> None:
    async def run(urls: list[str]) -> list[bytes]:
        async with fetcher() as one:
            results = await asyncio.gather(*(one.fetch(FetchRequest(url)) for url in urls))
        return [bytes(result.body) for result in results if isinstance(result, Fetched)]

    bodies = {f"/{number}": str(number).encode() * 1000 for number in range(60)}
    with serve(bodies) as server:
        assert asyncio.run(run([server.url(path) for path in bodies])) == list(bodies.values())


def test_an_address_is_read_once_where_the_feed_itself_gave_its_validators() -> None:
    with serve({"/feed": Feed(DOCUMENT, etag='"1"')}) as server:
        url = server.url("/feed")
        for given, reads in (None, 1), (url, 1), (server.url("/other"), 2):
            with counted(address_of) as made:
                fetch_all(FetchRequest(url, Validators(b'"1"'), validators_url=given))
            assert made == {"address_of": reads}
        sent = [dict(request.headers).get(b"If-None-Match") for request in server.requests]
    assert sent == [b'"1"', b'"1"', None]
