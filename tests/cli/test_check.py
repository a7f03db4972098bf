"""`aggregator check`: what is wrong with feeds.yaml and, online, with the feeds in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.models import Fetched, FetchError, Validators
from aggregator.pipeline.check_document import check_document
from aggregator.pipeline.check_feeds import Probe, findings
from aggregator.pipeline.self_guard import OwnFeed
from aggregator.settings import Subscription
from support.command import Folder
from support.feeds import numbered, rss
from support.make import NOON
from support.server import Feed, Reply, serve

UNDATED = b"""<rss version="2.0"><channel><title>U</title><link>https://u.example/</link>
<item><title>One of them</title><link>https://u.example/1</link></item></channel></rss>"""


def test_each_feed_is_asked_once_and_told_what_is_wrong(folder: Folder) -> None:
    page = b'<html><link rel="alternate" type="application/rss+xml" href="/good"></html>'
    with serve(
        {
            "/good": Feed(rss(*numbered([1, 2]))),
            "/gone": Reply(410),
            "/page": Feed(page, "text/html"),
            "/undated": Feed(UNDATED),
            "/copy": Feed(rss(*numbered([1, 2]), title="Copy")),
            "/busy": Reply(503),
        }
    ) as server:
        server.routes["/moved"] = Reply(301, headers=(("Location", server.url("/undated")),))
        paths = ("/good", "/gone", "/page", "/undated", "/copy", "/busy", "/moved")
        folder.configure([server.url(path) for path in paths])
        answer = folder.run("check", "--online", "--format", "json")
        asked = [request.target for request in server.requests]
    assert answer.code == 2, answer.err
    found = {(row["line"], row["level"], row["rule"]) for row in answer.json}
    assert found >= {
        (5, "error", "gone"),
        (6, "error", "not-a-feed"),
        (7, "warning", "dates"),
        (8, "warning", "repeats"),
        (9, "warning", "http-error"),
        (10, "warning", "feed-moved"),
    }
    assert not [row for row in answer.json if row["line"] == 4]
    assert sorted(asked) == sorted((*paths, "/undated"))
    assert not (folder.path / "data").exists()


def test_formats_and_exit_codes(folder: Folder) -> None:
    (folder.path / "feeds.yaml").write_text("titel: x\nfeeds: [https://a.example/]\n")
    github = folder.run("check", "--format", "github")
    assert github.code == 2
    assert github.out.startswith(
        "::error file=feeds.yaml,line=1,title=configuration::titel: is not a known key"
    )
    sarif = folder.run("check", "--format", "sarif").json
    assert sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}
    (folder.path / "mine").mkdir()
    (folder.path / "mine/indx.html").write_text("x")
    (folder.path / "feeds.yaml").write_text("templates: mine\nfeeds: [https://a.example/]\n")
    for options, code in (((), 0), (("--strict",), 1)):
        answer = folder.run("check", *options)
        assert (answer.code, "indx.html names no page" in answer.out) == (code, True)
        assert "the pages: about.html, archive.html" in answer.out


def test_of_a_feed_that_is_missing_it_says_what_to_do(folder: Folder) -> None:
    with serve({"/missing": Reply(404)}) as server:
        folder.configure([server.url("/missing")])
        answer = folder.run("check", "--online")
    assert answer.code == 2
    assert "nothing at this address; look on its site for another address" in answer.out


def test_a_template_that_cannot_be_compiled_is_an_error_at_its_line(folder: Folder) -> None:
    (folder.path / "mine").mkdir()
    (folder.path / "mine/item.html").write_text("<p>\n{% if x %}\n{{ x }{% endif %}")
    (folder.path / "mine/source.html").write_bytes(b"\xff")
    (folder.path / "feeds.yaml").write_text("templates: mine\nfeeds: [https://a.example/]\n")
    answer = folder.run("check")
    assert answer.code == 2
    assert "mine/item.html:3: error: unexpected '}'" in answer.out
    assert "mine/source.html: error: the template source.html is not UTF-8" in answer.out


def item(number: int, html: str = "Words", date: str = "Mon, 02 Mar 2026 12:00:00 GMT") -> str:
    link = f"https://x.example/{number}"
    return (
        f"<item><title>Headline {number}</title><link>{link}</link><pubDate>{date}</pubDate>"
        f"<description><![CDATA[<p>{html}</p>]]></description></item>"
    )


def channel(*items: str) -> bytes:
    return f"<rss version='2.0'><channel><title>X</title>{''.join(items)}</channel></rss>".encode()


VIDEO = '<iframe src="https://www.youtube.com/embed/abcdefghijk"></iframe>'
STYLED = (
    "<span style='mso-ansi-language: EN; font-family: serif; margin: 0; text-align: left'>word</span>" * 60
)
DOCUMENTS = {
    "fine": (channel(item(1), item(2)), None),
    "an unreadable date": (channel(item(1), item(2, date="soon")), ("dates", "1 of 2 entries")),
    "dates in the future": (
        channel(item(1, date="Mon, 02 Mar 2099 12:00:00 GMT")),
        ("dates", "no entry has"),
    ),
    "frames and scripts": (
        channel(item(1, "<iframe src=//ads.example/></iframe><script>run()</script>"), item(2)),
        ("html", "1 of 2 entries have HTML that is dropped: <iframe>, <script>"),
    ),
    "a film, which becomes a link": (channel(item(1, VIDEO)), None),
    "a script in one of three": (channel(item(1, "<script>x</script>"), item(2), item(3)), None),
    "mostly attributes": (channel(item(1, STYLED)), ("html", "of its HTML is dropped")),
    "no entries": (channel(), ("empty", "no entries")),
    "large": (channel(*(item(n, "word " * 400) for n in range(1100))), ("large", "2.4 MB")),
    "broken XML": (channel(item(1)).replace(b"</channel>", b""), ("malformed", "")),
}


