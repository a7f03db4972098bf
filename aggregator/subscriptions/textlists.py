"""Lists in text files: URLs, newsboat's `urls`, sfeedrc, the ini files of Planet Venus and Pluto, and JSON."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

from aggregator.subscriptions.collect import Collector, Line
from aggregator.subscriptions.records import ListError, SubscriptionList

_SECTION = re.compile(r"^\s*\[\s*(.+?)\s*\]\s*$")
_OPTION = re.compile(r"^\s*([\w-]+)\s*[=:]\s*(.*?)\s*$")
_SFEED = re.compile(r"^\s*feed\s+(?=['\"\w])")
_NEWSBOAT_ONLY = ("query:", "exec:", "filter:", "file:", "http-query:")


# ---------------------------------------------------------------- one feed a line


def read_urls(text: str) -> SubscriptionList:
    """One URL a line; after it, as newsboat has them, tags in quotes and `~Name`."""
    return Collector("list of URLs").read(_url_lines(text))


def _url_lines(text: str) -> Iterator[Line]:
    for line in text.splitlines():
        words = _words(line)
        if not words:
            continue
        url, *rest = words
        if url.startswith(_NEWSBOAT_ONLY):
            yield Line(url, reject="a query or script of newsboat, not the URL of a feed")
            continue
        name = next((word[1:] for word in rest if word.startswith("~")), "")
        tags = [word for word in rest if not word.startswith(("~", "!"))]
        # "https://example.org/feed   Some words" is a URL with a remark, not one with tags.
        quoted = '"' in line or "'" in line
        yield Line(url, name, tags if quoted or len(tags) <= 3 else [])


def _words(line: str) -> list[str]:
    line = line.strip().lstrip("-*• ").strip()  # the marks of a list in notes
    if not line or line.startswith(("#", "//", ";")):
        return []
    try:
        return shlex.split(line, comments=False)
    except ValueError:  # a quotation mark that is never closed
        return line.split()


# ---------------------------------------------------------------- sfeed


def read_sfeedrc(text: str) -> SubscriptionList:
    """sfeed's configuration: `feed "name" "url" ...` lines of its `feeds` function."""
    return Collector("sfeedrc").read(_sfeed_lines(text))


def _sfeed_lines(text: str) -> Iterator[Line]:
    for line in text.splitlines():
        if not _SFEED.match(line):
            continue
        words = _words(line)
        if len(words) >= 3:
            yield Line(words[2], words[1])


# ---------------------------------------------------------------- planets


def read_planet_ini(text: str) -> SubscriptionList:
    """Planet Venus: a section is a feed's URL. Pluto: a section has `feed = URL`."""
    return Collector("planet configuration").read(_planet_lines(text))


def _planet_lines(text: str) -> Iterator[Line]:
    section = ""
    options: dict[str, str] = {}
    for line in [*text.splitlines(), "[]", "[end]"]:
        if found := _SECTION.match(line):
            yield from _planet_feed(section, options)
            section, options = found[1], {}
        elif line.lstrip().startswith(("#", ";")):
            continue
        elif option := _OPTION.match(line):
            options.setdefault(option[1].lower(), option[2])


def _planet_feed(section: str, options: dict[str, str]) -> Iterator[Line]:
    if section.startswith(("http://", "https://", "feed:")):
        if "opml" in options.get("content_type", "") or section.endswith((".opml", ".ini")):
            yield Line(section, reject="a reading list; import it by its own URL")
        else:
            yield Line(section, options.get("name", "") or options.get("title", ""))
    elif options.get("feed"):
        for url in options["feed"].split():
            yield Line(url, options.get("title", "") or options.get("name", ""))


# ---------------------------------------------------------------- JSON

_URL_KEYS = ("feed_url", "xmlUrl", "xmlurl", "feedUrl", "feedURL", "xml_url", "url")
_NAME_KEYS = ("name", "title", "text")
_TAG_KEYS = ("tags", "category", "categories", "folder", "folders", "labels")
_INNER = ("feeds", "subscriptions", "sources", "items", "outlines", "data", "children", "body")
_DEEPEST = 12


def read_json(text: str) -> SubscriptionList:
    """Our own `feeds export --format json`, the feeds of miniflux' API, Google Reader's list, URLs in an array."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise ListError("is not valid JSON: nested too deeply") from None
    except ValueError as error:
        raise ListError(f"is not valid JSON: {error}") from None
    return Collector("JSON").read(_json_lines(value, [], 0))


def _json_lines(value: Any, tags: list[str], depth: int) -> Iterator[Line]:
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        yield Line(value, tags=tags)
    elif isinstance(value, list):
        for item in value:
            yield from _json_lines(item, tags, depth + 1)
    elif isinstance(value, dict):
        name = _first_text(value, _NAME_KEYS)
        url = _first_text(value, _URL_KEYS) or _google_reader_url(value)
        if url:
            yield Line(url, name, [*tags, *_json_tags(value)])
        inner = [*tags, name] if name and not url and depth else tags
        for key in _INNER:
            if isinstance(value.get(key), list | dict):
                yield from _json_lines(value[key], inner, depth + 1)


def _first_text(value: dict[str, Any], keys: tuple[str, ...]) -> str:
    return next((value[key] for key in keys if isinstance(value.get(key), str) and value[key]), "")


def _google_reader_url(value: dict[str, Any]) -> str:
    """FreshRSS and others answer as Google Reader did: {"id": "feed/https://..."}."""
    found = value.get("id")
    return found[5:] if isinstance(found, str) and found.startswith("feed/http") else ""


def _json_tags(value: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for key in _TAG_KEYS:
        part = value.get(key)
        for each in part if isinstance(part, list) else [part]:
            if isinstance(each, dict):
                each = _first_text(each, ("label", "title", "name"))
            if isinstance(each, str):
                found.append(each)
    return found
