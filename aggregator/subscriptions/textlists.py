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
_ADDRESS = re.compile(r"[\"']?(?:[\w+.-]+:|[\w-]+(?:\.[\w-]+)+/?)")
_REMARKS = ("#", "//", ";")
_NEWSBOAT_ONLY = ("query:", "exec:", "filter:", "file:", "http-query:")


# ---------------------------------------------------------------- one feed a line


def lists_urls(text: str) -> bool:
    """Whether most lines begin with an address: prose with a URL in it is no list."""
    lines = [line for line in map(_unmarked, text.splitlines()) if line and not line.startswith(_REMARKS)]
    addresses = sum(_ADDRESS.match(line) is not None for line in lines)
    return 0 < addresses >= len(lines) / 2


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
        hidden = ["hidden (!)"] if any(word.startswith("!") for word in rest) else []
        yield Line(url, name, tags if quoted or len(tags) <= 3 else [], ignored=hidden)


def _unmarked(line: str) -> str:
    """Without the marks of a list in notes."""
    return line.strip().lstrip("-*• ").strip()


def _words(line: str) -> list[str]:
    line = _unmarked(line)
    if not line or line.startswith(_REMARKS):
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
            site, encoding = (*words[3:5], "", "")[:2]
            yield Line(words[2], words[1], site=site, ignored=["encoding"] if encoding else [])


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


# Of a feed's section: what becomes a setting of ours, what both planets use for templates only, and what
# decides what Venus shows, for which there are filters of another kind here.
_TAKEN = frozenset("name title feed link avatar face content_type".split())
_IGNORED = frozenset(
    "filters filter exclude template_files items_per_page future_dates name_type title_type summary_type content_type"
    " ignore_in_feed xml_base bom output_dir cache_keep_entries feed_timeout http_proxy timeout encoding".split()
)
_EXTRA_KEY = re.compile(r"[a-z][a-z0-9_]*")


def _planet_feed(section: str, options: dict[str, str]) -> Iterator[Line]:
    if section.startswith(("http://", "https://", "feed:")):
        if "opml" in options.get("content_type", "") or section.endswith((".opml", ".ini")):
            yield Line(section, reject="a reading list; import it by its own URL")
        else:
            yield _member(section, options.get("name", "") or options.get("title", ""), options)
    elif options.get("feed"):
        for url in options["feed"].split():
            yield _member(url, options.get("title", "") or options.get("name", ""), options)


def _member(url: str, name: str, options: dict[str, str]) -> Line:
    extra = [
        (key.replace("-", "_"), value)
        for key, value in options.items()
        if key not in _TAKEN | _IGNORED and _EXTRA_KEY.fullmatch(key.replace("-", "_"))
    ]
    return Line(
        url,
        name,
        site=options.get("link", ""),
        avatar=options.get("avatar", "") or options.get("face", ""),
        extra=extra,
        ignored=sorted(_IGNORED & options.keys()),
    )


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
            yield Line(url, name, [*tags, *_json_tags(value)], ignored=_json_ignored(value))
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


# miniflux: what its feeds have that is set elsewhere here, or not at all. Its values say nothing where they are empty.
_JSON_IGNORED = (
    "username", "password", "cookie", "user_agent", "disabled", "crawler", "scraper_rules", "rewrite_rules",
    "urlrewrite_rules", "blocklist_rules", "keeplist_rules", "block_filter_entry_rules", "keep_filter_entry_rules",
)  # fmt: skip


def _json_ignored(value: dict[str, Any]) -> list[str]:
    return [key for key in _JSON_IGNORED if value.get(key)]


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
