"""Fuzzes what reads small texts: each a table row of good texts to spoil, and what must hold of any other."""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from pathlib import Path
from random import Random

from aggregator import links
from aggregator.config import load
from aggregator.dates import parse_date, sane
from aggregator.dedupe import title_key
from aggregator.errors import ConfigError
from aggregator.export.atom import render_atom
from aggregator.export.values import web_link
from aggregator.fetch.address import address_of
from aggregator.fetch.errors import FetchProblem
from aggregator.fetch.headers import headers_in, retry_after, validators_in
from aggregator.languages import language
from aggregator.models import PollHints
from aggregator.normalise.plain_text import label
from aggregator.schedule.hints import demands, invitation
from fuzz import odd
from fuzz.properties import Broken, printable
from fuzz.turns import turns
from support import valid
from support.make import NOON
from support.publications import STORY, publication

Check = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Small:
    good: tuple[str, ...]
    check: Check
    pieces: tuple[str, ...] = ()  # put in besides what is odd in general


def spoiled(chance: Random, small: Small) -> str:
    """One of the good texts after a few changes."""
    text = chance.choice(small.good)
    for _ in range(chance.choice((0, 1, 1, 2, 3, 8))):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice((0, 0, 1, 3, 10)))
        table = chance.choice(
            (small.pieces or odd.NUMBERS, small.good, odd.TEXTS, odd.NUMBERS, odd.LINKS, odd.DATES)
        )
        new = chance.choice(
            (
                chance.choice(table),
                text[start:end] * 3,
                "",
                chr(chance.choice((chance.randrange(128), chance.randrange(0x11000)))),
            )
        )
        text = text[:start] + new + text[end:]
    return text


# ---------------------------------------------------------------- what must hold


