"""When a feed is asked next, and why: pure functions, and a reason in words for each answer."""

from aggregator.schedule.hints import freshness
from aggregator.schedule.moves import moved
from aggregator.schedule.plan import NEVER, plan
from aggregator.schedule.spread import at_start
from aggregator.schedule.slots import allowed
from aggregator.schedule.trouble import OFFLINE_HOSTS, after_start, offline, stuck, waiting
from aggregator.schedule.words import in_words

__all__ = [
    "NEVER",
    "OFFLINE_HOSTS",
    "after_start",
    "allowed",
    "at_start",
    "freshness",
    "in_words",
    "moved",
    "offline",
    "plan",
    "stuck",
    "waiting",
]
