"""Validators of our own for feeds of ours: schemas for their shape, and the rules that no schema can say."""

from __future__ import annotations

import json
from collections.abc import Set
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from lxml import etree

from support import w3c
from support.w3c import texts

_HERE = Path(__file__).parent
_ANY_TIME = datetime(2100, 1, 1, tzinfo=UTC)
NS = {"a": "http://www.w3.org/2005/Atom", "fh": "http://purl.org/syndication/history/1.0"}


@cache
def _atom() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(_HERE / "atom.rng"))


@cache
def _jsonfeed() -> Draft202012Validator:
    schema = json.loads((_HERE / "jsonfeed.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def atom(data: bytes, now: datetime = _ANY_TIME) -> etree._Element:
    """The root of a feed that is valid by RFC 4287 and RFC 5005; asserts that it is.

    `now`: after which no date may be.
    """
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    schema = _atom()
    assert schema.validate(root), schema.error_log
    entries = root.findall("a:entry", NS)
    ids = [entry.findtext("a:id", namespaces=NS) for entry in entries]
    assert len(set(ids)) == len(ids), "4.1.1: entries of one id would need different updated"
    assert len(root.findall("a:link[@rel='self']", NS)) == 1, "4.1.1: a feed should name itself"
    for parent in (root, *entries):
        kinds = [
            (link.get("type"), link.get("hreflang"))
            for link in parent.findall("a:link[@rel='alternate']", NS)
        ]
        assert len(set(kinds)) == len(kinds), "4.1.1: alternates of one type and language"
    for entry in entries:
        assert (
            entry.find("a:link[@rel='alternate']", NS) is not None or entry.find("a:content", NS) is not None
        )
    moments = [root.findtext("a:updated", namespaces=NS) or ""]
    moments += [entry.findtext("a:updated", namespaces=NS) or "" for entry in entries]
    assert all(moment.endswith("Z") for moment in moments)
    _paged(root)
    problems = w3c.problems(data, now=now)
    assert not problems, "\n".join(problems[:10])
    return root


def _paged(root: etree._Element) -> None:
    """RFC 5005: at most one link of each relation; an archive names the current feed."""
    for relation in ("next", "current", "prev-archive", "next-archive"):
        assert len(root.findall(f"a:link[@rel='{relation}']", NS)) <= 1, relation
    if root.find("fh:archive", NS) is not None:
        assert root.find("a:link[@rel='current']", NS) is not None
    else:
        assert root.find("a:link[@rel='next-archive']", NS) is None


def jsonfeed(data: bytes) -> dict[str, Any]:
    """A feed that is valid by JSON Feed 1.1; asserts that it is."""
    feed: dict[str, Any] = json.loads(data.decode())
    errors = [f"{error.json_path}: {error.message}" for error in _jsonfeed().iter_errors(feed)]
    assert not errors, errors
    ids = [item["id"] for item in feed["items"]]
    assert len(set(ids)) == len(ids)
    assert next(iter(feed)) == "version"
    return feed


RSS_CHANNEL = {"title", "link", "description", "language", "generator", "item", "atom:link", "image"}
RSS_ITEM = {
    "title",
    "link",
    "guid",
    "pubDate",
    "category",
    "description",
    "enclosure",
    "source",
    "dc:creator",
} | {
    "content:encoded",
    "media:content",
}
RSS_PREFIXES = {
    "http://www.w3.org/2005/Atom": "atom:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "https://podcastindex.org/namespace/1.0": "podcast:",
}


def rss(data: bytes) -> etree._Element:
    """The channel of a feed that is valid by RSS 2.0 and the rules of the W3C validator; asserts that it is."""
    channel = _channel(data, RSS_CHANNEL, RSS_ITEM)
    moments = [parsedate_to_datetime(item.findtext("pubDate") or "") for item in channel.findall("item")]
    assert all(one > two for one, two in pairwise(moments)), "dates fall strictly"
    return channel


def podcast(data: bytes) -> etree._Element:
    """The channel of a podcast that is valid by the rules of the W3C validator and of Apple's directory as well."""
    channel = _channel(data, RSS_CHANNEL | w3c.PODCAST_CHANNEL, RSS_ITEM | w3c.PODCAST_ITEM)
    problems = list(w3c.podcast_problems(channel))
    assert not problems, problems[:10]
    return channel


def _channel(data: bytes, channel_names: Set[str], item_names: Set[str]) -> etree._Element:
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    (channel,) = root
    items = channel.findall("item")
    for parent, allowed in ((channel, channel_names), *((item, item_names) for item in items)):
        names = [_rss_name(child) for child in parent]
        assert set(names) <= allowed, set(names) - allowed
        once = set(names) - {"item", "category", "dc:creator", "atom:link", "podcast:transcript"}
        assert all(names.count(name) == 1 for name in once)
        assert {"title", "description"} <= set(names)
        for child in parent:
            if len(child) == 0 and not child.attrib:
                assert (child.text or "").strip(), child.tag
    assert channel.find("{http://www.w3.org/2005/Atom}link[@rel='self']") is not None
    assert channel.findtext("link")
    guids = [item.findtext("guid") for item in items]
    assert len(set(guids)) == len(guids)
    for item in items:
        parsedate_to_datetime(item.findtext("pubDate") or "")
        enclosure = item.find("enclosure")
        if enclosure is not None:
            assert set(enclosure.attrib) == {"url", "length", "type"}
            assert str(enclosure.get("length")).isdigit()
        complaints = [*texts.html(item.findtext(f"{{{CONTENT}}}encoded") or "")]
        assert complaints == []
    return channel


CONTENT = "http://purl.org/rss/1.0/modules/content/"


def _rss_name(element: etree._Element) -> str:
    namespace, _, name = str(element.tag).rpartition("}")
    return RSS_PREFIXES[namespace[1:]] + name if namespace else name
