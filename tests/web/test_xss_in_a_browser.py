"""Every attack in every field of every format, through the whole pipeline: nothing runs in a real browser.

Once in the digest, with its Content-Security-Policy and without, and once as a careless page would show it:
the content as it is, in a page that has no policy at all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest

from aggregator.settings import Dedupe, Publish
from aggregator.store.open import open_store
from support import chromium
from support.attacks import ATTACKS, corpus
from support.bench import Bench
from support.feeds import DATE
from support.server import Feed, Reply, serve
from support.site import serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        chromium.PATH is None,
        reason="NO CHROMIUM: no attack was tried in a browser (apt-get install chromium)",
    ),
]
CORPUS = os.environ.get("FEED_CORPUS")
EVERYTHING = Publish(
    entries=100_000, per_source=100_000, guarantee_hours=100_000, backfill=100_000, backfill_days=0
)


# ---------------------------------------------------------------- feeds with one attack in every field

_NAME = 1_000  # characters: documents with much longer names are refused


def rss(attack: str, number: int) -> bytes:
    text, attribute, name = escape(attack), quoteattr(attack), escape(attack[:_NAME])
    whole = attack.replace("]]>", "]]]]><![CDATA[>")
    return f"""<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>{text}</title><link>{text}</link><description>{text}</description><language>{text}</language>
<copyright>{text}</copyright><image><url>{text}</url><title>{text}</title><link>{text}</link></image>
<item><title>{text}</title><link>{text}</link><guid isPermaLink="false">{number} {text}</guid>
<description>{text}</description><content:encoded><![CDATA[<p>{number}</p>{whole}]]></content:encoded>
<author>{name}</author><dc:creator>{name}</dc:creator><category domain={attribute}>{text}</category>
<enclosure url={attribute} type={attribute} length={attribute}/><media:thumbnail url={attribute}/>
<source url={attribute}>{text}</source><comments>{text}</comments><pubDate>{DATE}</pubDate></item>
</channel></rss>""".encode("utf-8", "replace")


def sloppy(attack: str, number: int) -> bytes:
    """As feeds do that escape nothing."""
    return f"""<rss version="2.0"><channel><title>{attack}</title><link>https://sloppy.example/</link>
<item><title>{attack}</title><link>https://sloppy.example/{number}</link><author>{attack}</author>
<category>{attack}</category><description>{attack}</description><pubDate>{DATE}</pubDate></item>
</channel></rss>""".encode("utf-8", "replace")


def atom(attack: str, number: int) -> bytes:
    text, attribute, name = escape(attack), quoteattr(attack), escape(attack[:_NAME])
    return f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang={attribute}>
<title type="html">{text}</title><subtitle type="html">{text}</subtitle><id>urn:x:{number}</id>
<link href={attribute}/><link rel="hub" href={attribute}/><icon>{text}</icon><logo>{text}</logo><rights>{text}</rights>
<generator uri={attribute}>{text}</generator><updated>2026-03-02T12:00:00Z</updated>
<entry><title type="html">{text}</title><id>{number} {text}</id><updated>2026-03-02T12:00:00Z</updated>
<link href={attribute} title={attribute}/><link rel="enclosure" href={attribute} type={attribute}/>
<author><name>{name}</name><uri>{name}</uri><email>{name}</email></author>
<category term={attribute} scheme={attribute} label={attribute}/><summary type="html">{text}</summary>
<content type="html" xml:base={quoteattr(attack[:_NAME])}>&lt;p&gt;{number}&lt;/p&gt;{text}</content>
<source><title>{text}</title><id>{text}</id><link href={attribute}/></source></entry></feed>""".encode(
        "utf-8", "replace"
    )


def plain_atom(attack: str, number: int) -> bytes:
    """What the format calls text is text, and shown to the letter."""
    text = escape(attack)
    return f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>{text}</title><id>urn:y:{number}</id>
