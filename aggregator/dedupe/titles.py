"""The title key: the canonical form by which headlines are compared, and how much an equal one proves."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from aggregator import lists
from aggregator.models import Strength
from aggregator.scripts import DENSE
from aggregator.tokens import TOKEN, comparable, plain_key

_CJK = re.compile(f"[{DENSE}]")
_UNIT = re.compile(rf"[{DENSE}]|[^\s{DENSE}]+")
_CJK_DATE = re.compile(r"[\d年月日号號期第週周曜星天火水木金土一二三四五六七八九十년월일\s]+")
_ENOUGH_CJK = 6  # characters that say as much as two or three words
_DIGIT = re.compile(r"\b\d")
_NUMBER = re.compile(r"\d{1,2}")
_APART = re.compile(r"[^\w\s]")


def title_key(title: str, names: frozenset[str] = frozenset()) -> str | None:
    """The headline in canonical form, tokens parted by a space; None where nothing is left of it.

    Unescaped twice, tags off, NFKC, case folded, accents off, punctuation off; `C++`, `C#`, versions and
    numbers stay tokens. Labels at the ends go, and so does one of `names` (keys of the feed's, the source's
    or the author's name) where three tokens remain; a name of one word only where it stands apart ("Storm -
    World", not "storms of the world"). Idempotent.
    """
    text = comparable(title)
    tokens = TOKEN.findall(text)
    key = " ".join(tokens)
    labels, numbered = _labels()
    ends = (*labels, *names)
    if not key.startswith(ends) and not key.endswith(ends):  # as nearly all
        return key or None
    start, end = 0, len(tokens)
    while True:
        before = start, end
        if end - start > 3 and tokens[start] in numbered and _NUMBER.fullmatch(tokens[start + 1]):
            start += 2
        start, end = _without_ends(tokens, start, end, labels, least=2)
        cut = _without_ends(tokens, start, end, names, least=3)
        if cut != (start, end) and _stands_apart(text, start, end, *cut):
            start, end = cut
        if before == (start, end):
            return " ".join(tokens[start:end]) or None


def strength(key: str | None, own: str = "") -> Strength:
    """How much an equal key proves; `own` is the key of the feed's own title, which proves nothing."""
    if not key or key == own or is_generic(key):
        return "none"
    tokens = key.split()
    cjk = len(_CJK.findall(key))
    if cjk >= 12 or (len(tokens) >= 5 and len(key) >= 24):
        return "strong"
    if cjk >= 6 or (len(tokens) >= 3 and len(key) >= 15):
        return "medium"
    return "none"


def similar(one: str, other: str) -> bool:
    """Whether two title keys share at least half of the shorter's words; of CJK, characters."""
    words, others = _units(one), _units(other)
    return len(words & others) * 2 >= min(len(words), len(others))


@lru_cache(maxsize=512)  # one headline is compared with many
def _units(key: str) -> frozenset[str]:
    return frozenset(_UNIT.findall(key))


def is_generic(key: str) -> bool:
    """Whether many entries bear this title: it is on the list, or only a date or a number."""
    whole, numbered = _generic()
    if key in whole:
        return True
    tokens = key.split()
    if (
        tokens and key.isascii() and not _DIGIT.search(key) and _date_words().isdisjoint(tokens)
    ):  # as nearly all
        return False
    bare = [token for token in tokens if not _is_date_word(token)]
    return not bare or (len(bare) < len(tokens) and " ".join(bare) in numbered)


def _without_ends(
    tokens: list[str], start: int, end: int, phrases: frozenset[str], least: int
) -> tuple[int, int]:
    """Where the tokens begin and end less one phrase at an end, if `least` tokens remain, or as much in CJK."""
    for size in range(min(6, end - start - 1), 0, -1):
        for first, last in ((start + size, end), (start, end - size)):
            phrase = tokens[start:first] or tokens[last:end]
            if " ".join(phrase) in phrases and _enough(tokens[first:last], least):
                return first, last
    return start, end


def _enough(tokens: list[str], least: int) -> bool:
    return len(tokens) >= least or len(_CJK.findall("".join(tokens))) >= _ENOUGH_CJK


def _stands_apart(text: str, start: int, end: int, first: int, last: int) -> bool:
    """Whether what was cut off is a name of several words, or has punctuation between itself and the rest."""
    if first - start > 1 or end - last > 1:
        return True
    places = [(found.start(), found.end()) for found in TOKEN.finditer(text)]
    inner = first if first > start else last
    return bool(_APART.search(text[places[inner - 1][1] : places[inner][0]]))


def _is_date_word(token: str) -> bool:
    if token in _date_words():
        return True
    return bool(_CJK_DATE.fullmatch(token)) if _CJK.search(token) else token[0].isdigit()


@cache
def _date_words() -> frozenset[str]:
    return frozenset(word for row in lists.rows("date-words") for word in plain_key(row).split())


@cache
def _labels() -> tuple[frozenset[str], frozenset[str]]:
    """Labels as keys: all of them, and those that a number may follow where they begin a headline."""
    rows = lists.rows("title-labels")
    numbered = frozenset(plain_key(row.removesuffix("(n)")) for row in rows if row.endswith("(n)"))
    return numbered | {plain_key(row) for row in rows if not row.endswith("(n)")}, numbered


@cache
def _generic() -> tuple[frozenset[str], frozenset[str]]:
    """Generic titles as keys: those that stand alone, and what is left, beside a number, of those that bear one."""
    rows = lists.rows("generic-titles")
    numbered = frozenset(plain_key(row.removesuffix("(n)")) for row in rows if row.endswith("(n)"))
    bare = (" ".join(word for word in key.split() if not _is_date_word(word)) for key in numbered)
    return numbered | {plain_key(row) for row in rows if not row.endswith("(n)")}, frozenset(bare) - {""}
