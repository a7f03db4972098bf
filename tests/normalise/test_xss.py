"""No attack survives: every field of every entry is inert wherever a page puts it."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime

import pytest
from selectolax.lexbor import LexborHTMLParser

from aggregator.models import Enclosure, Entry, ParsedEntry, ParsedFeed, Person, Text
from aggregator.normalise import normalise, tables
from support.attacks import ATTACKS, VECTORS, corpus

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CORPUS = os.environ.get("FEED_CORPUS")

_SCHEME = re.compile(r"(?:https?|mailto):", re.I)
_ADDRESSES = frozenset(
    {"href", "src", "poster", "action", "data", "formaction", "srcset", "cite", "xlink:href"}
)


def _entries(payload: str) -> list[Entry]:
    """An entry of each format with the payload in every field."""
    parsed = ParsedEntry(
        id=payload,
        link=payload,
        title=Text(payload),
        summary=Text(payload),
        content=Text(payload, is_html=True),
        authors=(Person(payload, payload, payload),),
        tags=(payload,),
        enclosures=(Enclosure(payload, payload),),
        image=payload,
        language=payload,
    )
    without = ParsedEntry(title=Text(payload, is_html=True), summary=Text(payload, is_html=True))
    feeds = [ParsedFeed(form, (parsed, without)) for form in ("rss20", "atom10", "json11")]
    return [entry for feed in feeds for entry in normalise(feed, "https://news.example/f", NOW).entries]


def _dangers(html: str) -> list[str]:
    """Whatever in this HTML is not on the list, or would load or run something that it should not."""
    found = []
    body = LexborHTMLParser(f"<!doctype html><body><div>{html}</div>").body
    assert body is not None
    for node in body.css("div *"):
        if node.tag not in tables.TAGS:
            found.append(f"<{node.tag}>")
        for name, value in node.attributes.items():
            if name.startswith("on") or name in ("style", "srcdoc", "srcset"):
                found.append(name)
            if name in _ADDRESSES and not _SCHEME.match(value or ""):
                found.append(f"{name}={value}")
    return found


def _is_web(url: str | None) -> bool:
    return url is None or url.startswith(("https://", "http://"))


def _check(payload: str) -> None:
    for entry in _entries(payload):
        assert _dangers(entry.content) == []
        assert _is_web(entry.link)
        assert _is_web(entry.image)
        assert all(_is_web(enclosure.url) for enclosure in entry.enclosures)
        assert all(_is_web(author.url) for author in entry.authors)
        for text in (entry.title, entry.summary, *entry.tags, *(author.name for author in entry.authors)):
            assert text.isprintable() or not re.search(r"[\x00-\x1f\x7f-\x9f]", text)


@pytest.mark.parametrize("payload", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_comes_out_inert(payload: str) -> None:
    _check(payload)


_KINDS = ("script in", "script after", "event", "javascript", "vb", "frame", "object")
MARKUP = [name for name in VECTORS if name.startswith(_KINDS)]


@pytest.mark.parametrize("name", MARKUP)
def test_a_title_shows_no_markup_of_an_attack(name: str) -> None:
    """Titles are text, and pages escape them; one that was put into a page as it is should still do nothing."""
    title = _entries(VECTORS[name])[0].title
    assert _dangers(title) == []


@pytest.mark.skipif(not CORPUS, reason="FEED_CORPUS is not set: the corpus of attacks is NOT checked")
def test_the_corpus_of_attacks() -> None:
    attacks, _ = corpus(str(CORPUS))
    assert len(attacks) > 1000
    for attack in attacks:
        _check(attack)
