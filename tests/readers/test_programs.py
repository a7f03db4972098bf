"""Feeds and OPML of ours in whole programs: newsboat, rss2email, and what reads lists of subscriptions."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.export import write_outputs
from aggregator.models import Story
from support import checks
from support.publications import NOON, OTHER, RICH, SOURCE, STORY, publication
from support.server import Feed, serve

pytestmark = pytest.mark.browser

STORIES: tuple[Story, ...] = (RICH, *(  # by arrival, the newest first
    Story(**({name: getattr(STORY, name) for name in STORY.__slots__} | {
        "id": n, "atom_id": f"urn:x:{n}", "title": f"Title {n}: R&D <b> 京都", "link": f"https://daily.example/{n}",
    }))
    for n in range(2, 7)
))  # fmt: skip
MERGED = ["feed.atom", "bots.rss"]


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("programs") / "public"
    arrivals = tuple((story, NOON - timedelta(minutes=n)) for n, story in enumerate(STORIES))
    write_outputs(publication(*STORIES, arrivals=arrivals, sources=(SOURCE, OTHER)), folder)
    return folder


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        shutil.which(program) is None, reason=f"NO {program}: it read none of our feeds"
    )


def run(command: list[str], folder: Path) -> str:
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin:/usr/local/bin", "LANG": "C.UTF-8"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def titles(name: str) -> set[str]:
    """As a reader of that feed shows them."""
    lead = f"{SOURCE.name}: " if name == "bots.rss" else ""
    return {lead + story.title for story in STORIES}


@needs("newsboat")
@pytest.mark.parametrize("name", MERGED)
def test_newsboat_reads_it(public: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "urls").write_text(f"file://{public / name}\n")
    run(["newsboat", "-u", "urls", "-c", "cache.db", "-C", "/dev/null", "-x", "reload"], tmp_path)
    with closing(sqlite3.connect(tmp_path / "cache.db")) as cache:
        found = cache.execute("SELECT title, url FROM rss_item").fetchall()
    assert {title for title, _ in found} == titles(name)
    assert {url for _, url in found} == {story.link for story in STORIES}


@needs("newsboat")
def test_newsboat_imports_the_list(public: Path, tmp_path: Path) -> None:
    (tmp_path / "urls").write_text("")
    command = ["newsboat", "-u", "urls", "-c", "cache.db", "-C", "/dev/null", "-i"]
    run([*command, str(public / "subscriptions.opml")], tmp_path)
    assert [line.split()[0] for line in (tmp_path / "urls").read_text().splitlines()] == [
        SOURCE.url,
        OTHER.url,
    ]


@needs("r2e")
@pytest.mark.parametrize("name", MERGED)
def test_rss2email_mails_each_story(public: Path, tmp_path: Path, name: str) -> None:
    for folder in ("cur", "new", "tmp"):
        (tmp_path / "mail" / "inbox" / folder).mkdir(parents=True)
    (tmp_path / "r2e.cfg").write_text(
        "[DEFAULT]\nfrom=a@news.example\nto=b@news.example\nemail-protocol=maildir\n"
        f"maildir-path={tmp_path / 'mail'}\nmaildir-mailbox=inbox\n"
    )
    r2e = ["r2e", "-c", "r2e.cfg", "-d", "r2e.json"]
    with serve({f"/{name}": Feed((public / name).read_bytes())}) as server:
        run([*r2e, "add", "news", server.url(f"/{name}")], tmp_path)
        run([*r2e, "run"], tmp_path)
        mails = list((tmp_path / "mail/inbox/new").iterdir())
        assert len(mails) == len(STORIES)
        assert all(
            story.link in "".join(mail.read_text() for mail in mails) for story in STORIES if story.link
        )
        run([*r2e, "run"], tmp_path)  # nothing twice
        assert len(list((tmp_path / "mail/inbox/new").iterdir())) == len(STORIES)


def test_listparser_reads_the_list(public: Path) -> None:
    listparser = pytest.importorskip("listparser", reason="NO listparser: it did not read our list")
    read = listparser.parse((public / "subscriptions.opml").read_bytes())
    assert not read.bozo
    assert [(feed.url, feed.title) for feed in read.feeds] == [
        (SOURCE.url, SOURCE.name),
        (OTHER.url, OTHER.name),
    ]
    assert SOURCE.tags[0] in read.feeds[0].tags


@pytest.mark.skipif(
    not checks.has_module("opml"), reason=f"NO opml in {checks.FOLDER}: it did not read our list"
)
def test_opml_of_javascript_reads_the_list(public: Path, tmp_path: Path) -> None:
    script = tmp_path / "read.mjs"
    script.write_text(
        "import opml from 'opml'; import fs from 'fs';\n"
        "opml.parse(fs.readFileSync(process.argv.at(-1), 'utf8'), (error, found) => {\n"
        "  if (error) throw error;\n"
        "  const walk = each => [each.xmlUrl, ...(each.subs ?? []).flatMap(walk)].filter(Boolean);\n"
        "  console.log(walk(found.opml.body).join(' '));\n});\n"
    )
    assert checks.node(script, str(public / "subscriptions.opml")).split() == [SOURCE.url, OTHER.url]
