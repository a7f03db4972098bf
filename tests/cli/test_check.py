"""`aggregator check`: what is wrong with feeds.yaml and, online, with the feeds in it."""

from __future__ import annotations

from support.command import Folder
from support.feeds import numbered, rss
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
