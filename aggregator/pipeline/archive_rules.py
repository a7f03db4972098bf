"""Closed documents of the archive keep to the rules of feeds.yaml as well: what is blocked, private, shown without
content, or of a feed that is not subscribed any more does not stand in them.

They are kept as they were closed, so that a rule that is taken back brings back what it took out. Documents keep
their names, addresses and order, and what no rule is about stays to the byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from aggregator.export import archive as documents
from aggregator.export.archive import Allowed, FrozenEntry
from aggregator.export.values import id_of, web_link
from aggregator.filters import Filter, compile_rules
from aggregator.links import without_secrets
from aggregator.models import Amount, Source
from aggregator.pipeline.publication import subscriptions_of
from aggregator.settings import Config, Subscription
from aggregator.store.interfaces import PublishStore

_FORM = 1  # of what is shown; another one makes all of it anew


Rule = tuple[
    int, str, bool, Amount
]  # of a feed: its id, its address in feeds.yaml, whether that is private, ...


def rule_of(source: Source, subscription: Subscription | None, config: Config) -> Rule:
    """All that the rules look at of a subscribed feed. `source`: as the store has it."""
    if subscription is None:
        return source.feed_id, source.url, False, config.publish.content
    amount = subscription.content or config.publish.content
    return source.feed_id, subscription.url, subscription.private == "true", amount


def rules_of(config: Config, feeds: Iterable[Rule]) -> str:
    """A fingerprint of the rules. `feeds`: of each subscribed feed."""
    rules = repr((_FORM, config.publish.content, compile_rules(config).fingerprint, sorted(feeds)))
    return blake2b(rules.encode(), digest_size=16).hexdigest()


def apply_rules(store: PublishStore, config: Config, sources: Mapping[int, Source], rules: str) -> bool:
    """Shows closed documents by the rules of today; False, and nothing is done, if they are shown by these.

    What is closed afterwards is made by these rules, and needs no judging. `rules`: their fingerprint.
    """
    if rules == store.archive_rules():
        return False
    known = store.archives()
    judge, closed = _Judge(store, config, sources), known.closed
    allowed: dict[str, list[Allowed | None]] = {}
    links: dict[bool, set[str]] = {True: set(), False: set()}  # by whether they are shown
    for archive in closed:
        found = documents.frozen_entries(store.archive_bytes(archive.name, whole=True))
        allowed[archive.name] = judge(found)
        for entry, allow in zip(found, allowed[archive.name], strict=True):
            links[allow is not None].add(entry.entry.link or "")
    gone = links[False] - links[True]
    shown: dict[str, tuple[int, bytes]] = {}
    for archive in closed:
        entries = store.archive_bytes(archive.name, whole=True)
        count, left = documents.shown(entries, allowed[archive.name], gone)
        if (archive.stories, archive.size) != (count, len(left)) or left != store.archive_bytes(archive.name):
            shown[archive.name] = count, left
    store.show_archives(rules, shown, known.redaction)  # if not, they are judged again
    return True


@dataclass(frozen=True, slots=True)
class _Feed:
    """A subscribed feed: as it is published, and as feeds.yaml has its address."""

    source: Source
    url: str
    is_private: bool


class _Judge:
    """Says of frozen entries how much of each is shown."""

    def __init__(self, store: PublishStore, config: Config, public: Mapping[int, Source]) -> None:
        self._store, self._content = store, config.publish.content
        self._filter: Filter = compile_rules(config)
        subscriptions = subscriptions_of(config)
        self._sources = [raw for raw in store.sources() if raw.feed_id in public]
        self._feeds: dict[int, _Feed] = {}
        for raw in self._sources:
            _, url, private, _ = rule_of(raw, subscriptions.get(raw.url), config)
            self._feeds[raw.feed_id] = _Feed(public[raw.feed_id], url, private)

    @cached_property
    def _by_address(self) -> dict[str, _Feed]:
        found: dict[str, _Feed] = {}
        for raw in self._sources:
            feed = self._feeds[raw.feed_id]
            for address in _addresses(raw, feed.source):
                found.setdefault(address, feed)
        return found

    @cached_property
    def _by_site(self) -> dict[str, _Feed]:
        found: dict[str, _Feed] = {}
        for raw in self._sources:
            if site := web_link(raw.link):
                found.setdefault(site, self._feeds[raw.feed_id])
        return found

    def __call__(self, entries: Sequence[FrozenEntry]) -> list[Allowed | None]:
        kept = self._store.published_feeds([entry.atom_id for entry in entries])
        return [self._judged(entry, kept) for entry in entries]

    def _judged(self, entry: FrozenEntry, kept: Mapping[str, int | None]) -> Allowed | None:
        feed = next((self._by_address[each] for each in entry.addresses if each in self._by_address), None)
        feed = feed or self._by_site.get(entry.site or "")  # one that has moved since is known by its site
        if entry.atom_id in kept:
            feed_id = kept[entry.atom_id]
            if feed_id is None:
                return None
            feed = feed or (self._feeds.get(feed_id) if entry.site is None else None)
        elif feed and self._filter.blocked_by(entry.entry, feed.url):  # retention took the story
            return None
        if feed is None:
            return None
        source = feed.source
        return Allowed(self._amount(feed), id_of(source) if feed.is_private else None, source.secrets)

    def _amount(self, feed: _Feed) -> Amount:
        return feed.source.content or self._content


def _addresses(raw: Source, public: Source) -> set[str]:
    """All that an archive can call the source by, now and before its feed became private."""
    address = web_link(without_secrets(raw.url))
    return {id_of(raw), id_of(public), *([address] if address else [])}
