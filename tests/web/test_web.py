"""What is served, seen from the wire: a real server on loopback, asked by a plain HTTP client."""

from __future__ import annotations

import asyncio
import gzip
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from email.utils import formatdate, parsedate_to_datetime
from io import BytesIO
from pathlib import Path

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.types import Message

from aggregator.export import ARCHIVE_OUTPUTS, NOT_FOUND, OUTPUTS, SOURCE_OUTPUTS, TAG_OUTPUTS, write_outputs
from aggregator.export.static import static_files
from aggregator.web import PAGES, make_app
from aggregator.web.conditional import is_fresh, takes_gzip
from aggregator.web.feeds import FeedSettings
from aggregator.web.file_cache import read
from aggregator.web.gate import Access, Gate
from support.publications import RICH, SOURCE, archive, publication
from support.site import MAX_AGE, Site, serving

NAMES = {"tag": "tech", "month": "2026-11", "source": "daily-12345678"}
FILES = [
    (page.path.format(**NAMES), page.name.format(**NAMES))
    for page in PAGES
    if "{page}" not in page.name and "{hash}" not in page.name
]
STATIC = ("feed.css", "favicon.ico", "icon.svg", "icon-{hash}.svg", "icon-{hash}.png", "icon-{hash}.ico")
MONTHS = (archive("2026-11"),)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that nobody changes, with a secret beside what is published."""
    folder = tmp_path_factory.mktemp("site")
    others = [
        publication(RICH, place="tags/tech", archives=MONTHS, podcast=True),
        publication(RICH, place="archive/2026-11", archives=MONTHS),
    ]
    others.append(publication(RICH, place="sources/daily-12345678", sources=(SOURCE,)))
    write_outputs(publication(RICH), folder / "public", others, static=static_files(None))
    (folder / "secret").write_bytes(b"secret")
    (folder / "public" / "aggregator.db").write_bytes(b"secret")
    with serving(folder / "public") as found:
        yield found


# ---------------------------------------------------------------- what is there


@pytest.mark.parametrize(("path", "name"), FILES)
def test_file_is_served_as_it_is(site: Site, path: str, name: str) -> None:
    answer = site.ask(path)
    assert answer.status == 200
    assert answer.body == (site.folder / name).read_bytes()
    assert answer.headers["content-length"] == str(len(answer.body))


def test_every_output_has_a_page() -> None:
    outputs = (*OUTPUTS, *TAG_OUTPUTS, *SOURCE_OUTPUTS, *ARCHIVE_OUTPUTS)
    names = [
        re.sub(r"\{(tag|month|source)\}", "{}", page.name) for page in PAGES if "{page}" not in page.name
    ]
    names = names[: -len(STATIC)]
    assert names == [output.name for output in outputs if output.name != NOT_FOUND]


def test_further_pages_are_served(tmp_path: Path) -> None:
    stories = [replace(RICH, id=n, atom_id=f"urn:x:{n}") for n in range(101)]
    made = publication(*stories)
    write_outputs(made, tmp_path, [replace(made, place="tags/tech")])
    with serving(tmp_path) as site:
        for path in ("/index.2.html", "/tags/tech.2.html"):
            assert site.ask(path).body == (tmp_path / path[1:]).read_bytes()
        for path in ("/index.3.html", "/index.../secret.html", "/tags/tech.2.3.html"):
            assert site.ask(path).status == 404


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/feed.atom", "application/atom+xml; charset=utf-8"),
        ("/feed.json", "application/feed+json"),
        ("/subscriptions.opml", "text/x-opml; charset=utf-8"),
        ("/about.html", "text/html; charset=utf-8"),
        ("/tags/", "text/html; charset=utf-8"),
        ("/tags/tech.json", "application/feed+json"),
        ("/archive/2026-11.atom", "application/atom+xml; charset=utf-8"),
        ("/healthz", "text/plain; charset=utf-8"),
    ],
)
def test_media_type(site: Site, path: str, expected: str) -> None:
    assert site.ask(path).headers["content-type"] == expected


@pytest.mark.parametrize("path", [*(path for path, _ in FILES), "/healthz", "/nothing"])
def test_head_is_get_without_the_body(site: Site, path: str) -> None:
    got, head = site.ask(path), site.ask(path, "HEAD")
    assert head.body == b""
    assert {**head.headers, "date": ""} == {**got.headers, "date": ""}


@pytest.mark.parametrize("path", ["/feed.atom?utm_source=x", "/feed.atom?" + "a=%00&" * 1500, "/feed.atom?"])
def test_query_is_ignored(site: Site, path: str) -> None:
    assert site.ask(path).status == 200


def test_health(site: Site) -> None:
    answer = site.ask("/healthz")
    assert (answer.status, answer.body, answer.headers["cache-control"]) == (200, b"ok\n", "no-store")


@pytest.mark.parametrize("path", [path for path, _ in FILES])
def test_readers_are_told_when_to_come_again(site: Site, path: str) -> None:
    assert site.ask(path).headers["cache-control"] == f"public, max-age={MAX_AGE}"


@pytest.mark.parametrize("path", [*(path for path, _ in FILES), "/healthz", "/nothing"])
def test_every_answer_is_guarded(site: Site, path: str) -> None:
    headers = site.ask(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"]


# ---------------------------------------------------------------- what is not


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/nothing",
            "/index.htm",
            "/feed.atom/",
            "/FEED.ATOM",
            "//feed.atom",
            "/feed.atom/..",
            "/.",
            "/..%2f",
        ),
        *(
            "/../secret",
            "/%2e%2e/secret",
            "/..%2fsecret",
            "/%2e%2e%2fsecret",
            "/..\\secret",
            "/aggregator.db",
        ),
        *(
            "/.feed.atom.tmp",
            "/feed.atom%00",
            "/public/",
            "/search",
            "/search?q=x",
            "/tags/other.atom",
            "/tags/tech.atom/",
            "/tags/tech.xml",
            "/tags/TECH.atom",
            "/tags/.atom",
            "/tags/...atom",
            "/tags/../feed.atom",
            "/tags/%2e%2e/feed.atom",
            "/tags/..%2ffeed.atom",
            "/tags/..%2f..%2fsecret.atom",
            "/tags/..\\feed.atom",
            "/tags/tech.atom%00.atom",
            "/tags/%00.atom",
            "/tags/.tech.atom.tmp",
            "/archive/2026-10.atom",
            "/archive/2026-11.json",
            "/archive//2026-11.atom",
            "/%ff",
            "/<script>",
            "/http://x.example/",
        ),
    ],
)
def test_what_is_not_in_the_table_is_not_found(site: Site, path: str) -> None:
    answer = site.ask(path)
    assert answer.status == 404
    assert b"secret" not in answer.body
    assert b"<script>" not in answer.body
    assert b"Not found" in answer.body


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/index.html", "./"),
        ("/tags/index.html", "./"),
        ("/archive/index.html", "./"),
        ("/tags", "tags/"),
        ("/archive", "archive/"),
    ],
)
def test_other_names_of_a_page_lead_to_it(site: Site, path: str, to: str) -> None:
    answer = site.ask(path)
    assert (answer.status, answer.headers["location"], answer.body) == (308, to, b"")


def test_a_file_that_came_later_is_served(tmp_path: Path) -> None:
    write_outputs(publication(RICH), tmp_path)
    with serving(tmp_path) as site:
        assert site.ask("/tags/tech.atom").status == 404
        write_outputs(publication(RICH), tmp_path, [publication(RICH, place="tags/tech")])
        assert site.ask("/tags/tech.atom").status == 200
        write_outputs(publication(RICH), tmp_path)
        assert site.ask("/tags/tech.atom").status == 404


# ---------------------------------------------------------------- search


def looked_for(query: str, number: int) -> tuple[int, bytes]:
    text = query if number == 1 else f"{query} {number}"
    return (400, b"too long") if len(query) > 10 else (200, b"found " + text.encode())


@pytest.mark.parametrize(
    ("query", "status", "body"),
    [
        ("", 200, b"found "),
        ("?q=bridge", 200, b"found bridge"),
        ("?q=a+b%20c", 200, b"found a b c"),
        ("?q=%E4%BA%AC", 200, "found 京".encode()),
        ("?x=1&q=a&q=b", 200, b"found b"),
        ("?q=a&page=3", 200, b"found a 3"),
        ("?q=a&page=-1", 200, b"found a"),
        ("?q=a&page=99999", 200, b"found a"),
        ("?q=" + "x" * 5000, 400, b"too long"),
    ],
)
def test_search(tmp_path: Path, query: str, status: int, body: bytes) -> None:
    with serving(tmp_path, search=looked_for) as site:
        answer = site.ask(f"/search{query}")
        assert (answer.status, answer.body) == (status, body)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == (
            f"public, max-age={MAX_AGE}" if status == 200 else "no-store"
        )
        assert "form-action 'self'" in answer.headers["content-security-policy"]
        head = site.ask(f"/search{query}", "HEAD")
        assert (head.status, head.body, head.headers["content-length"]) == (status, b"", str(len(body)))
        assert site.ask("/search", "POST").status == 405


# ---------------------------------------------------------------- under a prefix


@pytest.mark.parametrize(("path", "name"), FILES)
def test_a_proxy_may_leave_the_prefix_on_or_take_it_off(site: Site, path: str, name: str) -> None:
    with serving(site.folder, prefix="/planet/") as under:
        expected = (site.folder / name).read_bytes()
        assert under.ask(f"/planet{path}").body == expected
        assert under.ask(path).body == expected


def test_under_a_prefix_what_is_not_there_leads_to_the_front_door_there(site: Site) -> None:
    with serving(site.folder, prefix="/planet/") as under:
        for path in ("/planet/nothing", "/nothing", "/planet", "/planetary/feed.atom"):
            answer = under.ask(path)
            assert answer.status == 404
            assert b'href="/planet/index.html"' in answer.body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"])
@pytest.mark.parametrize("path", ["/", "/feed.atom", "/healthz"])
def test_other_methods_are_refused_with_those_allowed(site: Site, path: str, method: str) -> None:
    answer = site.ask(path, method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_before_the_first_publish_readers_are_asked_to_come_again(tmp_path: Path) -> None:
    with serving(tmp_path / "public") as site:
        answer = site.ask("/feed.atom")
        assert answer.status == 503
        # What exists elsewhere may only not have been copied yet: a reader must not take it for gone.
        assert site.ask("/tags/harbour.atom").status == 503
        assert site.ask("/nothing").status == 404
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["cache-control"] == "no-store"
        assert b"Nothing is published yet" in answer.body
        assert site.ask("/healthz").status == 200
        write_outputs(publication(RICH), tmp_path / "public")
        assert site.ask("/feed.atom").status == 200
        assert site.ask("/tags/nobody-has-it.atom").status == 404


def test_folder_in_the_place_of_a_file_is_not_listed(tmp_path: Path) -> None:
    (tmp_path / "feed.atom").mkdir()
    with serving(tmp_path) as site:
        assert site.ask("/feed.atom").status == 503


def test_a_folder_that_cannot_be_looked_into_is_one_without_files() -> None:
    """As one that belongs to somebody else; a name that is too long fails for root, too."""
    with serving(Path("/tmp", "n" * 300)) as site:
        for path in ("/feed.atom", "/tags/", "/tags/harbour.atom", "/favicon.ico"):
            assert site.ask(path).status == 503


# ---------------------------------------------------------------- has it changed?


def test_next_publish_is_served_at_once_under_another_tag(tmp_path: Path) -> None:
    write_outputs(publication(), tmp_path)
    with serving(tmp_path) as site:
        first = site.ask("/feed.atom")
        write_outputs(publication(RICH), tmp_path)
        second = site.ask("/feed.atom", headers={"If-None-Match": first.headers["etag"]})
        assert second.status == 200
        assert second.headers["etag"] != first.headers["etag"]
        assert b"bridge" in second.body


def test_a_304_takes_few_calls(tmp_path: Path) -> None:
    """Counted in Python's own calls: 44 with Python 3.11, where 109 went through all routes and parsed each header anew."""
    write_outputs(publication(RICH), tmp_path)
    app = Gate(make_app(tmp_path, lambda: MAX_AGE), Access(rate=600))
    etag = read(tmp_path / "feed.atom").plain.etag
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/feed.atom",
        "query_string": b"",
        "root_path": "",
        "client": ("127.0.0.1", 50_000),
        "headers": [(b"host", b"localhost"), (b"if-none-match", etag.encode())],
    }
    sent: list[Message] = []
    calls = 0

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    async def ask() -> None:
        await app(dict(scope), receive, send)  # which reads the file
        sent.clear()
        sys.setprofile(count)
        try:
            await app(dict(scope), receive, send)
        finally:
            sys.setprofile(None)

    asyncio.run(ask())
    assert sent[0]["status"] == 304
    assert calls < 70