@pytest.mark.parametrize(("body", "expected"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_what_is_said_of_a_document(body: bytes, expected: tuple[str, str] | None) -> None:
    found = findings([probe(body)], NOBODY)
    assert [each.rule for each in found] == ([expected[0]] if expected else [])
    assert expected is None or expected[1] in found[0].message


NOBODY = OwnFeed(None, "http://127.0.0.1:8080/", [])


def probe(body: bytes, url: str = "https://x.example/feed", elapsed: float = 0.1) -> Probe:
    fetched = Fetched(url, body, Validators(), {}, elapsed=elapsed)
    return Probe(Subscription(url), fetched, check_document(body, None, url, NOON))


def test_slow_and_too_large() -> None:
    (slow,) = findings([probe(channel(item(1)), elapsed=7.2)], NOBODY)
    assert (slow.rule, "took 7 s" in slow.message) == ("slow", True)
    answer = FetchError("https://x.example/", "size", "is larger than 10 MB")
    (large,) = findings([Probe(Subscription("https://x.example/"), answer, None)], NOBODY)
    assert (large.rule, large.level) == ("size", "error")


def test_a_feed_that_moved_to_one_that_is_followed_is_to_go() -> None:
    body, new = channel(item(1)), "https://x.example/feed"
    fetched = Fetched(new, body, Validators(), {}, moved_to=new)
    old = Probe(Subscription("http://old.example/", line=4), fetched, check_document(body, None, new, NOON))
    (alone,) = findings([old], NOBODY)
    assert (alone.rule, alone.fix) == ("feed-moved", f"write {new}")
    current = replace(probe(body), subscription=Subscription(new, line=5))
    for probes in ([old, current], [current, old]):
        (both,) = findings(probes, NOBODY)
        assert (both.rule, both.line, both.fix) == (
            "feed-moved",
            4,
            f"remove it: {new} is followed on line 5",
        )


def test_a_check_without_a_network_says_so_once() -> None:
    failed = FetchError("https://x.example/", "unreachable", "the DNS lookup failed")
    probes = [Probe(Subscription(f"https://{name}.example/"), failed, None) for name in "abc"]
    assert [each.rule for each in findings(probes, NOBODY)] == ["network"]
    assert [each.rule for each in findings([*probes, probe(channel(item(1)))], NOBODY)] == ["unreachable"] * 3


def test_two_addresses_of_one_document() -> None:
    body = b"<rss version='2.0'><channel><title>X</title><item><title>No link</title></item></channel></rss>"
    again = Probe(Subscription("http://old.example/"), probe(body).fetched, probe(body).document)
    assert [each.rule for each in findings([probe(body), again], NOBODY) if each.rule == "repeats"] == [
        "repeats"
    ]


def test_what_we_publish_is_found_at_any_address(folder: Folder) -> None:
    with serve({"/feed": Feed(rss(*numbered([1, 2])))}) as server:
        more = "id: urn:uuid:11111111-2222-4333-8444-555555555555\n"
        folder.configure([f"{{url: {server.url('/feed')}, tags: [City]}}"], more)
        assert folder.run("poll").code == 0
        published = folder.published()
        server.routes["/mirror"] = Feed(published["feed.atom"], "application/atom+xml")
        server.routes["/tag"] = Feed(published["tags/city.atom"], "application/atom+xml")
        paths = ("/mirror", "/tag")
        for has_store in (True, False):  # where pull requests are checked there is none
            urls = [server.url(path) for path in paths]
            folder.configure([*urls, f"{{url: {server.url('/feed')}, tags: [City]}}"], more)
            answer = folder.run("check", "--online", "--format", "json")
            assert [row["rule"] for row in answer.json] == ["our-own", "our-own"], has_store
            (folder.path / "data/aggregator.db").unlink(missing_ok=True)


def test_quiet_prints_errors_only(folder: Folder) -> None:
    with serve({"/undated": Feed(UNDATED), "/gone": Reply(410)}) as server:
        folder.configure([server.url("/undated")])
        assert (folder.run("check", "--online", "-q").out, folder.run("check", "-q").out) == ("", "")
        strict = folder.run("check", "--online", "-q", "--strict")
        assert (strict.code, len(strict.out.splitlines())) == (1, 1)
        folder.configure([server.url("/undated"), server.url("/gone")])
        answer = folder.run("check", "--online", "-q")
        assert (answer.code, len(answer.out.splitlines()), "410" in answer.out) == (2, 1, True)


def test_a_pull_request_is_told_of_what_it_adds(folder: Folder) -> None:
    with serve(
        {"/old": Feed(UNDATED), "/new": Feed(UNDATED), "/good": Feed(rss(*numbered([1, 2])))}
    ) as server:
        folder.configure([server.url("/old")])
        (folder.path / "feeds.yaml").rename(folder.path / "before.yaml")
        options = ("check", "--online", "--strict", "--against", "before.yaml", "--format", "json")
        folder.configure([server.url("/old"), server.url("/good")])
        fine = folder.run(*options)
        assert (fine.code, fine.json) == (0, [])
        folder.configure([server.url("/old"), server.url("/new")])
        answer = folder.run(*options)
        assert (answer.code, {row["line"] for row in answer.json}) == (1, {5})
        assert {row["rule"] for row in answer.json} == {"dates", "repeats"}
