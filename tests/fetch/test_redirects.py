from __future__ import annotations

import pytest

from aggregator.fetch.address import address_of
from aggregator.fetch.redirects import RedirectChain
from aggregator.models import FetchRequest, Validators
from support.fetching import failed, fetched, names, not_modified
from support.server import Feed, Reply, Server, redirect, serve

CHAINS = {
    "301": ((301,), True),
    "308": ((308,), True),
    "302": ((302,), False),
    "303": ((303,), False),
    "307": ((307,), False),
    "all permanent": ((301, 308, 301), True),
    "first temporary": ((302, 301), False),
    "last temporary": ((301, 307), False),
    "five": ((301,) * 5, True),
}


@pytest.mark.parametrize(("statuses", "permanent"), CHAINS.values(), ids=CHAINS.keys())
def test_redirects_are_followed_and_only_permanent_ones_are_a_move(
    statuses: tuple[int, ...], permanent: bool
) -> None:
    routes = {f"/{hop}": redirect(f"/{hop + 1}", status) for hop, status in enumerate(statuses)}
    last = f"/{len(statuses)}"
    with serve({**routes, last: b"<rss/>"}) as server:
        result = fetched(server.url("/0"))
    assert result.url == server.url(last)
    assert result.moved_to == (server.url(last) if permanent else None)
    assert len(server.requests) == len(statuses) + 1


LOCATIONS = {
    "relative": ("b", "/a/b"),
    "of the root": ("/b", "/b"),
    "parent": ("../b", "/b"),
    "query alone": ("?x=1", "/a/?x=1"),
    "of another scheme's form": ("HTTP:/b", "/b"),
    "with a fragment": ("/b#part", "/b"),
    "with spaces": ("/b c", "/b%20c"),
    "in UTF-8": ("/ü".encode(), "/%C3%BC"),
    "in Latin-1": ("/ü".encode("latin-1"), "/%C3%BC"),
    "backslashes, as browsers read them": ("\\b", "/b"),
}


@pytest.mark.parametrize(("location", "target"), LOCATIONS.values(), ids=LOCATIONS.keys())
def test_a_location_is_read_as_browsers_do(location: str | bytes, target: str) -> None:
    with serve({"/a/": redirect(location), target: b"x"}) as server:
        result = fetched(server.url("/a/"))
    assert server.requests[1].target == target
    assert result.url == server.url(target)


NOWHERE: dict[str, tuple[Reply, str, str]] = {
    "no Location": (Reply(301), "redirect", "without Location"),
    "empty Location": (redirect(""), "redirect", "without Location"),
    "itself": (redirect("/"), "redirect", "redirect loop"),
    "itself with a fragment": (redirect("/#x"), "redirect", "redirect loop"),
    "javascript": (redirect("javascript:alert(1)"), "address", "not an http(s) URL"),
    "file": (redirect("file:///etc/passwd"), "address", "not an http(s) URL"),
    "data": (redirect("data:text/xml,<rss/>"), "address", "not an http(s) URL"),
    "gopher": (redirect("gopher://127.0.0.1:70/"), "address", "not an http(s) URL"),
    "port of mail": (redirect("http://127.0.0.1:25/"), "address", "another protocol"),
    "bad port": (redirect("http://127.0.0.1:99999/"), "address", "not an http(s) URL"),
    "very long": (redirect("/" + "x" * 50_000), "address", "not an http(s) URL"),
    "a name too long": (redirect("http://" + "x" * 300 + "/"), "address", ""),
    "escape codes": (redirect(b"http://\x1b[31m/"), "address", ""),
}


@pytest.mark.parametrize(("reply", "kind", "words"), NOWHERE.values(), ids=NOWHERE.keys())
def test_a_redirect_to_nowhere_is_a_value(reply: Reply, kind: str, words: str) -> None:
    with serve({"/": reply}) as server:
        error = failed(server.url(), resolve=names({"x" * 300: ["10.0.0.1"], "127.0.0.1": ["127.0.0.1"]}))
        assert len(server.requests) == 1
    assert (error.kind, words in error.message) == (kind, True), error
    assert error.message.isprintable()
    assert len(error.message) <= 300