<entry><title>{text}</title><id>urn:y:{number}:1</id><updated>2026-03-02T12:00:00Z</updated>
<author><name>{text}</name></author><summary>{text}</summary><content>{text}</content></entry></feed>""".encode(
        "utf-8", "replace"
    )


def json_feed(attack: str, number: int) -> bytes:
    author = {"name": attack, "url": attack, "avatar": attack}
    item: dict[str, object] = {
        "id": f"{number} {attack}",
        "url": attack,
        "external_url": attack,
        "title": attack,
    }
    item |= {"summary": attack, "content_html": f"<p>{number}</p>{attack}", "image": attack}
    more = {
        "authors": [author],
        "tags": [attack],
        "language": attack,
        "date_published": "2026-03-02T12:00:00Z",
    }
    files = [{"url": attack, "mime_type": attack, "title": attack}]
    feed: dict[str, object] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": attack,
        "home_page_url": attack,
    }
    feed |= {"icon": attack, "authors": [author], "description": attack}
    return json.dumps(feed | {"items": [item | more | {"attachments": files}]}).encode()


FORMATS = (rss, sloppy, atom, plain_atom, json_feed)


# ---------------------------------------------------------------- pages


@pytest.fixture(scope="module")
def browser() -> Iterator[chromium.Chromium]:
    """It reaches loopback and nothing else: a picture from elsewhere fails at once."""
    with chromium.Chromium("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1") as found:
        yield found


@pytest.fixture(
    scope="module",
    params=[
        "own",
        pytest.param(
            "corpus",
            marks=pytest.mark.skipif(not CORPUS, reason="FEED_CORPUS is not set: its attacks were NOT tried"),
        ),
    ],
)
def public(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the outputs after a poll of one feed for each attack and format."""
    attacks, feeds = corpus(str(CORPUS)) if request.param == "corpus" else (list(ATTACKS.values()), [])
    folder = tmp_path_factory.mktemp("attacked")
    store = open_store(folder / "aggregator.db")
    bench = Bench(folder, store)
    routes = {
        f"/{form.__name__}/{number}": Feed(form(attack, number), "application/octet-stream")
        for number, attack in enumerate(attacks)
        for form in FORMATS
    }
    routes |= {f"/itself/{number}": Feed(body, "text/xml") for number, body in enumerate(feeds)}
    with serve(routes) as server:
        bench.subscribe(*map(server.url, routes), dedupe=Dedupe(by=("off",)), publish=EVERYTHING)
        results = bench.poll()
    bench.publish()
    store.close()
    read = sum(result.status == "ok" for result in results.values())
    assert read > 0.99 * len(results), "nearly all must be read, or nothing is tried"
    return bench.config.public_path


# What could run, load or lead astray, wherever it is; asked of the page itself, so that it is what the browser sees.
DANGERS = """(within => {
  const found = [];
  for (const e of document.querySelectorAll(within + ' *')) {
    if (/^(script|i?frame|frameset|object|embed|applet|base|meta|link|style|form|svg|math|template|input|button)$/i
        .test(e.localName)) found.push('<' + e.localName + '>');
    for (const a of e.attributes) {
      if (/^(on.*|style|srcdoc|srcset|ping|formaction|background|is)$/i.test(a.name)) found.push(a.name);
      if (/^(href|src|poster|action|data|cite|xlink:href)$/i.test(a.name)
          && !/^(https?|mailto):$/.test(new URL(a.value, document.baseURI).protocol)) found.push(a.name + '=' + a.value);
    }
  }
  return found;
})('body')"""
IN_STORIES = DANGERS.replace("'body'", "'article'")
STORIES = "document.querySelectorAll('article').length"


def contents(public: Path) -> list[str]:
    items = json.loads((public / "feed.json").read_text(encoding="utf-8"))["items"]
    return [item["content_html"] for item in items if "content_html" in item]


def without_policy(page: bytes) -> bytes:
    head, mark, rest = page.partition(b'<meta http-equiv="Content-Security-Policy"')
    assert mark
    return head + rest.partition(b">")[2]


# ---------------------------------------------------------------- nothing happens


def test_in_the_digest_nothing_runs_and_nothing_is_asked_for(
    browser: chromium.Chromium, public: Path
) -> None:
    found = 0
    with serving(public) as site:
        for page in sorted(public.glob("index*.html")):
            address = site.address + page.name.removesuffix("index.html")
            visit = browser.visit(address, scripts=(STORIES, IN_STORIES), watched=True)
            found += visit.values[STORIES]
            assert visit.ran == []
            assert visit.complaints == []  # of the policy either: it had nothing to refuse
            assert [url for url in visit.requests if not url.startswith("data:")] == [address]
            assert visit.values[IN_STORIES] == []
    assert found > 400


