"""Whether two entries are related, and which links of an entry are kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from heapq import nsmallest
from itertools import pairwise

from aggregator.models import RelatedLink, WeighedEntry
from aggregator.related.words import is_template_word

WINDOW = timedelta(hours=48)  # entries further apart are not related
MOST_LINKS = 10  # kept of an entry, the most alike
LEAST_SHARED = 3  # telling words

# How alike two entries have to be (the cosine of their telling words): with a summary each; where one has only
# its headline; and where they share many words: two of both headlines at least, and these count twice.
COSINE = 0.36
COSINE_OF_HEADLINES = 0.40
COSINE_OF_MANY = 0.28
MANY = 7
# And how alike an entry is to each of two that are linked, so that it joins their group.
COSINE_OF_NEAR = 0.22
_LEAST_INDEPENDENT = 2
_NAME = 2  # words of a name

_AlikeEnough = Callable[[WeighedEntry, WeighedEntry, list[str], float], bool]


def judge(one: WeighedEntry, other: WeighedEntry) -> RelatedLink | None:
    """The link between the two, or None. The same whichever comes first, but for which of them is `entry_id`."""
    return _link(one, other, _alike_enough)


def judge_near(one: WeighedEntry, other: WeighedEntry) -> RelatedLink | None:
    """The same for two that need not be as much alike: enough only where a third, which is linked, is near both."""
    return _link(one, other, lambda one, other, shared, cosine: cosine >= COSINE_OF_NEAR)


def _link(one: WeighedEntry, other: WeighedEntry, alike_enough: _AlikeEnough) -> RelatedLink | None:
    if one.words.outlet == other.words.outlet or one.feed_id == other.feed_id:
        return None
    if one.story_id == other.story_id or abs(one.published - other.published) > WINDOW:
        return None
    shared = sorted(word for word in one.weights if word in other.weights)
    if len(shared) < LEAST_SHARED or _numbers_differ(one, other):
        return None
    products = {word: one.weights[word] * other.weights[word] for word in shared}
    cosine = round(sum(products.values()), 4)
    if not alike_enough(one, other, shared, cosine):
        return None
    if _independent(one, other, shared) < _LEAST_INDEPENDENT:
        return None
    return RelatedLink(
        one.id, other.id, cosine, tuple(sorted(shared, key=lambda word: (-products[word], word)))
    )


def find_pairs(entries: Iterable[WeighedEntry]) -> Iterator[tuple[WeighedEntry, WeighedEntry]]:
    """All pairs that share as many telling words as a link asks for: what a store finds by a join."""
    holders: defaultdict[str, list[WeighedEntry]] = defaultdict(list)
    for entry in entries:
        shared: Counter[int] = Counter()
        met: dict[int, WeighedEntry] = {}
        for word in entry.weights:
            for other in holders[word]:
                shared[other.id] += 1
                met[other.id] = other
            holders[word].append(entry)
        for other_id, count in shared.items():
            if count >= LEAST_SHARED:
                yield met[other_id], entry


def choose_links(pairs: Iterable[tuple[WeighedEntry, WeighedEntry]]) -> tuple[RelatedLink, ...]:
    """The links of each entry in these pairs, at most ten each, whatever the order of the pairs."""
    found: defaultdict[int, dict[int, tuple[float, str, RelatedLink]]] = defaultdict(dict)
    for one, other in pairs:
        link = judge(one, other)
        if link is None:
            continue
        for here, there in ((one, other), (other, one)):
            kept = RelatedLink(here.id, there.id, link.cosine, link.words)
            found[here.id][there.id] = (-link.cosine, there.name, kept)
    return tuple(
        link
        for entry_id in sorted(found)
        for _, _, link in nsmallest(MOST_LINKS, found[entry_id].values(), key=lambda each: each[:2])
    )


def _alike_enough(one: WeighedEntry, other: WeighedEntry, shared: list[str], cosine: float) -> bool:
    if not (one.words.summary and other.words.summary):
        return cosine >= COSINE_OF_HEADLINES
    if cosine >= COSINE:
        return True
    by_headlines = sum(word in one.words.headline and word in other.words.headline for word in shared)
    return cosine >= COSINE_OF_MANY and by_headlines >= 2 and len(shared) + by_headlines >= MANY


def _numbers_differ(one: WeighedEntry, other: WeighedEntry) -> bool:
    """Whether both headlines hold numbers and share none: other scores, other results, another day's."""
    numbers, others = ({word for word in entry.words.headline if word[0].isdigit()} for entry in (one, other))
    return bool(numbers and others) and numbers.isdisjoint(others)


def _independent(one: WeighedEntry, other: WeighedEntry, shared: list[str]) -> int:
    """How many things the two have in common: words that stand together in both headlines are one, or two if three.

    So a name is one thing ("Kim Jong", "President Emmanuel Macron"), and more than a name is more. Words of which
    headlines of a kind are made do not count.
    """
    together = set(pairwise(one.words.headline)) & set(pairwise(other.words.headline))
    runs: list[int] = []
    before = ""
    for word in one.words.headline:
        if word in shared:
            if (before, word) not in together or before not in shared:
                runs.append(0)
            runs[-1] += not is_template_word(word)
        before = word
    apart = sum(not is_template_word(word) for word in shared if word not in one.words.headline)
    return apart + sum(min(run, _NAME + 1) - 1 if run > 1 else run for run in runs)
