"""From what a list says to ListedFeed records: URLs repaired, names and tags cleaned, each feed once."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from aggregator.config import InvalidValue, feed_key, redact, repaired_url
from aggregator.subscriptions.records import ListedFeed, Rejected, SubscriptionList
from aggregator.text import one_line, shorten

MOST_FEEDS = 20_000
_LONGEST_NAME, _LONGEST_TAG, _MOST_TAGS = 200, 60, 20


@dataclass(frozen=True, slots=True)
class Line:
    """One subscription as it is written; `reject`: why it is none that we can follow."""

    url: str
    name: str = ""
    tags: Sequence[str] = field(default=())
    reject: str = ""
    site: str = ""
    avatar: str = ""
    extra: Sequence[tuple[str, str]] = field(default=())
    ignored: Sequence[str] = field(default=())  # settings that have no equal here


class Collector:
    """Gathers the lines of one list."""

    def __init__(self, format: str) -> None:
        self._format = format
        self._feeds: dict[str, ListedFeed] = {}
        self._rejected: list[Rejected] = []
        self._ignored: Counter[str] = Counter()

    def read(self, lines: Iterable[Line]) -> SubscriptionList:
        for line in lines:
            self._add(line)
        return SubscriptionList(
            self._format,
            tuple(self._feeds.values()),
            tuple(self._rejected),
            tuple(sorted(self._ignored.items())),
        )

    def _add(self, line: Line) -> None:
        if line.reject:
            self._reject(line.url, line.reject)
            return
        if len(self._feeds) >= MOST_FEEDS:
            self._reject(line.url, f"the list has more than {MOST_FEEDS:,} feeds")
            return
        try:
            url = repaired_url(html.unescape(line.url) if "&amp;" in line.url else line.url)
        except InvalidValue as invalid:
            self._reject(line.url, invalid.problem)
            return
        ignored = list(line.ignored)
        feed = ListedFeed(
            url,
            shorten(one_line(line.name), _LONGEST_NAME) or None,
            _tags(line.tags),
            self._address(line.site, "site", ignored),
            self._address(line.avatar, "avatar", ignored),
            _extra(line.extra),
        )
        self._ignored.update(set(ignored))
        key = feed_key(url)
        known = self._feeds.get(key)
        # Readers list a feed once for each of its folders.
        self._feeds[key] = feed if known is None else _merged(known, feed)

    def _address(self, text: str, setting: str, ignored: list[str]) -> str | None:
        """The URL of a page or picture; None, and noted, where the text is none: "ann.png" is a file."""
        with suppress(InvalidValue):
            if setting == "site" or "/" in text:
                return repaired_url(text) if text else None
        if text:
            ignored.append(f"{setting} that is no URL")
        return None

    def _reject(self, text: str, reason: str) -> None:
        self._rejected.append(Rejected(redact(text), reason))


def _tags(words: Iterable[str]) -> tuple[str, ...]:
    tags = (shorten(one_line(word.replace(",", " ")), _LONGEST_TAG) for word in words)
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:_MOST_TAGS]


def _extra(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    found = ((key, shorten(one_line(value), _LONGEST_NAME)) for key, value in pairs)
    return tuple((key, value) for key, value in found if value)[:_MOST_TAGS]


def _merged(known: ListedFeed, again: ListedFeed) -> ListedFeed:
    tags = tuple(dict.fromkeys((*known.tags, *again.tags)))[:_MOST_TAGS]
    return ListedFeed(
        known.url,
        known.name or again.name,
        tags,
        known.site or again.site,
        known.avatar or again.avatar,
        known.extra or again.extra,
    )