def _config(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "feeds.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            load(path)
        except ConfigError as error:
            for issue in error.issues:
                if not issue.problem or not str(issue).isprintable() or len(str(issue)) > 2_000:
                    raise Broken("issue", str(issue)) from None


def _date(text: str) -> None:
    found = parse_date(text)
    if found is not None and (found.when.tzinfo is not UTC or found.when.microsecond):
        raise Broken("date", found)
    when, _ = sane(found, found, NOON)
    if when > NOON + timedelta(minutes=10) or when.year < 1990:
        raise Broken("not sane", when)


_DOTS = re.compile(r"\.\.|%2e|/\.(?=[/?#\n]|$)", re.I)


def _link(text: str) -> None:
    key = links.link_key(text)
    # Works have keys of their own kind; "+" is "%20" in a key, which may make it too long for a link; and a
    # host that ends in two dots, or a path in one, is another where it is read again.
    if (
        key
        and len(key) < 2_000
        and not _DOTS.search(text.replace("\\", "/") + "\n" + key)
        and not key.startswith(("youtube:", "arxiv:", "doi:"))
    ):
        _same("link key", links.link_key(f"https://{key}"), key)
    url = links.absolute(text, "https://base.example/a/b?c#d")
    if url is not None:
        _same("absolute", links.absolute(url), url)
        _same("link key of the absolute", links.link_key(links.absolute(url)), links.link_key(url))
        cleaned = links.clean(url)
        _same("clean", links.clean(cleaned), cleaned)
        if "@" in links.without_credentials(url).partition("//")[2].partition("/")[0]:
            raise Broken("credentials", url)
        if links.host(url) == "":
            raise Broken("host", url)
    for raw in (text, url):
        written = web_link(raw)
        if written is not None:
            _same("web link", web_link(written), written)
            printable("web link", written)
    links.site(text)


def _same(kind: str, one: object, other: object) -> None:
    if one != other:
        raise Broken(kind, f"{other!r} became {one!r}")


def _uri(text: str) -> None:
    """Wherever a link leads, the feed that has it is valid."""
    url = links.absolute(text, "https://base.example/")
    if url is not None:
        valid.atom(render_atom(publication(replace(STORY, link=url))))


def _title(text: str) -> None:
    key = title_key(text)
    if key is not None and len(key) <= 2_000:  # of what is longer, another part is looked at
        _same("title key", title_key(key), key)
    for literal in (True, False):
        made = label(text, 200, rounds=0 if literal else 2)
        printable("label", made)
        if len(made) > 200 or any(unicodedata.category(c) in ("Cc", "Cs") for c in made):
            raise Broken("label", repr(made))
    tag = language(text)
    if tag is not None:
        _same("language", language(tag), tag)


def _headers(text: str) -> None:
    """Each line a header, name and value, as any server may send it."""
    pairs = [
        (name.strip().encode("latin-1", "replace"), value.strip().encode("latin-1", "replace"))
        for name, _, value in (line.partition(":") for line in text.split("\n"))
    ]
    headers = headers_in(pairs)
    wait = retry_after(429, headers, NOON)
    if wait is not None and not timedelta(0) <= wait <= timedelta(days=7):
        raise Broken("Retry-After", wait)
    for demanded, _ in demands(headers, PollHints(), NOON):
        if not timedelta(0) < demanded <= timedelta(days=1):
            raise Broken("demand", demanded)
    invited = invitation(headers, PollHints(), timedelta(hours=1), NOON)
    if invited is not None and not timedelta(0) < invited < timedelta(hours=1):
        raise Broken("invitation", invited)
    for validator in (validators_in(pairs).etag, validators_in(pairs).last_modified):
        if validator is not None and (b"\n" in validator or b"\r" in validator or b"\0" in validator):
            raise Broken("validator", validator)


def _address(text: str) -> None:
    try:
        found = address_of(text)
    except FetchProblem as problem:
        if not str(problem).isprintable():
            raise Broken("words", repr(str(problem))) from None
        return
    if "@" in found.text.partition("//")[2].partition("/")[0]:
        raise Broken("credentials", found.text)


_YAML = """# yaml-language-server: $schema=feeds.schema.json
title: News Feed
base_url: https://example.org/planet/
data: data
allow_addresses: [10.0.0.0/8, "::1/128"]
polling: {every: 60m, floor: 30m, hosts_at_once: 16, max_body: 10MB, proxy: "http://proxy.example:3128"}
dedupe:
  by: [link, title]
  link_window: 30d
publish:
  entries: 100
  content: full
  hub: https://hub.example/
filters:
  block:
    - horoscope
    - title: /sponsored|advert(orial)?/
    - {tag: sport, link: example.com}
  keep: [any: news]
keep: {days: 365}
feeds:
  - https://example.org/feed.xml
  - url: https://example.com/atom
    name: Example
    tags: [tech, "a b"]
    every: 30m
    content: summary
    priority: 2
    dedupe: off
    filters: {keep: [climate, {author: Ada Adler}]}
    auth: bearer ${TOKEN}
    headers: {X-Api-Key: file:secrets/key}
"""
_YAML_PIECES = (
    *(
        "feeds",
        "url",
        ": ",
        "- ",
        "\n",
        "\n  ",
        "\n- ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "&a ",
        "*a",
        "<<: ",
        "!!binary ",
        "!!float ",
        "? ",
    ),
    *(
        "|\n",
        ">-\n ",
        "'",
        '"',
        "#",
        "%YAML 1.1\n",
        "---\n",
        "...\n",
        "~",
        "null",
        "yes",
        ".inf",
        "12:30:45",
        "2026-03-02",
        "\t",
        "0o7",
    ),
    *(
        "/(?P<a>b)/",
        "/[/",
        "/(((((a{1,1000}){1,1000}/",
        "/\\p{Greek}/",
        "//",
        "${",
        "${}",
        "file:",
        "basic a:b",
        "::/0",
        "999h",
        "-1",
        "1e9MB",
    ),
)

TARGETS: dict[str, Small] = {
    "config": Small((_YAML, "feeds: [https://example.org/]\n"), _config, _YAML_PIECES),
    "dates": Small(tuple(filter(None, odd.DATES)), _date, (*" :/-+.TZ", "PM", "GMT", "am", "2 mars", "오전", "EST", "Mon,", "()", "[")),
    "links": Small(tuple(filter(None, odd.LINKS)), _link, (*"%/#?&=;@:[]\\ ", "%2", "%c3%28", "..", "amp", "utm_source=x", "ref=", "http://")),
    "links in feeds": Small(tuple(filter(None, odd.LINKS)), _uri, (*"%/#?&=;@:[]\\ ", "%2", "..", "http://", "^`{|}")),
    "titles": Small(tuple(filter(None, odd.TEXTS)), _title, ("C++", "1.2.3", " - ", " | ", "&amp;", "<b>", "İ", "ß", "\u0345", "en-US")),
    "headers": Small(
        (
            "Retry-After: 120\nDate: Mon, 02 Mar 2026 12:00:00 GMT",
            "Retry-After: Mon, 02 Mar 2026 13:00:00 GMT",
            "Cache-Control: public, max-age=3600, s-maxage=1\nAge: 60",
            'Expires: Tue, 03 Mar 2026 12:00:00 GMT\nETag: W/"abc"\nLast-Modified: Mon, 02 Mar 2026 11:00:00 GMT',
            "Cache-Control: no-cache\nExpires: 0",
        ),
        _headers,
        ("\n", ":", ",", "=", '"', "max-age=", "no-store", "-", "0", "9" * 9, "GMT", "+9999", "99999999999"),
    ),
    "addresses": Small(tuple(filter(None, odd.LINKS)), _address, (*"@:/[]%", "0x7f.1", "①", "。", "xn--", "%31", "localhost")),
}  # fmt: skip


def fuzz_texts(
    seed: int, rounds: int | None, seconds: float, say: Callable[[str], None] = print
) -> Counter[str]:
    """Spoils so many texts, or as the seconds allow, for each row of the table; what failed, by row and reason. Each reason is told once."""
    failures: Counter[str] = Counter()
    for name, small in TARGETS.items():
        chance, tried = Random(seed), 0
        for _ in turns(rounds, seconds / len(TARGETS)):
            text = spoiled(chance, small)
            tried += 1
            try:
                small.check(text)
            except Exception as error:
                reason = f"{name}: {error.kind if isinstance(error, Broken) else type(error).__name__}"
                failures[reason] += 1
                if failures[reason] == 1:
                    say(f"FAILED {reason} for {text!r}\n    {error}")
        say(f"{name}: {tried:,} texts")
    return failures
