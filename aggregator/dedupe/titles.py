"""The title key: the canonical form by which headlines are compared, and how much an equal one proves."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache, lru_cache

from aggregator import lists
from aggregator.models import Strength

_TAG = re.compile(r"<[^<>]{0,500}>")
_AND = re.compile(r"\s*&\s*")
# A number keeps its points and hyphens inside: 1.2.3, 2026-03-02. Everything else is letters and digits.
# Scripts of South Asia write vowels as marks, which `\w` leaves out; the two dandas are punctuation.
_TOKEN = re.compile(
    r"\d+(?:[.,:/-]\d+)+|(?:[^\W_]|[\u0900-\u0963\u0966-\u0eff\u1000-\u109f\u1780-\u17d3])+[+#]{0,2}"
)
_LONGEST = 2_000  # characters that are looked at: there are letters that NFKC makes eighteen of
_CJK_RANGE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_CJK = re.compile(f"[{_CJK_RANGE}]")
_UNIT = re.compile(rf"[{_CJK_RANGE}]|[^\s{_CJK_RANGE}]+")
_COMBINING = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670]"
)  # accents, niqqud, harakat
_CJK_DATE = re.compile(r"^[\d年月日号號期第週周曜火水木金土一二三四五六七八九十\s]+$")


def title_key(title: str, names: frozenset[str] = frozenset()) -> str | None:
    """The headline in canonical form, tokens parted by a space; None where nothing is left of it.

    Unescaped twice, tags off, NFKC, case folded, accents off, punctuation off; `C++`, `C#`, versions and
    numbers stay tokens. Labels at the ends go, and so does one of `names` (keys of the feed's, the source's
    or the author's name) where three tokens remain. Idempotent.
    """
    tokens = _tokens(title)
    while True:
        before = tokens
        tokens = _without_ends(tokens, _labels(), least=2)
        tokens = _without_ends(tokens, names, least=3)
        if tokens == before:
            return " ".join(tokens) or None


def plain_key(text: str) -> str:
    """The canonical form of a name, to be handed to title_key as one of `names`."""
    return " ".join(_tokens(text))


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


def alike(one: str, other: str) -> bool:
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
    bare = [token for token in tokens if not _is_date_word(token)]
    return not bare or (len(bare) < len(tokens) and " ".join(bare) in numbered) or bool(_CJK_DATE.match(key))


def _tokens(text: str) -> list[str]:
    if "&" in text:
        text = html.unescape(html.unescape(text))
    if "<" in text:
        text = _TAG.sub(" ", text)
    if not text.isascii():
        # Casefolding can undo NFKC and the other way round (U+0345, U+1E9E): Unicode's own remedy is to fold
        # between two normalisations (toNFKC_Casefold).
        text = unicodedata.normalize("NFKC", text).casefold()[:_LONGEST]
        decomposed = unicodedata.normalize("NFKD", text)
        text = unicodedata.normalize("NFC", _COMBINING.sub("", decomposed)).casefold()
        text = text.replace("’", "'").replace("‘", "'").replace("ʼ", "'")
    else:
        text = text.lower()
    text = _AND.sub(" and ", text).replace("'", "")
    return _TOKEN.findall(text)


def _without_ends(tokens: list[str], phrases: frozenset[str], least: int) -> list[str]:
    """The tokens less one phrase at the start or at the end, where `least` tokens remain."""
    for size in range(min(6, len(tokens) - least), 0, -1):
        if " ".join(tokens[:size]) in phrases:
            return tokens[size:]
        if " ".join(tokens[-size:]) in phrases:
            return tokens[:-size]
    return tokens


def _is_date_word(token: str) -> bool:
    return token[0].isdigit() or token in _date_words()


@cache
def _date_words() -> frozenset[str]:
    return frozenset(word for row in lists.rows("date-words") for word in row.split())


@cache
def _labels() -> frozenset[str]:
    return frozenset(plain_key(row) for row in lists.rows("title-labels"))


@cache
def _generic() -> tuple[frozenset[str], frozenset[str]]:
    """Generic titles as keys: those that stand alone, and those that also stand before a number."""
    rows = lists.rows("generic-titles")
    numbered = frozenset(plain_key(row.removesuffix("(n)")) for row in rows if row.endswith("(n)"))
    return numbered | {plain_key(row) for row in rows if not row.endswith("(n)")}, numbered
