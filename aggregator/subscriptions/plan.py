"""What an import would change: new feeds, those that are followed already, those that cannot be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from aggregator.config import feed_key, is_ours, redact
from aggregator.settings import Config
from aggregator.subscriptions.records import ImportPlan, ListedFeed, Rejected, SubscriptionList


def plan_import(wanted: SubscriptionList, config: Config, tags: Iterable[str] = ()) -> ImportPlan:
    """Compares a list with feeds.yaml, by the canonical form of each URL. `tags`: added to each new feed."""
    followed = {feed_key(sub.url) for sub in config.feeds}
    added: list[ListedFeed] = []
    present: list[ListedFeed] = []
    rejected = list(wanted.rejected)
    for feed in wanted.feeds:
        if feed_key(feed.url) in followed:
            present.append(feed)
        elif is_ours(feed.url, config.base_url):
            rejected.append(Rejected(redact(feed.url), "is one of our own outputs"))
        else:
            every = tuple(dict.fromkeys((*feed.tags, *tags)))
            added.append(replace(feed, tags=every))
    return ImportPlan(tuple(added), tuple(present), tuple(rejected), wanted.ignored)
