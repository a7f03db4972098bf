"""`aggregator init` and `aggregator feeds ...`: as a person begins, over real HTTP on loopback."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.command import Folder
from support.feeds import numbered, rss
from support.server import Feed, Reply, Server, redirect, serve

OPML = """<opml><body><outline text="Tech & more">
  <outline text="A" xmlUrl="https://a.example/feed"/><outline text="B" xmlUrl="https://b.example/rss?x=1&y=2"/>
</outline><outline xmlUrl="ftp://c.example/"/></body></opml>"""


def text_of(folder: Folder) -> str:
    return (folder.path / "feeds.yaml").read_text(encoding="utf-8")


def begin(folder: Folder) -> None:
    """As `aggregator init`, with loopback allowed."""
    assert folder.run("init").code == 0
    path = folder.path / "feeds.yaml"
    path.write_text(text_of(folder).replace("#allow_addresses: []", "allow_addresses: [127.0.0.0/8]"))


def site() -> dict[str, Feed | Reply]:
    links = "".join(
        f'<link rel=alternate type="application/rss+xml" href="/{name}">' for name in ("one", "two")
    )
    return {
        "/feed": Feed(rss(*numbered([1, 2]))),
        "/one": Feed(rss(*numbered([3]))),
        "/two": Feed(rss(*numbered([4]))),
        "/page": Feed(f"<html>{links}</html>".encode(), "text/html"),
    }


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(site()) as server:
        yield server


def test_init_is_done_once_and_says_what_is_next(folder: Folder) -> None:
    first = folder.run("init")
    assert (first.code, first.err) == (0, "")
    assert "aggregator feeds add" in first.out
    before = text_of(folder)
    again = folder.run("init")
    assert again.code == 0
    assert "was not changed" in again.out
    assert text_of(folder) == before
    without = folder.run("poll")
    assert without.code == 2
    assert "aggregator feeds add URL" in without.err


def test_init_with_a_list_and_with_the_sample(folder: Folder) -> None:
    (folder.path / "mine.opml").write_text(OPML)
    answer = folder.run("init", "--with", "mine.opml")
    assert answer.code == 0, answer.err
    assert "2 feeds added" in answer.out
    assert "ftp" in answer.err
    other = folder.run("init", "--sample", "-c", "new/feeds.yaml")
    assert other.code == 0, other.err
    assert folder.run("check", "-c", "new/feeds.yaml").code == 0


def test_import_and_add_create_the_file_that_is_missing(folder: Folder, tmp_path: Path) -> None:
    (folder.path / "mine.opml").write_text(OPML)
    tried = folder.run("feeds", "import", "mine.opml", "--dry-run")
    assert (tried.code, (folder.path / "feeds.yaml").exists()) == (0, False)
    answer = folder.run("feeds", "import", "mine.opml")
    assert answer.code == 0, answer.err
    assert "Created feeds.yaml" in answer.err
    assert "#entries: 100" in text_of(folder)  # with all settings, as `init` writes it
    other = folder.run("feeds", "add", "--no-check", "https://c.example/", "-c", "new/feeds.yaml")
    assert "Created new/feeds.yaml" in other.err
    assert "1 feed" in folder.run("check", "-c", "new/feeds.yaml").out


def test_in_a_clone_the_sample_gives_way_to_ones_own_file(folder: Folder, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": ""}
    clone = Folder(Path(__file__).resolve().parents[2])
    assert "16 feeds" in clone.run("check", env=home).out
    answer = clone.run("feeds", "add", "--no-check", "https://c.example/", env=home)
    assert answer.code == 0, answer.err
    assert "the sample of the program" in answer.err
    assert "c.example" in (tmp_path / ".config/aggregator/feeds.yaml").read_text()
    assert "1 feed" in clone.run("check", env=home).out


def test_a_feed_is_added_shown_and_refused_the_second_time(folder: Folder, server: Server) -> None:
    begin(folder)
    answer = folder.run("feeds", "add", server.url("/feed"), "--name", "My: feed", "--tag", "x y")
    assert answer.code == 0, answer.err
    assert "2 entries" in answer.out
    assert f'- url: {server.url("/feed")}\n    name: "My: feed"\n    tags: [x y]\n' in text_of(folder)
    before = text_of(folder)
    again = folder.run("feeds", "add", server.url("/feed") + "/")
    assert (again.code, "already" in again.err, text_of(folder)) == (1, True, before)


def test_poll_fetches_included_lists_first(folder: Folder, server: Server) -> None:
    opml = f"<opml><body><outline text='Mine' xmlUrl='{server.url('/feed')}'/></body></opml>"
    server.routes["/list"] = Feed(opml.encode(), "text/x-opml")
    folder.configure([server.url("/one")], f"include: ['{server.url('/list')}']\n")
    answer = folder.run("poll")
    assert "2 feeds" in answer.out
    assert "Mine" in folder.run("feeds").out
    assert "Mine" in folder.run("feeds", "export").out
    again = folder.run("feeds", "add", server.url("/feed"))
    assert (again.code, "is in" in again.err, server.url("/list") in again.err) == (1, True, True)
    removed = folder.run("feeds", "remove", "Mine")
    assert (removed.code, "is defined in" in removed.err, server.url("/list") in removed.err) == (
        2,
        True,
        True,
    )


def test_of_several_feeds_one_is_chosen(folder: Folder, server: Server) -> None:
    begin(folder)
    before = text_of(folder)
    answer = folder.run("feeds", "add", server.url("/page"))
    assert answer.code == 1
    assert "--pick N" in answer.err
    assert server.url("/two") in answer.out
    assert text_of(folder) == before
    assert folder.run("feeds", "add", server.url("/page"), "--pick", "2").code == 0
    assert f"- {server.url('/two')}\n" in text_of(folder)
    assert server.url("/one") not in text_of(folder)


REFUSED = {
    "no feed": ("/nothing", "no feed found"),
    "missing": ("/missing", "404"),
}


@pytest.mark.parametrize(("path", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_followed_is_told_why(folder: Folder, server: Server, path: str, words: str) -> None:
    begin(folder)
    server.routes.clear()
    server.routes["/nothing"] = Feed(b"<html>hello</html>", "text/html")
    before = text_of(folder)
    answer = folder.run("feeds", "add", server.url(path))
    assert (answer.code, text_of(folder)) == (1, before)
    assert words in answer.err
    assert folder.run("feeds", "add", "--no-check", server.url(path)).code == 0
    assert server.url(path) in text_of(folder)


def test_our_own_output_is_refused(folder: Folder) -> None:
    begin(folder)
    answer = folder.run("feeds", "add", "http://127.0.0.1:8080/feed.atom")
    assert answer.code == 1
    assert "our own outputs" in answer.err


def test_a_copy_of_our_own_feed_is_refused_at_any_address(folder: Folder, server: Server) -> None:
    folder.configure([server.url("/feed")])
    assert folder.run("poll").code == 0
    server.routes["/mirror"] = Feed(folder.published()["feed.atom"], "application/atom+xml")
    link = b'<html><link rel=alternate type="application/atom+xml" href="/mirror"></html>'
    server.routes["/planet"] = Feed(link, "text/html")
    before = text_of(folder)
    for path in ("/mirror", "/planet"):
        answer = folder.run("feeds", "add", server.url(path))
        assert (answer.code, "our own merged feed" in answer.err, text_of(folder)) == (1, True, before)


def test_feeds_are_renamed_tagged_moved_and_removed(folder: Folder) -> None:
    folder.configure(["https://a.example/feed", "https://b.example/rss  # second"])
    for arguments in (
        ("rename", "a.example", "Ann"),
        ("tag", "Ann", "x", "y"),
        ("tag", "ann", "x", "--remove"),
        ("move", "Ann", "https://new.example/"),
        ("remove", "b.example"),
    ):
        answer = folder.run("feeds", *arguments)
        assert answer.code == 0, (arguments, answer.err)
    assert text_of(folder).endswith("  - url: https://new.example/\n    name: Ann\n    tags: [y]\n")
    assert "second" not in text_of(folder)
    assert "second" in (folder.path / "feeds.yaml.bak").read_text()
    nobody = folder.run("feeds", "remove", "nobody")
    assert (nobody.code, "aggregator feeds" in nobody.err) == (2, True)


def test_a_feed_moves_where_its_server_says_now(folder: Folder, server: Server) -> None:
    server.routes["/old"] = redirect(server.url("/feed"))
    folder.configure([server.url("/old"), server.url("/one")])
    answer = folder.run("feeds", "move", server.url("/old"))
    assert answer.code == 0, answer.err
    assert server.url("/old") not in text_of(folder)
    assert server.url("/feed") in text_of(folder)
    folder.configure([server.url("/old"), server.url("/feed")])
    known = folder.run("feeds", "move", server.url("/old"))
    assert (known.code, f"feeds remove {server.url('/old')}" in known.err) == (1, True)
    stays = folder.run("feeds", "move", server.url("/feed"))
    assert (stays.code, "has not moved" in stays.err) == (1, True)


def test_an_address_without_a_scheme_may_have_no_https(folder: Folder, server: Server) -> None:
    begin(folder)
    answer = folder.run("feeds", "add", server.url("/feed").removeprefix("http://"))
    assert answer.code == 0, answer.err
    assert f"- {server.url('/feed')}\n" in text_of(folder)


def test_a_name_of_several_feeds_is_no_name(folder: Folder) -> None:
    folder.configure(["https://a.example/feed", "https://b.example/feed"])
    answer = folder.run("feeds", "remove", "example")
    assert answer.code == 2
    assert "https://a.example/feed" in answer.err
    folder.configure([f"https://a{number}.example/feed" for number in range(12)])
    assert "... and 2 more" in folder.run("feeds", "remove", "example").err


def test_an_import_says_what_it_did_and_can_be_tried_first(folder: Folder) -> None:
    folder.configure(["https://a.example/feed"])
    (folder.path / "mine.opml").write_text(OPML)
    before = text_of(folder)
    tried = folder.run("feeds", "import", "mine.opml", "--dry-run")
    assert (tried.code, text_of(folder)) == (0, before)
    assert "+ https://b.example/rss?x=1&y=2  B  [Tech & more]" in tried.out
    done = folder.run("feeds", "import", "mine.opml", "--json").json
    assert [each["url"] for each in done["added"]] == ["https://b.example/rss?x=1&y=2"]
    assert (len(done["present"]), len(done["rejected"])) == (1, 1)
    assert "tags: [Tech & more]" in text_of(folder)
    assert "0 feeds added, 2 present" in folder.run("feeds", "import", "mine.opml").out


PLANET = """[Planet]
name = Planet X