def test_the_digest_needs_no_policy_to_be_safe(browser: chromium.Chromium, public: Path) -> None:
    found = 0
    for file in sorted(public.glob("index*.html")):
        page = without_policy(file.read_bytes())
        html = Reply(body=page, headers=(("Content-Type", "text/html; charset=utf-8"),))
        with serve({"/": html}) as server:
            visit = browser.visit(server.url(), scripts=(STORIES,), watched=True)
            assert [url for url in visit.requests if not url.startswith("data:")] == [server.url()]
        found += visit.values[STORIES]
        assert visit.ran == []
    assert found > 400


def test_the_other_files_run_nothing_either(browser: chromium.Chromium, public: Path) -> None:
    """The feeds themselves, the subscription list, and the newest page of each other kind."""
    newest = {path.parent: path for path in sorted(public.rglob("*.html"))}
    pages = {path.relative_to(public).as_posix() for path in newest.values()}
    with serving(public) as site:
        for path in sorted(pages | {"feed.atom", "feed.json", "subscriptions.opml"}):
            visit = browser.visit(site.address + path, watched=True)
            assert visit.ran == [], path
            asked = {
                (kind, url.startswith(site.address))
                for kind, url in zip(visit.kinds, visit.requests, strict=True)
                if not url.startswith("data:")
            }
            style = {("Stylesheet", True)} if path == "feed.atom" else set()  # shown as a page
            assert asked == {("Document", True)} | style, path  # itself, perhaps by way of a redirect


ICON = '<link rel=icon href="data:,">'  # else a browser asks for one
PLACES = "document.querySelectorAll('body > x-place').length"
NESTED = "document.querySelectorAll('x-place x-place').length"


@pytest.mark.parametrize("doctype", ["<!doctype html>", ""], ids=["standards", "quirks"])
def test_content_is_inert_in_a_page_without_any_policy(
    browser: chromium.Chromium, public: Path, doctype: str
) -> None:
    found = contents(public)
    assert len(found) > 300
    places = "".join(f"<x-place>{content}</x-place>\n" for content in found)
    page = (
        f"{doctype}<html><head><meta charset=utf-8>{ICON}<title>x</title></head><body>{places}</body></html>"
    )
    html = Reply(body=page.encode(), headers=(("Content-Type", "text/html; charset=utf-8"),))
    with serve({"/": html}) as server:
        visit = browser.visit(server.url(), scripts=(PLACES, NESTED, DANGERS), watched=True)
    assert visit.ran == []
    assert visit.values[DANGERS] == []
    asked = {kind for kind, url in zip(visit.kinds, visit.requests, strict=True) if url != server.url()}
    assert asked <= {"Image"}
    # Every content stayed in its own place: none swallowed or closed what came after it.
    assert (visit.values[PLACES], visit.values[NESTED]) == (len(found), 0)


def test_content_means_the_same_when_a_script_sets_it(browser: chromium.Chromium, public: Path) -> None:
    """As readers do, with innerHTML, in several places; what changes when it is read again may come alive."""
    found = contents(public)
    put = """(() => { const changed = [];
      for (const content of %s) for (const name of ['div', 'p', 'td', 'li', 'a']) {
        const place = document.body.appendChild(document.createElement(name));
        place.innerHTML = content;
        const once = place.innerHTML;
        place.innerHTML = once;
        if (place.innerHTML !== once) changed.push(content);
      } return changed; })()"""
    scripts = tuple(put % json.dumps(found[start : start + 200]) for start in range(0, len(found), 200))
    empty = Reply(body=f"<!doctype html>{ICON}".encode(), headers=(("Content-Type", "text/html"),))
    with serve({"/": empty}) as server:
        visit = browser.visit(server.url(), scripts=(*scripts, DANGERS), watched=True)
    assert visit.ran == []
    assert [visit.values[script] for script in scripts] == [[] for _ in scripts]
    assert visit.values[DANGERS] == []
    assert {kind for kind, url in zip(visit.kinds, visit.requests, strict=True) if url != server.url()} <= {
        "Image"
    }


# ---------------------------------------------------------------- and the test would notice


@pytest.mark.parametrize(
    "name", ["script", "event handler", "event handler without spaces", "details", "text area"]
)
def test_an_attack_that_is_not_cleaned_is_noticed(browser: chromium.Chromium, name: str) -> None:
    html = Reply(
        body=f"<!doctype html>{ICON}<body>{ATTACKS[name]}".encode(), headers=(("Content-Type", "text/html"),)
    )
    with serve({"/": html}) as server:
        visit = browser.visit(server.url(), scripts=(DANGERS,), watched=True)
    assert visit.ran
    assert visit.values[DANGERS]
