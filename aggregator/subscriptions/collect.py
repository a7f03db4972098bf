"""From what a list says to ListedFeed records: URLs repaired, names and tags cleaned, each feed once."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
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


class Collector:
    """Gathers the lines of one list."""

    def __init__(self, format: str) -> None:
        self._format = format
        self._feeds: dict[str, ListedFeed] = {}
        self._rejected: list[Rejected] = []

    def read(self, lines: Iterable[Line]) -> SubscriptionList:
        for line in lines:
            self._add(line)
        return SubscriptionList(self._format, tuple(self._feeds.values()), tuple(self._rejected))

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
        feed = ListedFeed(url, shorten(one_line(line.name), _LONGEST_NAME) or None, _tags(line.tags))
        key = feed_key(url)
        known = self._feeds.get(key)
        # Readers list a feed once for each of its folders.
        self._feeds[key] = feed if known is None else _merged(known, feed)

    def _reject(self, text: str, reason: str) -> None:
        self._rejected.append(Rejected(redact(text), reason))


def _tags(words: Iterable[str]) -> tuple[str, ...]:
    tags = (shorten(one_line(word.replace(",", " ")), _LONGEST_TAG) for word in words)
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:_MOST_TAGS]


def _merged(known: ListedFeed, again: ListedFeed) -> ListedFeed:
    tags = tuple(dict.fromkeys((*known.tags, *again.tags)))[:_MOST_TAGS]
    return ListedFeed(known.url, known.name or again.name, tags)