[https://a.example/feed]
name = Ann: "A"
face = https://a.example/ann.png
irc = #ann
filter = python

[https://b.example/feed]
name = Bob
"""


def test_the_members_of_a_planet_keep_their_faces(folder: Folder) -> None:
    (folder.path / "planet.ini").write_text(PLANET)
    answer = folder.run("init", "--with", "planet.ini")
    assert (answer.code, "filter (1 feed)" in answer.err) == (0, True)
    assert """  - url: https://a.example/feed
    name: "Ann: \\"A\\""
    avatar: https://a.example/ann.png
    extra: {irc: "#ann"}
  - url: https://b.example/feed
    name: Bob
""" in text_of(folder)
    assert folder.run("check").code == 0


def test_what_was_exported_can_be_imported(folder: Folder, tmp_path: Path) -> None:
    folder.configure(["https://a.example/feed", "{url: https://b.example/, name: 'B & C', tags: [t, u]}"])
    for form in ("opml", "json", "urls"):
        (folder.path / "out").write_text(folder.run("feeds", "export", "--format", form).out)
        target = folder.path / f"{form}.yaml"
        answer = folder.run("init", "-c", str(target), "--with", "out")
        assert answer.code == 0, answer.err
        assert "2 feeds added" in answer.out
        if form != "urls":
            assert "tags: [t, u]" in target.read_text()


def test_a_list_comes_from_the_network_and_from_a_pipe(folder: Folder, server: Server) -> None:
    begin(folder)
    server.routes["/list.opml"] = Feed(OPML.encode(), "text/x-opml")
    assert "2 feeds added" in folder.run("feeds", "import", server.url("/list.opml")).out


BAD = {
    "a page": ("list", b"<html></html>", "is a web page"),
    "nothing there": ("missing", None, "No such file"),
    "prose": ("list", b"Dear all,\n", "is not a list of feeds"),
    "prose with URLs": (
        "list",
        b"Dear all,\nthese are mine:\n\n- https://b.example/feed\n\nYours\n",
        "is not a list of feeds",
    ),
}


@pytest.mark.parametrize(("name", "content", "words"), BAD.values(), ids=BAD)
def test_a_file_that_is_no_list(folder: Folder, name: str, content: bytes | None, words: str) -> None:
    folder.configure(["https://a.example/feed"])
    before = text_of(folder)
    if content is not None:
        (folder.path / name).write_bytes(content)
    answer = folder.run("feeds", "import", name)
    assert (answer.code, text_of(folder)) == (1, before)
    assert words in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes what is read-only")
def test_a_read_only_file_stays(folder: Folder) -> None:
    folder.configure(["https://a.example/feed"])
    (folder.path / "feeds.yaml").chmod(stat.S_IRUSR)
    answer = folder.run("feeds", "remove", "a.example")
    assert (answer.code, "read-only" in answer.err) == (1, True)


def test_the_configuration_is_found_where_it_belongs(folder: Folder, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": ""}
    assert folder.run("latest", env=home).code == 2
    file = tmp_path / "home/.config/aggregator/feeds.yaml"
    assert folder.run("init", "--sample", "-c", str(file), env=home).code == 0
    assert "16 feeds" in folder.run("check", env=home).out
    folder.configure(["https://a.example/feed"])  # ./feeds.yaml comes first
    assert "1 feed" in folder.run("check", env=home).out


def test_feeds_are_one_line_each_with_trouble_first(folder: Folder, server: Server) -> None:
    folder.configure([server.url("/feed"), server.url("/missing")])
    folder.run("poll")
    lines = folder.run("feeds").out.splitlines()
    assert [line.split()[0] for line in lines] == ["failing", "ok"]
    details = folder.run("feeds", "-v").out
    assert server.url("/missing") in details
    assert "404" in details