def test_six_redirects_are_too_many() -> None:
    with serve({f"/{hop}": redirect(f"/{hop + 1}") for hop in range(9)}) as server:
        error = failed(server.url("/0"))
    assert (error.kind, len(server.requests)) == ("redirect", 6)
    assert error.message == f"more than 5 redirects (redirected to {server.url('/5')})"


def test_a_circle_of_two_is_seen() -> None:
    with serve({"/a": redirect("/b", 302), "/b": redirect("/a", 302)}) as server:
        error = failed(server.url("/a"))
    assert (error.kind, len(server.requests)) == ("redirect", 2)


def test_an_error_at_the_end_says_where_it_was() -> None:
    with serve({"/a": redirect("/b?key=secret"), "/b": Reply(410)}) as server:
        error = failed(server.url("/a"))
    assert error.url == server.url("/b?key=secret")
    assert error.message == (
        "410 Gone: the feed was removed for good (redirected to " + server.url("/b") + ")"
    )


def given(server: Server, path: str) -> list[str | None]:
    return [request.header("If-None-Match") for request in server.asked(path)]


@pytest.mark.parametrize(
    ("asked", "giver", "sent_to"),
    [
        ("/old", None, ["/old"]),
        ("/old", "/new", ["/new"]),
        ("/old", "/new#part", ["/new"]),
        ("/old", "/elsewhere", []),
        ("/new", None, ["/new"]),
        ("/new", "/new", ["/new"]),
        ("/new", "/old", []),
    ],
)
def test_validators_go_to_the_url_that_gave_them(asked: str, giver: str | None, sent_to: list[str]) -> None:
    with serve({"/old": redirect("/new", 302), "/new": b"x"}) as server:
        fetched(FetchRequest(server.url(asked), Validators(b'"1"'), server.url(giver) if giver else None))
    assert [path for path in ("/old", "/new") if '"1"' in given(server, path)] == sent_to


def test_a_moved_feed_that_is_unchanged_still_says_that_it_moved() -> None:
    with serve({"/old": redirect("/new"), "/new": Feed(b"x", etag='"1"')}) as server:
        result = not_modified(FetchRequest(server.url("/old"), Validators(b'"1"'), server.url("/new")))
    assert result.url == result.moved_to == server.url("/new")


def test_credentials_stay_at_their_origin() -> None:
    with serve({"/": b"x"}) as other, serve({"/": redirect("/a"), "/a": redirect(other.url("/"))}) as server:
        result = fetched(f"http://ann:secret@127.0.0.1:{server.port}/")
    assert [request.header("Authorization") is not None for request in server.requests] == [True, True]
    assert other.requests[0].header("Authorization") is None
    assert result.url == other.url("/")
    assert result.moved_to is None  # its owner would have to move the password too


def test_a_password_that_stayed_behind_is_told() -> None:
    with serve({"/": Reply(401)}) as other, serve({"/": redirect(other.url("/"))}) as server:
        error = failed(f"http://ann:secret@127.0.0.1:{server.port}/")
    assert error.message.endswith(f"(redirected to {other.url('/')}; without the password)")


def test_credentials_that_a_redirect_brings_are_dropped() -> None:
    with serve({"/a": b"x", "/b": Reply(404)}) as server:
        with_password = f"http://ann:secret@127.0.0.1:{server.port}"
        server.routes |= {"/": redirect(f"{with_password}/a"), "/no": redirect(f"{with_password}/b")}
        result, error = fetched(server.url()), failed(server.url("/no"))
    assert all(request.header("Authorization") is None for request in server.requests)
    assert result.url == result.moved_to == server.url("/a")
    assert "secret" not in error.message + error.url


@pytest.mark.parametrize(
    ("start", "location", "moved"),
    [
        ("http://a.example/", b"https://a.example/", "https://a.example/"),
        ("https://a.example/", b"http://a.example/", None),
        ("https://a.example/", b"//b.example/feed", "https://b.example/feed"),
        ("https://ann:secret@a.example/", b"/feed", None),
    ],
)
def test_a_step_down_from_https_is_taken_but_not_remembered(
    start: str, location: bytes, moved: str | None
) -> None:
    trail = RedirectChain(address_of(start))
    trail.follow(301, location)
    assert trail.moved_to == moved
    trail.follow(301, b"https://c.example/")
    assert trail.moved_to == ("https://c.example/" if moved else None)
