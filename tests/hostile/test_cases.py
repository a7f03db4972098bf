"""Every case of the tables, polled with good feeds beside it: it gets its words, the others their stories."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from lxml import etree
from selectolax.lexbor import LexborHTMLParser

from hostile import bodies, compression, encodings, entries, killers, redirects, slow, transport, xml
from hostile.round import Round, poll
from support import valid
from support.command import Folder

pytestmark = pytest.mark.network

TABLES = {
    "slow": slow.CASES,
    "transport": transport.CASES,
    "compression": compression.CASES,
    "redirects": redirects.CASES,
    "bodies": bodies.CASES,
    "xml": xml.CASES,
    "encodings": encodings.CASES,
    "killers": killers.CASES,
    "entries": entries.CASES,
}
MEMORY = 400_000_000  # bytes, of all processes together
LONGEST = 600  # characters of what is told of one feed

Polled = Callable[[str], Round]


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Polled]:
    """The round over one table; all of them, two at a time, since much of it is waiting."""
    with ThreadPoolExecutor(2) as pool:
        rounds = {
            table: pool.submit(poll, Folder(tmp_path_factory.mktemp(table)), cases)
            for table, cases in sorted(TABLES.items(), key=lambda row: row[0] not in ("xml", "killers"))
        }
        yield lambda table: rounds[table].result()


@pytest.mark.parametrize(("table", "name"), [(t, n) for t, cases in TABLES.items() for n in cases])
def test_a_hostile_feed_is_a_result_in_words(polled: Polled, table: str, name: str) -> None:
    case, row = TABLES[table][name], polled(table).rows[name]
    assert row.at is not None, "it has no line"
    assert row.status in ([case.status] if case.status else ["ok", "failing"]), row
    assert case.words in row.words
    assert case.new is None or row.new == case.new
    if row.status != "ok":
        assert row.words
    assert row.words.isprintable()
    assert len(row.words) <= LONGEST
    # Not the names that programmers give to what went wrong.
    assert not re.search(r"[a-z](Error|Exception)\b|Traceback|<class|0x[0-9a-f]{6}", row.words), row.words


@pytest.mark.parametrize("table", TABLES)
def test_every_other_feed_is_served(polled: Polled, table: str) -> None:
    assert {(row.status, row.new) for row in polled(table).good.values()} == {("ok", 1)}


def test_no_feed_waits_for_a_slow_one(polled: Polled) -> None:
    """All good feeds have been read before the first server that never ends has been given up."""
    found = polled("slow")
    given_up = [row.at for row in found.rows.values() if row.at and "within" in row.words]
    assert len(given_up) > 10
    assert max(row.at or 0.0 for row in found.good.values()) < min(given_up)


@pytest.mark.parametrize("table", TABLES)
def test_the_program_keeps_its_countenance(polled: Polled, table: str) -> None:
    seen = polled(table).seen
    assert seen.code == 0
    assert "Traceback" not in seen.out
    assert "should not happen" not in seen.out
    assert all(line.rstrip("\n").isprintable() for _, line in seen.lines)
    assert 0 < seen.peak < MEMORY


@pytest.mark.parametrize("table", TABLES)
def test_the_outputs_stay_valid(polled: Polled, table: str) -> None:
    check_outputs(polled(table).outputs)


def check_outputs(outputs: dict[str, bytes]) -> None:
    """Asserts that every published file is what its name says, and harmless."""
    assert {"feed.atom", "feed.json", "index.html", "subscriptions.opml"} <= set(outputs)
    for name, data in outputs.items():
        if name.endswith(".atom"):
            assert len(data) < 5_000_000, (name, data.count(b"<entry"), len(data))
            valid.atom(data)
        elif name.endswith(".json"):
            valid.jsonfeed(data)
        elif name.endswith(".opml"):
            etree.fromstring(data)
        elif name.endswith(".html"):
            _check_page(data.decode())


def _check_page(page: str) -> None:
    tree: Any = LexborHTMLParser(page)
    assert not tree.css("script, iframe, object, embed, base")
    for node in tree.css("*"):
        for attribute, value in node.attributes.items():
            assert not attribute.startswith("on"), attribute
            assert not (value or "").strip().lower().startswith(("javascript:", "data:text", "vbscript:"))
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", page)