def test_tag_is_of_the_bytes_not_of_the_file(tmp_path: Path) -> None:
    write_outputs(publication(RICH), tmp_path)
    with serving(tmp_path) as site:
        first = site.ask("/feed.atom")
        os.utime(tmp_path / "feed.atom", (1, 1))
        second = site.ask("/feed.atom")
        assert second.headers["etag"] == first.headers["etag"]
        assert second.headers["last-modified"] == "Thu, 01 Jan 1970 00:00:01 GMT"


@pytest.mark.parametrize("path", [path for path, _ in FILES])
@pytest.mark.parametrize("coding", ["gzip", "identity"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reader_that_has_it_gets_304_and_no_body(site: Site, path: str, coding: str, method: str) -> None:
    first = site.ask(path, headers={"Accept-Encoding": coding})
    again = site.ask(path, method, {"Accept-Encoding": coding, "If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    for name in ("etag", "vary", "cache-control"):
        assert again.headers[name] == first.headers[name]
    assert "content-type" not in again.headers


TAG = '"abc"'
SINCE = 1_000_000_000
EARLIER, SAME, LATER = (formatdate(SINCE + more, usegmt=True) for more in (-1, 0, 1))


@pytest.mark.parametrize(
    ("headers", "fresh"),
    [
        ([], False),
        ([("if-none-match", TAG)], True),
        ([("if-none-match", 'W/"abc"')], True),
        ([("if-none-match", '"x", W/"y","abc"')], True),
        ([("if-none-match", '"x"'), ("if-none-match", '"abc"')], True),
        ([("if-none-match", "*")], True),
        ([("if-none-match", ' "abc" ')], True),
        ([("if-none-match", '"abcd"')], False),
        ([("if-none-match", "abc")], False),
        ([("if-none-match", '"a,b", "*"')], False),
        ([("if-none-match", '"')], False),
        ([("if-modified-since", SAME)], True),
        ([("if-modified-since", LATER)], True),
        ([("if-modified-since", EARLIER)], False),
        ([("if-modified-since", "Sunday, 09-Sep-01 01:46:40 GMT")], True),
        ([("if-modified-since", "Sun Sep  9 01:46:40 2001")], True),
        ([("if-modified-since", "yesterday")], False),
        ([("if-modified-since", "Sun, 99 Sep 9999999 01:46:40 GMT")], False),
        ([("if-modified-since", "")], False),
        ([("if-modified-since", LATER), ("if-modified-since", LATER)], False),
        ([("if-none-match", '"x"'), ("if-modified-since", LATER)], False),
        ([("if-none-match", TAG), ("if-modified-since", EARLIER)], True),
        ([("if-none-match", ""), ("if-modified-since", LATER)], False),
    ],
)
def test_has_it_or_not(headers: list[tuple[str, str]], fresh: bool) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers]
    assert is_fresh(Headers(raw=raw), TAG, SINCE) is fresh


@given(st.text(), st.text(), st.text())
def test_no_header_brings_the_server_down(tag: str, date: str, coding: str) -> None:
    raw = [
        (name, value.encode("latin-1", "replace"))
        for name, value in (
            (b"if-none-match", tag),
            (b"if-modified-since", date),
            (b"accept-encoding", coding),
        )
    ]
    is_fresh(Headers(raw=raw), TAG, SINCE)
    is_fresh(Headers(raw=raw[1:]), TAG, SINCE)
    takes_gzip(Headers(raw=raw))


def test_last_modified_is_that_of_the_file(site: Site) -> None:
    modified = parsedate_to_datetime(site.ask("/feed.atom").headers["last-modified"])
    assert modified.timestamp() == int((site.folder / "feed.atom").stat().st_mtime)
    assert (
        site.ask(
            "/feed.atom", headers={"If-Modified-Since": formatdate(modified.timestamp(), usegmt=True)}
        ).status
        == 304
    )


# ---------------------------------------------------------------- packed


def test_packed_form_holds_the_same_under_a_tag_of_its_own(site: Site) -> None:
    plain = site.ask("/feed.atom")
    packed = site.ask("/feed.atom", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body)
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding, Accept"
    assert plain.headers["etag"] != packed.headers["etag"]
    for answer in (plain, packed):
        assert re.fullmatch(r'"[\w-]+"', answer.headers["etag"])


def test_tag_of_one_form_does_not_answer_for_the_other(site: Site) -> None:
    plain = site.ask("/feed.atom").headers["etag"]
    assert site.ask("/feed.atom", headers={"Accept-Encoding": "gzip", "If-None-Match": plain}).status == 200


def test_what_packing_would_not_make_smaller_goes_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "feed.atom").write_bytes(b"<feed/>")
    with serving(tmp_path) as site:
        answer = site.ask("/feed.atom", headers={"Accept-Encoding": "gzip"})
        assert (answer.body, answer.headers.get("content-encoding")) == (b"<feed/>", None)


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("gzip, deflate, br, zstd", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("*", True),
        ("gzip ; q=0.5", True),
        ("", False),
        ("identity", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("*, gzip;q=0", False),
        ("*;q=0", False),
        ("gzip;q=0.5, identity;q=0.9", False),
        ("gzip;q=0.9, identity;q=0.5", True),
        ("gzip;q=lots", False),
        ("gzip;level=9", False),
    ],
)
def test_who_gets_it_packed(accepted: str, packed: bool) -> None:
    assert takes_gzip(Headers({"accept-encoding": accepted})) is packed


# ---------------------------------------------------------------- feeds


def test_feeds_name_their_hub_and_who_may_read_them(tmp_path: Path) -> None:
    write_outputs(publication(RICH), tmp_path, [publication(RICH, place="tags/tech")])
    feeds = FeedSettings("https://news.example/", "https://hub.example/", cors=True, aliases=("/atom.xml",))
    with serving(tmp_path, feeds=feeds) as site:
        for name in ("feed.atom", "feed.json", "bots.rss", "tags/tech.atom"):
            headers = site.ask(f"/{name}").headers
            assert headers["link"] == (
                f'<https://news.example/{name}>; rel="self", <https://hub.example/>; rel="hub"'
            )
            assert headers["access-control-allow-origin"] == "*"
        headers = site.ask("/").headers
        assert not {"link", "access-control-allow-origin"} & set(headers)
        assert site.ask("/atom.xml").body == site.ask("/feed.atom").body
    with serving(tmp_path) as site:
        assert not {"link", "access-control-allow-origin"} & set(site.ask("/feed.atom").headers)
        assert site.ask("/atom.xml").status == 404


BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("name", ["feed.atom", "bots.rss", "tags/tech.atom"])
def test_a_browser_gets_a_feed_that_it_can_show(tmp_path: Path, name: str) -> None:
    made = publication(RICH, arrivals=((RICH, RICH.published),))
    write_outputs(made, tmp_path, [replace(made, place="tags/tech")], static=static_files(None))
    with serving(tmp_path, feeds=FeedSettings("https://news.example/")) as site:
        plain, shown = site.ask(f"/{name}"), site.ask(f"/{name}", headers=BROWSER)
        assert b"xml-stylesheet" not in plain.body
        assert shown.headers["content-type"] == "application/xml; charset=utf-8"
        assert b"<h:code>https://news.example/" + name.encode() + b"</h:code>" in shown.body
        assert plain.headers["etag"] != shown.headers["etag"]
        assert "Accept" in plain.headers["vary"]
        again = site.ask(f"/{name}", headers={**BROWSER, "If-None-Match": shown.headers["etag"]})
        assert again.status == 304
        assert [entry.title for entry in feedparser.parse(BytesIO(shown.body)).entries] == [
            entry.title for entry in feedparser.parse(BytesIO(plain.body)).entries
        ]
        reader = {"Accept": "application/atom+xml, application/rss+xml, text/html;q=0.5"}
        assert site.ask(f"/{name}", headers=reader).body == plain.body
        style = site.ask("/feed.css")
        assert (style.status, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
