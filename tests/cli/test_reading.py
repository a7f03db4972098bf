"""What a person reads in the terminal: latest, show, open, search; outputs that cannot be written."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from aggregator.cli.terminal_html import render_text
from aggregator.cli.text import cells, fit, isolated
from support.command import COMMAND, Answer, Folder
from support.feeds import numbered, rss
from support.server import Feed, serve


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A folder with four stories of one feed."""
    folder = Folder(tmp_path_factory.mktemp("site"))
    with serve({"/feed": Feed(rss(*numbered([1, 2, 3, 4])))}) as server:
        folder.configure([server.url("/feed")])
        answer = folder.run("poll")
        assert answer.code == 0, answer.err
    return folder


@pytest.fixture
def polled(site: Folder, tmp_path: Path) -> Folder:
    return site.copy(tmp_path)


def test_the_number_that_latest_shows_is_what_the_others_take(polled: Folder) -> None:
    line = polled.run("latest", "-n", "1", "--oneline").out
    number, title = line.split()[0], polled.run("latest", "-n", "1", "--format", "{title}").out.strip()
    for command in (("show", number), ("explain", number)):
        answer = polled.run(*command)
        assert answer.code == 0, answer.err
        assert title in answer.out
    opened = polled.run("open", number, env={"BROWSER": "true"})
    assert (opened.code, opened.out.startswith("http")) == (0, True)
    assert f"{number}  " in polled.run("latest").out
    assert polled.run("show", "999999").code == 2


def test_a_format_that_names_no_field_is_refused(polled: Folder) -> None:
    answer = polled.run("latest", "--format", "{titel}")
    assert answer.code == 2
    assert "{title}" in answer.err
    assert polled.run("latest", "--format", "{title.__class__}").code == 2
    assert polled.run("latest", "-n", "1", "--format", r"{id}\t{feed}").out.count("\t") == 1


def test_a_feed_or_tag_that_is_not_there_is_refused_with_the_near_ones(polled: Folder) -> None:
    for command in ("latest", "search"):
        words = ("x",) if command == "search" else ()
        answer = polled.run(command, *words, "--feed", "nobody")
        assert (answer.code, "aggregator feeds" in answer.err) == (2, True)
        answer = polled.run(command, *words, "--tag", "nothing")
        assert (answer.code, "tag" in answer.err) == (2, True)


def test_search_pages_and_counts(polled: Folder) -> None:
    title = polled.run("latest", "-n", "1", "--format", "{title}").out.split()[0]
    first = polled.run("search", title, "-n", "3")
    assert first.code == 0
    assert "1 to 3 of 4 stories" in first.out
    assert len(polled.run("search", title, "-n", "3", "--page", "2", "--json").json) == 1
    assert "No story matches" in polled.run("search", "zzzz").err


def test_on_a_narrow_terminal_the_title_has_room(polled: Folder) -> None:
    title = polled.run("latest", "-n", "1", "--format", "{title}").out.strip()
    wide = polled.run("latest", "-n", "1", "--oneline").out
    narrow = polled.run("latest", "-n", "1", "--oneline", env={"COLUMNS": "40"}).out
    assert title[:15] in wide
    assert title[:15] in narrow
    assert all(len(line) <= 40 for line in polled.run("feeds", env={"COLUMNS": "40"}).out.splitlines())


def test_search_lists_the_newest_first(folder: Folder) -> None:
    old = rss(("Bridge of old", "https://a.example/1"), date="Mon, 02 Mar 2026 12:00:00 GMT")
    new = rss(("Bridge of now", "https://b.example/1"), date="Tue, 03 Mar 2026 12:00:00 GMT")
    with serve({"/new": Feed(new), "/old": Feed(old)}) as server:
        folder.configure([server.url("/new")])
        folder.run("poll")
        folder.configure([server.url("/new"), server.url("/old")])  # which comes later, with what is older
        folder.run("poll")
    assert [story["title"] for story in folder.run("search", "bridge", "--json").json] == [
        "Bridge of now",
        "Bridge of old",
    ]


