"""What scripts rely on: exit codes, options before and after the command's name, errors that say what to do."""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from aggregator.cli.root import COMMANDS, root
from aggregator.store.sql import rows
from support.calls import counted
from support.command import Folder
from support.feeds import numbered, rss
from support.server import Feed, Reply, serve


def test_every_command_teaches() -> None:
    top = CliRunner().invoke(root, ["--help"], prog_name="aggregator")
    assert top.exit_code == 0
    for name in COMMANDS:
        assert name in top.output
        answer = CliRunner().invoke(root, [name, "--help"], prog_name="aggregator")
        assert answer.exit_code == 0
        assert f"aggregator {name}" in answer.output.split("Example", 1)[1]


def test_the_installed_command_runs(folder: Folder) -> None:
    from aggregator import __version__

    assert __version__ in folder.run_process("--version").out
    wrong = folder.run_process("latest")
    assert (wrong.code, "aggregator init" in wrong.err) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "-c", "other.yaml"),
        ("-c", "other.yaml", "check"),
        ("--config", "other.yaml", "check"),
        ("check", "--config=other.yaml"),
        ("-c", "nothing.yaml", "check", "-c", "other.yaml"),
        ("check", "-v", "-c", "other.yaml"),
        ("-v", "check", "-c", "other.yaml"),
    ],
)
def test_the_configuration_is_named_before_or_after(folder: Folder, arguments: tuple[str, ...]) -> None:
    folder.configure(["https://example.org/feed"])
    (folder.path / "feeds.yaml").rename(folder.path / "other.yaml")
    answer = folder.run(*arguments)
    assert (answer.code, answer.err) == (0, "")
    assert "1 feed" in answer.out


def test_the_configuration_may_come_from_the_environment(folder: Folder) -> None:
    folder.configure(["https://example.org/feed"])
    (folder.path / "feeds.yaml").rename(folder.path / "other.yaml")
    assert folder.run("check", env={"AGGREGATOR_CONFIG": "other.yaml"}).code == 0
    assert folder.run("check").code == 2


@pytest.mark.parametrize("where", ["before", "after"])
def test_quiet(folder: Folder, where: str) -> None:
    folder.configure(["https://example.org/feed"])
    answer = folder.run("-q", "check") if where == "before" else folder.run("check", "-q")
    assert (answer.code, answer.out) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pol",), "did you mean 'poll'"),
        (("latest", "-n", "x"), "'x' is not a valid integer"),
        (("latest", "--since", "yesterday"), "2026-11-23"),
        (("poll", "no such feed"), "aggregator feeds"),
        (("run", "--port", "99999"), "65535"),
        (("latest", "--nonsense"), "--nonsense"),
    ],
)
def test_wrong_usage_is_2(folder: Folder, arguments: tuple[str, ...], words: str) -> None:
    folder.configure(["https://example.org/feed"])
    answer = folder.run(*arguments)
    assert answer.code == 2
    assert words in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("command", ["check", "poll", "latest", "feeds", "export", "run"])
def test_a_wrong_configuration_is_2_with_all_issues(folder: Folder, command: str) -> None:
    (folder.path / "feeds.yaml").write_text("titel: x\npolling: {every: 5}\nfeeds: [ftp://example.org/]\n")
    answer = folder.run(command)
    assert answer.code == 2
    assert [line.split(": ")[0] for line in answer.err.splitlines()[:3]] == [
        "feeds.yaml:1",
        "feeds.yaml:2",
        "feeds.yaml:3",
    ]
    assert "3 errors in feeds.yaml" in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("command", ["poll", "latest", "feeds", "export", "run"])
def test_a_store_that_cannot_be_used_is_4(folder: Folder, command: str) -> None:
    folder.configure(["http://127.0.0.1:9999/feed"])
    (folder.path / "data").mkdir()
    (folder.path / "data/aggregator.db").write_text("no database " * 1000)
    answer = folder.run(command)
    assert answer.code == 4
    assert "aggregator.db" in answer.err
    assert "Traceback" not in answer.err


def test_latest_before_the_first_poll(folder: Folder) -> None:
    folder.configure(["https://example.org/feed"])
    answer = folder.run("latest")
    assert (answer.code, answer.out) == (0, "")
    assert "aggregator poll" in answer.err
    assert folder.run("search", "word").err == answer.err
    assert folder.run("latest", "--json").json == []
    assert not (folder.path / "data").exists()


def test_the_demo_needs_no_network(folder: Folder) -> None:
    short = (
        folder.path / "t"
    )  # as a link: the sockets of reading processes need a path of at most 100 characters
    short.mkdir()
    link = Path(tempfile.mkdtemp(prefix="agg")) / "t"
    link.symlink_to(short)
    answer = folder.run_process("demo", env={"TMPDIR": str(link)})
    assert answer.code == 0, answer.err
    (made,) = link.iterdir()
    assert (made / "data/public/feed.atom").stat().st_size > 10_000
    assert str(made / "data/public/index.html") in answer.out
    assert "also at" in answer.out


def test_heavy_things_are_imported_only_where_they_are_needed(folder: Folder) -> None:
    """`aggregator latest` starts in a fraction of a second since it imports next to nothing."""
    folder.configure(["https://example.org/feed"])
    answer = folder.run("latest", env={"PYTHONPROFILEIMPORTTIME": "1"})
    imported = {line.rpartition("|")[2].strip().split(".")[0] for line in answer.err.splitlines()}
    heavy = {
        "httpx",
        "feedparser",
        "sqlite_utils",
        "apscheduler",
        "starlette",
        "uvicorn",
        "lxml",
        "jinja2",
        "rich",
        "asyncio",
    }
    assert not imported & heavy


