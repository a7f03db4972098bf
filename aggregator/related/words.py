"""The words by which an entry may be related to others: those of its headline, and of its summary's beginning."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from aggregator import lists
from aggregator.models import Entry, EntryWords, ReadFeed
from aggregator.records import replace
from aggregator.related.outlets import outlet
from aggregator.tokens import plain_key, tokens

SUMMARY_CHARACTERS = 200  # of the summary that are looked at; more of it finds less
_STEM = 6  # letters that tell a word: "elected" is "election"

_URL = re.compile(r"(?:https?://|www\.)\S+")
_POSSESSIVE = re.compile(r"(?<=\w)['’]s\b", re.IGNORECASE)  # "Peru's" is "Peru"
_ELISION = re.compile(  # "l'Iran" is "Iran"
    r"\b(?:l|d|j|n|s|c|m|t|qu|jusqu|lorsqu|puisqu|un|dell|all|nell|sull|dall|quest)['’](?=\w)", re.IGNORECASE
)
# Latin, Greek and Cyrillic. Nobody has measured yet how this does in other scripts, so they are left out.
_MEASURED = re.compile(r"[a-z0-9+#.,:/\u00df-\u024f\u0370-\u052f\u1e00-\u1fff-]+")
_WRITTEN = re.compile(r"[^\W_]+(?:[-.,:/][^\W_]+)*")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.](?:\d\d|\d{4})")
_LABEL = re.compile(r"^\W*([^|:–—]{2,20}?)\s*[|:–—]|[|:–—]\s*([^|:–—]{2,25}?)\W*$")


def with_words(feed: ReadFeed, url: str) -> ReadFeed:
    """The same document with words on each entry. `url`: the feed's effective URL."""
    return replace(
        feed, entries=tuple(replace(entry, words=entry_words(entry, url)) for entry in feed.entries)
    )


def entry_words(entry: Entry, feed_url: str) -> EntryWords | None:
    """The entry's words; None where it is never related: without a headline of its own, or by its kind.

    A word is its first six letters, without a plural s; a number is whole. Left out are dates, years, single
    letters, what every headline has (lists/stop-words.txt), and scripts that were not measured.
    """
    key = entry.title_key
    if entry.untitled or not key or _is_never_related(entry.title, key):
        return None
    # The feed's own name and labels at the ends are not in the title key, and tell nothing.
    title = [token for token in tokens(_bare(entry.title)) if token in key]
    headline = tuple(dict.fromkeys(filter(None, map(_stem, title))))
    if not headline:
        return None
    begin = entry.summary[:SUMMARY_CHARACTERS]
    if len(entry.summary) > SUMMARY_CHARACTERS:
        begin = begin.rpartition(" ")[0]  # no half words
    summary = set(filter(None, map(_stem, tokens(_bare(begin))))).difference(headline)
    return EntryWords(outlet(entry.link, feed_url), headline, tuple(sorted(summary)))


def display_words(stems: Iterable[str], *texts: str) -> tuple[str, ...]:
    """The words with these stems as the texts write them, the first text that has one first."""
    found: dict[str, str] = {}
    for text in texts:
        for written in _WRITTEN.findall(_bare(text)):
            for stem in filter(None, map(_stem, tokens(written))):
                found.setdefault(stem, written)
    return tuple(found.get(stem, stem) for stem in dict.fromkeys(stems))


def stem_of(word: str) -> str:
    """The stem of a word as a headline writes it; "" if it tells nothing."""
    return next(filter(None, map(_stem, tokens(_bare(word)))), "")


def is_template_word(stem: str) -> bool:
    """Whether headlines of one kind have it, whatever they tell: "files", "bankruptcy", "score", a number."""
    return stem[0].isdigit() or stem in _template_stems()


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str | None:
    """None where the word tells nothing."""
    if len(word) < 2 or word in _stop_words() or word in _date_words() or not _MEASURED.fullmatch(word):
        return None
    if word[0].isdigit():
        return None if _YEAR.fullmatch(word) or _DATE.fullmatch(word) else word
    return _cut(word)


def _cut(word: str) -> str:
    return (word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] != "s" else word)[:_STEM]


def _bare(text: str) -> str:
    """The text without addresses, possessives and elided articles."""
    if "://" in text or "www." in text:
        text = _URL.sub(" ", text)
    return _ELISION.sub("", _POSSESSIVE.sub("", text)) if "'" in text or "’" in text else text


def _is_never_related(title: str, key: str) -> bool:
    """Whether the headline is of a kind that comes again and again, or tells of many things at once."""
    phrases, labels = _never_related()
    words = key.split()
    for start, word in enumerate(words):
        for phrase in phrases.get(word, ()):
            if words[start : start + len(phrase)] == phrase:
                return True
    label = _LABEL.search(title)
    if label is None:
        return False
    said = plain_key(label[1] or label[2])
    return any(said == each or said.startswith(f"{each} ") or said.endswith(f" {each}") for each in labels)


@cache
def _never_related() -> tuple[dict[str, list[list[str]]], frozenset[str]]:
    """Phrases by their first word, and labels."""
    phrases: dict[str, list[list[str]]] = {}
    labels = set()
    for row in lists.rows("never-related"):
        if row.endswith(":"):
            labels.add(plain_key(row))
        else:
            phrase = tokens(row)
            phrases.setdefault(phrase[0], []).append(phrase)
    return phrases, frozenset(labels)


@cache
def _stop_words() -> frozenset[str]:
    return _tokens_of("stop-words")


@cache
def _date_words() -> frozenset[str]:
    return _tokens_of("date-words")


@cache
def _template_stems() -> frozenset[str]:
    return frozenset(map(_cut, _tokens_of("template-words")))


def _tokens_of(name: str) -> frozenset[str]:
    return frozenset(token for row in lists.rows(name) for token in tokens(row))
