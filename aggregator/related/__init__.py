"""Related coverage: which entries of different outlets probably tell of one event, in other words. Pure.

Stories are merged by link or title only (see `dedupe`). Here they are linked: by the rare words that their
headlines and summaries share. Nothing is merged, hidden or marked by it.
"""

from aggregator.related.groups import MOST_JOINED, SPAN, group_stories, join_near
from aggregator.related.links import MOST_LINKS, WINDOW, choose_links, find_pairs, judge, judge_near
from aggregator.related.outlets import outlet
from aggregator.related.weights import weigh
from aggregator.related.words import display_words, entry_words, stem_of, with_words

__all__ = [
    "MOST_JOINED",
    "MOST_LINKS",
    "SPAN",
    "WINDOW",
    "choose_links",
    "display_words",
    "entry_words",
    "find_pairs",
    "group_stories",
    "join_near",
    "judge",
    "judge_near",
    "outlet",
    "stem_of",
    "weigh",
    "with_words",
]