def test_listing_stories_imports_nothing_that_it_has_no_use_for(folder: Folder) -> None:
    """Imports are most of what a command waits for."""
    with serve({"/feed": Feed(rss(*numbered(range(3))))}) as server:
        folder.configure([server.url("/feed")])
        assert folder.run("poll").code == 0
    code = (
        "import atexit, sys\nfrom aggregator.__main__ import main\nsys.argv[1:] = ['latest']\n"
        "atexit.register(lambda: print('imported', *sys.modules))\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder.path, env=folder.environment(), capture_output=True, text=True, check=True
    )  # fmt: skip
    assert "Headline" in done.stdout
    imported = set(done.stdout.rpartition("imported ")[2].split())
    unused = {
        "aggregator.config.describe",
        "aggregator.links.keys",
        "aggregator.links.secrets",
        "aggregator.links.tracking",
        "aggregator.store.sqlite.care",
        "aggregator.store.sqlite.watch",
        "aggregator.uris",
        "asyncio",
        "hashlib",
        "html",
        "httpx",
        "jinja2",
        "lxml",
        "multiprocessing",
        "shutil",
        "sqlite_utils",
    }
    assert not imported & unused


@pytest.mark.parametrize(
    ("command", "made"),
    [("feeds", {"feed_line": 3}), ("feeds --json", {"feed": 3}), ("status", {"feed": 3}), ("latest", {"source": 1})],
)  # fmt: skip
def test_a_command_makes_one_record_of_each_feed_that_it_shows(
    folder: Folder, command: str, made: dict[str, int]
) -> None:
    with serve({f"/{number}": Feed(rss(*numbered([number]))) for number in range(3)}) as server:
        folder.configure([server.url(f"/{number}") for number in range(3)])
        assert folder.run("poll").code == 0
    with counted(rows.feed, rows.feed_line, rows.source) as calls:
        answer = folder.run(*command.split(), *(["-n", "1"] if command == "latest" else []))
    assert calls == made, answer.err


@pytest.mark.parametrize("thread", [False, True])
def test_a_command_ends_without_taking_apart_what_was_imported(folder: Folder, thread: bool) -> None:
    """But not without what was asked for at its end, nor before its other threads have ended."""
    code = """
import atexit, os, sys, threading
from aggregator.__main__ import main

def at_once(code, leave=os._exit):
    print("at once", flush=True)
    leave(code)

def go_on():
    threading.main_thread().join()
    print("thread ends")

os._exit = at_once
atexit.register(print, "at exit")
if sys.argv.pop() == "True":
    threading.Thread(target=go_on).start()
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, "latest", str(thread)], cwd=folder.path, env=folder.environment(), capture_output=True, text=True
    )  # fmt: skip
    assert done.returncode == 2, done.stderr  # there is no feeds.yaml
    assert "feeds.yaml" in done.stderr
    assert done.stdout.splitlines() == (["thread ends", "at exit"] if thread else ["at exit", "at once"])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_a_command_keeps_the_memory_that_it_frees_for_what_comes_next(folder: Folder) -> None:
    """SQLite frees a temporary table with each statement that needs one; the kernel would clear its pages each time."""
    code = """
import atexit, resource
from aggregator.__main__ import main

def pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

@atexit.register
def allocate():
    before = pages()
    for _ in range(100):
        tables = [b"." * size for size in range(80_000, 90_000, 1_000)]  # as large as SQLite's
        del tables
    print("pages", pages() - before)

main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, "latest"], cwd=folder.path, env=folder.environment(), capture_output=True, text=True
    )  # fmt: skip
    taken = int(done.stdout.split()[-1])
    assert taken < 1_000  # of the 20,000 that all of them have


def test_quiet_lists_only_the_feeds_with_problems(folder: Folder) -> None:
    with serve({"/good": Feed(rss(*numbered([1]))), "/bad": Reply(404)}) as server:
        folder.configure([server.url("/good"), server.url("/bad")])
        folder.run("poll", "-q")
        assert folder.run("feeds", "-q").out.startswith("failing")
        assert folder.run("feeds", "-q").out.count("\n") == 1
        assert folder.run("feeds", "enable", "-q", server.url("/good")).out == ""
    for changes in (
        ("dedupe",),
        ("dedupe", "--rebuild", "--dry-run"),
        ("dedupe", "--rebuild"),
        ("redact", "--words", "nothing"),
    ):
        assert folder.run(*changes).out != ""
        assert folder.run(*changes, "-q").out == ""


HIDDEN = 'raise ModuleNotFoundError("hidden", name="{0}")\n'


def hide(folder: Folder, package: str) -> dict[str, str]:
    """An environment in which a package cannot be imported."""
    (folder.path / "hidden" / package).mkdir(parents=True)
    (folder.path / "hidden" / package / "__init__.py").write_text(HIDDEN.format(package))
    return {"PYTHONPATH": str(folder.path / "hidden")}


def test_without_re2_all_but_expressions_works(folder: Folder) -> None:
    without = hide(folder, "re2")
    folder.configure(["https://a.example/"], "filters: {block: [advert]}\n")
    assert folder.run("check", env=without).code == 0
    folder.configure(["https://a.example/"], "filters: {block: [/ad.*t/]}\n")
    answer = folder.run("check", env=without)
    assert (answer.code, "google-re2, which is not installed" in answer.err) == (2, True)


def test_a_package_that_is_missing_is_named(folder: Folder) -> None:
    folder.configure(["https://a.example/"])
    answer = folder.run("check", env=hide(folder, "can_ada"))
    assert answer.code == 1
    assert "can_ada is not installed" in answer.err
    assert "Traceback" not in answer.err
