"""Which entries are published: the `keep` and `block` rules of feeds.yaml, and which of them blocks an entry.

An entry is blocked where a block rule matches it, or where there are keep rules and none does; the rules
for all feeds and those of the entry's own feed are each a set by themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, fields, replace

from aggregator.models import Entry
from aggregator.patterns import Pattern, Subject, compile_pattern
from aggregator.records import dataclass
from aggregator.settings import Config, FilterRule, Filters
from aggregator.text import visible_text

_LONGEST = 100_000  # characters of content that rules look at

# What each key of a rule looks at: an entry, with its subscription's tags -> texts, one of which must match.
_PARTS: dict[str, Callable[[Entry, tuple[str, ...]], Iterable[str]]] = {
    "title": lambda entry, tags: (entry.title,),
    "link": lambda entry, tags: (entry.link or "",),
    "author": lambda entry, tags: (author.name for author in entry.authors),
    "tag": lambda entry, tags: (*entry.tags, *tags),
    "content": lambda entry, tags: (entry.summary, visible_text(entry.content[:_LONGEST])),
}


class _Look:
    """One entry as the rules see it; each part is made ready once, when the first rule asks for it."""

    def __init__(self, entry: Entry, tags: tuple[str, ...]) -> None:
        self._entry, self._tags = entry, tags
        self._parts: dict[str, tuple[Subject, ...]] = {}

    def has(self, key: str, pattern: Pattern) -> bool:
        names = _PARTS if key == "any" else (key,)
        return any(pattern(subject) for name in names for subject in self._part(name))

    def _part(self, name: str) -> tuple[Subject, ...]:
        if name not in self._parts:
            self._parts[name] = tuple(Subject(text) for text in _PARTS[name](self._entry, self._tags))
        return self._parts[name]


_Matcher = Callable[[_Look], bool]


@dataclass(frozen=True, slots=True)
class Check:
    """One reason to block an entry: a block rule, or all keep rules of a set together."""

    rule: str  # in words
    url: str | None  # of the feed whose own rule this is; None for all feeds
    line: int  # where it stands in feeds.yaml
    blocks: _Matcher

    @property
    def words(self) -> str:
        """As stored with the entries that it blocks."""
        return f"{self.rule} (this feed's)" if self.url else self.rule


@dataclass(frozen=True, slots=True)
class Filter:
    """All rules of a configuration, ready to use."""

    everywhere: tuple[Check, ...] = ()
    by_feed: Mapping[str, tuple[Check, ...]] = field(default_factory=dict)
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # the subscriptions' own
    fingerprint: str = ""  # of the rules and of what else decides; "" where there are none

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every reason there is, in the order in which they are tried."""
        return self.everywhere + tuple(check for own in self.by_feed.values() for check in own)

    def blocked_by(self, entry: Entry, url: str) -> str | None:
        """The rule that blocks the entry of the feed at `url` (as in feeds.yaml), in words; None: it may be seen."""
        return next((check.words for check in self.matching(entry, url)), None)

    def matching(self, entry: Entry, url: str) -> Iterator[Check]:
        """Every reason to block the entry, the one that counts first."""
        checks = self.everywhere + self.by_feed.get(url, ())
        if checks:
            look = _Look(entry, self.tags.get(url, ()))
            yield from (check for check in checks if check.blocks(look))

    def marked(self, entries: Iterable[Entry], url: str) -> tuple[Entry, ...]:
        """The entries, each with the rule that blocks it."""
        marks = ((entry, self.blocked_by(entry, url)) for entry in entries)
        return tuple(entry if by == entry.blocked else replace(entry, blocked=by) for entry, by in marks)


def compile_rules(config: Config) -> Filter:
    """The rules of a configuration that was read without complaint."""
    own = {feed.url: feed.filters for feed in config.feeds if feed.filters != Filters()}
    if config.filters == Filters() and not own:
        return Filter()
    tags = {feed.url: feed.tags for feed in config.feeds if feed.tags}
    said = repr((config.filters, sorted(own.items(), key=lambda item: item[0]), sorted(tags.items())))
    return Filter(
        everywhere=_checks(config.filters, None),
        by_feed={url: _checks(filters, url) for url, filters in own.items()},
        tags=tags,
        fingerprint=hashlib.blake2b(said.encode(), digest_size=16).hexdigest(),
    )


def entry_matcher(written: str) -> Callable[[Entry], bool]:
    """Whether an entry holds the words, or matches the /regular expression/, anywhere. Raises ValueError."""
    matches = _matcher(FilterRule(any=written))
    return lambda entry: matches(_Look(entry, ()))


def _checks(filters: Filters, url: str | None) -> tuple[Check, ...]:
    found = [Check(f"block {_in_words(rule)}", url, rule.line, _matcher(rule)) for rule in filters.block]
    if filters.keep:
        wanted = tuple(map(_matcher, filters.keep))
        found.append(Check("keep: no rule matches", url, filters.keep[0].line, _none_of(wanted)))
    return tuple(found)


def _none_of(matchers: Iterable[_Matcher]) -> _Matcher:
    return lambda look: not any(matches(look) for matches in matchers)


def _matcher(rule: FilterRule) -> _Matcher:
    conditions = [(key, compile_pattern(written)) for key, written in _conditions(rule)]
    return lambda look: all(look.has(key, pattern) for key, pattern in conditions)


def _in_words(rule: FilterRule) -> str:
    """The rule on one line, much as it stands in feeds.yaml."""
    return ", ".join(f"{key}: {written}" for key, written in _conditions(rule))


def _conditions(rule: FilterRule) -> list[tuple[str, str]]:
    found = ((part.name, getattr(rule, part.name)) for part in fields(rule) if part.name != "line")
    return [(key, written) for key, written in found if written is not None]
