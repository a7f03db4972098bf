"""No attack survives: every field of every entry is inert wherever a page puts it."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from aggregator.models import Enclosure, Entry, ParsedEntry, ParsedFeed, Person, Text
from aggregator.normalise import normalise, tables

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CORPUS = os.environ.get("FEED_CORPUS")

VECTORS = {
    "script": "<script>alert(1)</script>",
    "script in a script": "<scr<script></script>ipt>alert(1)</scr<script></script>ipt>",
    "script without end": "<script src=//evil.example/x.js",
    "script after an attribute": '"><script>alert(1)</script>',
    "event handler": "<img src=x onerror=alert(1)>",
    "event handler without spaces": "<svg/onload=alert(1)>",
    "event handler in a body": "<body onload=alert(1)>",
    "event handler behind a control character": "<img src=x \x01onerror=alert(1)>",
    "event handler in an allowed tag": '<p onclick="alert(1)" onmouseover=alert(1)>x</p>',
    "javascript link": '<a href="javascript:alert(1)">x</a>',
    "javascript link in capitals with a tab": '<a href="JaVa&#9;ScRiPt:alert(1)">x</a>',
    "javascript link behind a control character": '<a href="\x01javascript:alert(1)">x</a>',
    "javascript link in references": '<a href="&#106;avascript&colon;alert(1)">x</a>',
    "javascript picture": "<img src=javascript:alert(1)>",
    "vbscript": '<a href="vbscript:msgbox(1)">x</a>',
    "data page": '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "data picture with a script": '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
    "late picture": '<img data-src="javascript:alert(1)">',
    "poster": '<video poster="javascript:alert(1)" src="javascript:alert(1)"></video>',
    "style sheet": "<style>@import 'javascript:alert(1)';</style>",
    "style attribute": '<p style="background:url(javascript:alert(1))">x</p>',
    "linked style sheet": "<link rel=stylesheet href=//evil.example/x.css>",
    "refresh": '<meta http-equiv=refresh content="0;url=javascript:alert(1)">',
    "base": '<base href="javascript:alert(1)//">',
    "frame": "<iframe src=javascript:alert(1)></iframe>",
    "frame with a page in it": '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "frame that is nearly a video": '<iframe src="https://www.youtube.com/embed/abcdefghijk&quot; onload=alert(1)"></iframe>',
    "frame around a script": "<iframe><script>alert(1)</script></iframe>",
    "object": "<object data=javascript:alert(1)><embed src=javascript:alert(1)></object>",
    "form": "<form action=javascript:alert(1)><button formaction=javascript:alert(1)>x</button></form>",
    "details": "<details open ontoggle=alert(1)>x</details>",
    "MathML": '<math href="javascript:alert(1)"><mtext><style><img src=x onerror=alert(1)>',
    "SVG": "<svg><animate onbegin=alert(1) attributeName=x><a xlink:href=javascript:alert(1)>x</a></svg>",
    "noscript": '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "mutation": "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;<img src=x onerror=alert(1)>'>",
    "mutation in a template": "<template><p title='</template><img src=x onerror=alert(1)>'>",
    "text area": "<textarea></textarea><img src=x onerror=alert(1)>",
    "plain text": "<plaintext><img src=x onerror=alert(1)>",
    "comment": "<!--><img src=x onerror=alert(1)>-->",
    "CDATA": "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "escaped": "&lt;script&gt;alert(1)&lt;/script&gt;",
    "escaped twice": "&amp;lt;img src=x onerror=alert(1)&amp;gt;",
    "quotes": '" onmouseover="alert(1)" x=\'',
}

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


@pytest.mark.parametrize("payload", VECTORS.values(), ids=VECTORS)
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
    lines = (Path(str(CORPUS)) / "xss/vectors.jsonl").read_text().splitlines()
    assert len(lines) > 800
    for line in lines:
        _check(json.loads(line)["payload"])
