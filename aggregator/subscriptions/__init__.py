"""Subscription lists in and out, and the feeds of web pages: pure functions of text, without the network."""

from aggregator.subscriptions.formats import MOST_BYTES, read_list
from aggregator.subscriptions.pages import common_places, feeds_in_lookup
from aggregator.subscriptions.plan import plan_import
from aggregator.subscriptions.records import ImportPlan, ListedFeed, ListError, Rejected, SubscriptionList
from aggregator.subscriptions.sites import site_feeds

__all__ = [
    "MOST_BYTES",
    "ImportPlan",
    "ListError",
    "ListedFeed",
    "Rejected",
    "SubscriptionList",
    "common_places",
    "feeds_in_lookup",
    "plan_import",
    "read_list",
    "site_feeds",
]
