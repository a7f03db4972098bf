"""An id that a fault of its document had changed, or that older versions read wrong: the entry is recognised, told once."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from support.bench import Bench
from support.server import Reply, serve

ITEM = (
    "<item><title>The harbour gets a new lamp this spring</title>{guid}"
    "<link>https://news.example/lamp?a=1&amp;b=2</link><description>{text}</description></item>"
)


def feed(guid: str, text: str = "It is bright.") -> bytes:
    item = ITEM.format(guid=guid, text=text)
    return f'<rss version="2.0"><channel><title>Harbour</title>{item}</channel></rss>'.encode()


# What stood as the guid in the store, and the document that now gives another.
MENDED: Mapping[str, tuple[str, bytes]] = {
    "an ampersand, escaped": ("g&amp;h", feed("<guid isPermaLink='false'>g&amp;h</guid>")),
    "an ampersand in a document with a bare one": (
        "g&amp;h",
        feed("<guid isPermaLink='false'>g&amp;h</guid>", "R&D"),
    ),
    "CDATA that was escaped": ("<![CDATA[one]]>", feed("<guid>&lt;![CDATA[one]]&gt;</guid>")),
    "mojibake under a false label": (
        "Ð»Ð°Ð¼Ð¿Ð°",
        b'<?xml version="1.0" encoding="koi8-r"?>' + feed("<guid isPermaLink='false'>лампа</guid>"),
    ),
}


@pytest.mark.parametrize(("stored", "document"), MENDED.values(), ids=MENDED)
def test_an_entry_under_a_damaged_id_is_told_once(bench: Bench, stored: str, document: bytes) -> None:
    with serve({"/": Reply(200, document)}) as server:
        bench.subscribe(server.url())
        bench.poll()
        bench.sql("UPDATE entries SET guid = ?, fingerprint = ''", stored)
        bench.sql("UPDATE feeds SET body_hash = NULL")
        bench.poll()
    assert bench.titles() == ["The harbour gets a new lamp this spring"]
    assert [tuple(row) for row in bench.sql("SELECT count(*) FROM stories")] == [(1,)]


def test_a_document_that_is_well_formed_every_other_time_tells_its_entries_once(bench: Bench) -> None:
    guid = "<guid isPermaLink='false'>g&amp;h</guid>"
    pages = {"/": Reply(200, feed(guid))}
    with serve(pages) as server:
        bench.subscribe(server.url())
        for text in ("It is bright.", "R&D says so.", "It is bright again.", "R&D &nbsp; once more."):
            pages["/"] = Reply(200, feed(guid, text))
            bench.poll()
    assert [tuple(row) for row in bench.sql("SELECT guid FROM entries")] == [("g&h",)]
    assert bench.titles() == ["The harbour gets a new lamp this spring"]
