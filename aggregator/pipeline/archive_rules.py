"""Closed documents of the archive keep to the rules of feeds.yaml as well: what is blocked, private, shown without
content, or of a feed that is not subscribed any more does not stand in them.

They are kept as they were closed, so that a rule that is taken back brings back what it took out. Documents keep
their names, addresses and order, and what no rule is about stays to the byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from aggregator.export import archive as documents
from aggregator.export.archive import Allowed, FrozenEntry
from aggregator.export.values import id_of, web_link
from aggregator.filters import Filter, compile_rules
from aggregator.links import without_credentials, without_secrets
from aggregator.models import Amount, Source
from aggregator.settings import Config
from aggregator.store.interfaces import PublishStore

_FORM = 1  # of what is shown; another one makes all of it anew


def apply_rules(store: PublishStore, config: Config, sources: Mapping[int, Source]) -> bool:
    """Shows closed documents by the rules of today; False, and nothing is done, if they are shown by these.

    What is closed afterwards is made by these rules, and needs no judging.
    """
    judge = _Judge(store, config, sources)
    if judge.rules == store.archive_rules():
        return False
    closed = store.archives().closed
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
    store.show_archives(judge.rules, shown)
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
        subscriptions = {without_credentials(sub.url): sub for sub in config.feeds}
        self._sources = store.sources()
        self._feeds: dict[int, _Feed] = {}
        for raw in self._sources:
            subscription = subscriptions.get(raw.url)
            private = subscription is not None and subscription.private == "true"
            self._feeds[raw.feed_id] = _Feed(
                public[raw.feed_id], subscription.url if subscription else raw.url, private
            )
        said = [
            (feed.source.feed_id, feed.url, feed.is_private, self._amount(feed))
            for feed in self._feeds.values()
        ]
        rules = repr((_FORM, self._content, self._filter.fingerprint, sorted(said)))
        self.rules = blake2b(rules.encode(), digest_size=16).hexdigest()

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
