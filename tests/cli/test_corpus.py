"""Every real feed of the corpus, polled twice over loopback by the installed command.

The corpus is its publishers' text and no part of the project: FEED_CORPUS names the folder where it lies.
"""

from __future__ import annotations

import contextlib
import html
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aggregator import links
from support.command import Folder
from support.server import Feed, Server, serve

CORPUS = Path(os.environ.get("FEED_CORPUS", "")) / "real"
TYPES = {"atom1.0": "application/atom+xml", "json": "application/feed+json", "rss1.0": "application/rdf+xml"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        "FEED_CORPUS" not in os.environ,
        reason="FEED_CORPUS is not set: the corpus of real feeds is NOT polled",
    ),
]

# Files whose expected titles are the mistake of most parsers: replacement marks, or text decoded twice with
# its no-break spaces lost. Ours are read right.
MOJIBAKE = {
    "feedreader-net__Rss20IndianExpress.rss",
    "feedreader-net__Rss20LeFigaro.rss",
    "feedreader-net__Rss20LeMonde.rss",
    "miniflux__no_encoding_ISO-8859-1.rss",
    "picofeed__cercle.psy.rss",
}
# Links through a redirector that does not look like one; the feed tells the original beside them.
REDIRECTED = {"rome__slashdot.rdf"}


def rows() -> list[dict[str, Any]]:
    with (CORPUS / "index.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Folder, Server, list[dict[str, Any]]]]:
    found = rows()
    routes = {
        "/" + Path(row["file"]).name: Feed(
            (CORPUS / row["file"]).read_bytes(), TYPES.get(row["format"], "application/rss+xml"), gzip=True
        )
        for row in found
    }
    folder = Folder(tmp_path_factory.mktemp("corpus"))
    with serve(routes) as server:
        folder.configure([server.url(path) for path in routes])
        answer = folder.run("poll", "--json")
        assert answer.code == 0, answer.err
        assert {feed["url"]: feed["message"] for feed in answer.json["feeds"] if feed["status"] != "ok"} == {}
        yield folder, server, found


def words(text: str) -> str:
    """Text as the expectations compare it: tags out, entities decoded, spaces squeezed."""
    bare = html.unescape(html.unescape(re.sub(r"<[^>]+>", "", html.unescape(text))))
    for encoding in ("cp1252", "latin-1"):  # an expectation decoded twice: what was meant counts
        with contextlib.suppress(UnicodeError):
            return re.sub(r"\s+", " ", bare.encode(encoding).decode("utf-8")).strip()
    return re.sub(r"\s+", " ", bare).strip()


def test_what_five_parsers_agree_on_is_what_we_keep(
    polled: tuple[Folder, Server, list[dict[str, Any]]],
) -> None:
    folder, server, found = polled
    with sqlite3.connect(folder.path / "data/aggregator.db") as db:
        db.row_factory = sqlite3.Row
        kept: dict[str, list[sqlite3.Row]] = {}
        for row in db.execute(
            "SELECT f.url, e.guid, e.link, e.title FROM entries e JOIN feeds f ON f.id = e.feed_id"
        ):
            kept.setdefault(row["url"], []).append(row)
    db.close()
    wrong: list[str] = []
    for row in found:
        name = Path(row["file"]).name
        url = server.url("/" + name)
        entries = kept.get(url, [])
        titles = {words(entry["title"]) for entry in entries}
        found_links = {links.link_key(entry["link"]) or entry["link"] for entry in entries}
        guids = {entry["guid"].strip() for entry in entries}
        for number, want in enumerate(
            json.loads((CORPUS / row["expect"]).read_text(encoding="utf-8"))["rows"]
        ):
            title, link, id = want.get("title"), want.get("link"), want.get("id")
            # A title over a thousand characters is shortened; one that is empty is made from the text.
            if (
                title
                and words(title)
                and len(title) < 900
                and name not in MOJIBAKE
                and words(title) not in titles
            ):
                wrong.append(f"{name} {number}: title {title!r}")
            # Opaque redirectors have no key: where the feed tells the original link, that one is kept.
            key = links.link_key(links.absolute(link, url)) if link else None
            if key and key not in found_links and name not in REDIRECTED:
                wrong.append(f"{name} {number}: link {link!r}")
            if id and id.strip() not in guids and (links.absolute(id, url) or "") not in guids:
                wrong.append(f"{name} {number}: id {id!r}")
    assert not wrong, "\n".join(wrong)


def test_the_second_time_brings_304s_and_changes_no_byte(
    polled: tuple[Folder, Server, list[dict[str, Any]]],
) -> None:
    folder, server, found = polled
    before = folder.published()
    server.requests.clear()
    answer = folder.run("poll", "--all", "--json").json
    assert {feed["status"] for feed in answer["feeds"]} == {"unchanged"}
    assert len(server.requests) == len(found)
    assert all(request.header("If-None-Match") for request in server.requests)
    assert answer["changed"] == []
    assert folder.published() == before
