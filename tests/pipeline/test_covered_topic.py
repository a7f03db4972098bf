"""What a day of one topic costs: pairs of entries that are compared, counted, with a publication after each document."""

from __future__ import annotations

import random

import pytest

from aggregator.models import EntryWords
from support.related_days import Before, Document, played

A_DOCUMENT = 8  # entries
WORDS = 9  # of a headline
COUNTED = Before(
    4_800, ()
)  # to 5,960 words weigh the same; in such a store a word of more than 63 entries tells nothing
MOST_OF_WORD = 63


def telling(chance: random.Random, topics: int, entries: int) -> list[Document]:
    """Documents of that many entries, each document with words of one of these topics, 24 each: any two of one share three."""
    found = []
    for number in range(entries // A_DOCUMENT):
        told, topic = [], number % topics
        for _ in range(A_DOCUMENT):
            words = chance.sample([f"t{topic}x{word}" for word in range(24)], WORDS)
            told.append(EntryWords(f"outlet{number % 40}", tuple(words)))
        found.append(Document(str(number), number % 40, tuple(told)))
    return found


def compared(topics: int, entries: int) -> float:
    """Pairs an entry, as often as they were judged."""
    documents = telling(random.Random(5), topics, entries)
    with played(documents, COUNTED, 0) as run:
        for document in documents:
            run.save(document)
            run.relate()
        return run.compared / entries


@pytest.mark.slow
def test_words_as_frequent_as_a_telling_word_can_be_cost_each_entry_the_same() -> None:
    """The worst day: topics of 24 words of which each is in 60 entries, judged anew at each step of their counts."""
    topic = 24 * 60 // WORDS
    few, many = compared(1, topic), compared(4, 4 * topic)
    assert few > topic / 4, "most of a topic are compared with each other"
    assert many < 1.3 * few
    assert many < 3 * WORDS * MOST_OF_WORD


def test_a_topic_of_a_few_words_costs_no_more_once_these_are_common() -> None:
    few, many = compared(1, 160), compared(1, 320)
    assert few > 40
    assert many < few
