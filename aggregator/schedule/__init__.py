"""When a feed is asked next, and why: pure functions, and a reason in words for each answer."""

from aggregator.schedule.hints import freshness
from aggregator.schedule.moves import moved
from aggregator.schedule.pace import DATES
from aggregator.schedule.plan import NEVER, plan
from aggregator.schedule.slots import allowed
from aggregator.schedule.spread import at_start
from aggregator.schedule.trouble import OFFLINE_HOSTS, late, offline, skipped, stuck, unanswered, waiting
from aggregator.schedule.words import in_words

__all__ = [
    "DATES",
    "NEVER",
    "OFFLINE_HOSTS",
    "allowed",
    "at_start",
    "freshness",
    "in_words",
    "late",
    "moved",
    "offline",
    "plan",
    "skipped",
    "stuck",
    "unanswered",
    "waiting",
]
