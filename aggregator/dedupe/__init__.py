"""Which story each entry tells: canonical keys, a table of rules, decisions. Pure."""

from aggregator.dedupe.decide import decide
from aggregator.dedupe.identity import atom_id
from aggregator.dedupe.keys import keyed
from aggregator.dedupe.lessons import LESSONS, lessons
from aggregator.dedupe.rules import RULES
from aggregator.dedupe.titles import strength, title_key

__all__ = ["LESSONS", "RULES", "atom_id", "decide", "keyed", "lessons", "strength", "title_key"]
