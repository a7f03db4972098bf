"""Which entry each entry is, and which story it tells: canonical keys, tables of rules, decisions. Pure."""

from aggregator.dedupe.edits import is_significant, mark_significant_edits
from aggregator.dedupe.group import FeedView, View, group, sharing_keys, views
from aggregator.dedupe.identify import identify
from aggregator.dedupe.identity import atom_id
from aggregator.dedupe.keys import FeedIdentity, add_keys
from aggregator.dedupe.migration import recognise
from aggregator.dedupe.news import NEWS_RULES, FeedPast, sort_news
from aggregator.dedupe.pair import Pair
from aggregator.dedupe.pending import pending
from aggregator.dedupe.rules import RULES, judge
from aggregator.dedupe.titles import strength, title_key
from aggregator.dedupe.traits import TRAIT_RULES, apply_traits, find_traits

__all__ = [
    "NEWS_RULES",
    "RULES",
    "TRAIT_RULES",
    "FeedIdentity",
    "FeedPast",
    "FeedView",
    "Pair",
    "View",
    "add_keys",
    "apply_traits",
    "atom_id",
    "find_traits",
    "group",
    "identify",
    "is_significant",
    "judge",
    "mark_significant_edits",
    "pending",
    "recognise",
    "sharing_keys",
    "sort_news",
    "strength",
    "title_key",
    "views",
]