def run_to(folder: Folder, command: str) -> Answer:
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder.path,
        env=folder.environment() | {"A": str(COMMAND)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


OUTPUTS = {
    "a pipe that nobody reads": ('{ "$A" poll; echo $? > code; } | true; cat code', "141"),
    "a full disk": ('"$A" poll > /dev/full; echo $?', "1"),
    "a closed output": ('"$A" poll >&-; echo $?', "1"),
    "both closed": ('"$A" poll >&- 2>&-; echo $?', "1"),
    "a closed output, and quiet": ('"$A" -q poll >&- 2>&-; echo $?', "0"),
}


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110
@pytest.mark.parametrize(("command", "code"), OUTPUTS.values(), ids=OUTPUTS)
def test_an_output_that_cannot_be_written_stops_no_round(folder: Folder, command: str, code: str) -> None:
    feeds = {f"/{n}": Feed(rss(*numbered([n]))) for n in range(1, 9)}
    with serve(feeds) as server:
        folder.configure([server.url(path) for path in feeds])
        answer = run_to(folder, command)
    assert "Traceback" not in answer.err
    assert answer.out.split() == [code]
    assert len(folder.run("latest", "--json").json) == 8  # all were read, saved and published
    assert (folder.path / "data/public/feed.atom").exists()


def test_colour_is_as_the_environment_says(polled: Folder) -> None:
    assert "\x1b[" not in polled.run("latest").out
    assert "\x1b[" in polled.run("latest", env={"FORCE_COLOR": "1"}).out
    assert "\x1b[" not in polled.run("latest", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out
    assert "\x1b[" not in polled.run("latest", env={"FORCE_COLOR": "1", "TERM": "dumb"}).out


def test_times_are_local_with_their_zone_or_in_utc(polled: Folder) -> None:
    assert "(CET)" in polled.run("latest", env={"TZ": "CET-1"}).out
    assert "(UTC)" in polled.run("latest", "--utc", env={"TZ": "CET-1"}).out


def test_any_locale_will_do(polled: Folder) -> None:
    for env in ({"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}):
        answer = polled.run("latest", env=env)
        assert (answer.code, answer.err) == (0, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(polled: Folder, shell: str) -> None:
    script = polled.run("completion", shell).out
    assert "_AGGREGATOR_COMPLETE" in script


def test_names_of_feeds_are_completed(polled: Folder) -> None:
    env = {
        "_AGGREGATOR_COMPLETE": "bash_complete",
        "COMP_WORDS": "aggregator latest --feed ",
        "COMP_CWORD": "3",
    }
    name = polled.run("feeds", "--json").json[0]["name"]
    assert f"plain,{name}" in polled.run(env=env).out


def test_the_version_for_a_bug_report(folder: Folder) -> None:
    found = folder.run("--version", "--json").json
    assert found["version"] in folder.run("--version").out
    assert {"python", "platform", "libraries"} <= set(found)


HTML = {
    "paragraphs": ("<p>One</p><p>Two</p>", ["One", "", "Two"]),
    "a link is numbered": (
        '<p>See <a href="https://a.example/">this</a> and <a href="https://a.example/">that</a>.</p>',
        ["See this[1] and that[1].", "", "[1] https://a.example/"],
    ),
    "lists": (
        "<p>x</p><ul><li>one</li><li>two <b>bold</b></li></ul><ol><li>a</li><li>b</li></ol>",
        ["x", "", "- one", "- two bold", "", "1. a", "2. b"],
    ),
    "a quote": ("<blockquote><p>said</p></blockquote>", ["> said"]),
    "code keeps its lines": ("<pre>a\n  b</pre>", ["a", "  b"]),
    "an image": ('<img src="x" alt="A cat">', ["[image: A cat]"]),
    "what steers a terminal is gone": ("<p>a\x1b[31mb</p>", ["a[31mb"]),
}


@pytest.mark.parametrize(("content", "lines"), HTML.values(), ids=HTML)
def test_a_story_as_text(content: str, lines: list[str]) -> None:
    assert render_text(content, 60) == lines


def test_the_best_are_first_where_asked(folder: Folder) -> None:
    items = [
        ("The river has a new boat", "https://a.example/1"),
        ("River meets river", "https://a.example/2"),
    ]
    with serve({"/feed": Feed(rss(*items))}) as server:
        folder.configure([server.url("/feed")])
        folder.run("poll")
    best = folder.run("search", "riv*", "--sort", "best", "--json").json
    assert [story["title"] for story in best] == ["River meets river", "The river has a new boat"]


WIDTHS = {
    "Latin": ("école", 5),
    "Latin, decomposed": ("e\u0301cole", 5),
    "Chinese": ("日本語", 6),
    "Korean": ("한국어", 6),
    "Thai": ("สวัสดีที่นี่", 6),
    "Hindi": ("नमस्ते दुनिया", 10),
    "Hebrew": ("שלום עולם", 9),
    "Arabic with vowels": ("كَتَبَ", 3),
    "an emoji": ("👍", 2),
    "isolated": ("\u2068x\u2069", 1),
    "a soft hyphen": ("a\xadb", 3),
}


@pytest.mark.parametrize(("text", "columns"), WIDTHS.values(), ids=WIDTHS)
def test_columns_are_those_of_terminals(text: str, columns: int) -> None:
    assert cells(text) == columns
    assert cells(fit(text * 9, 12)) == 12


def test_right_to_left_titles_are_isolated_on_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    hebrew = "שלום 12"
    assert isolated(hebrew) == hebrew  # not in a pipe
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    assert isolated(hebrew) == f"\u2068{hebrew}\u2069"
    assert cells(isolated(hebrew)) == cells(hebrew)
    assert isolated("Grüße") == "Grüße"
