"""Which entry each entry is, and which story it tells: canonical keys, tables of rules, decisions. Pure."""

from aggregator.dedupe.edits import is_significant
from aggregator.dedupe.flood import is_flood, stemmed
from aggregator.dedupe.group import FeedView, View, group, sharing_keys, views
from aggregator.dedupe.identify import identify, pending
from aggregator.dedupe.identity import atom_id
from aggregator.dedupe.keys import FeedIdentity, keyed
from aggregator.dedupe.rules import RULES, Pair, judge
from aggregator.dedupe.titles import strength, title_key
from aggregator.dedupe.traits import TRAIT_RULES, lessons, under

__all__ = [
    "RULES",
    "TRAIT_RULES",
    "FeedIdentity",
    "FeedView",
    "Pair",
    "View",
    "atom_id",
    "group",
    "identify",
    "is_flood",
    "is_significant",
    "judge",
    "keyed",
    "lessons",
    "pending",
    "sharing_keys",
    "stemmed",
    "strength",
    "title_key",
    "under",
    "views",
]
