"""Headlines as words to compare: folded (case, accents, entities and markup off) and split into tokens."""

from __future__ import annotations

import html
import re

from aggregator.text import fold

_TAG = re.compile(r"<[^<>]{0,500}>")
_INLINE = re.compile(
    r"</?(?:abbr|b|cite|code|em|i|mark|q|small|span|strong|sub|sup|u)>", re.I
)  # part no words
_AND = re.compile(r"\s*&\s*")
# A number keeps its points and hyphens inside: 1.2.3, 2026-03-02. Everything else is letters and digits.
# Scripts of South Asia write vowels as marks, which `\w` leaves out; the two dandas are punctuation.
TOKEN = re.compile(
    r"\d+(?:[.,:/-]\d+)+|(?:[^\W_]|[\u0900-\u0963\u0966-\u0eff\u1000-\u109f\u1780-\u17d3])+[+#]{0,2}"
)
_LONGEST = 2_000  # characters that are looked at: there are letters that NFKC makes eighteen of
_DASH = re.compile("[\u2010-\u2015\u2212]")  # in a score, "2–1" is "2-1"


def comparable(text: str) -> str:
    """The text in which tokens are looked for: unescaped twice, tags off, folded, dashes and quotes unified.

    A backtick and an acute accent stand for an apostrophe, as some keyboards have them (Billboard`s).
    """
    if "&" in text:
        text = html.unescape(html.unescape(text))
    if "<" in text:
        text = _TAG.sub(" ", _INLINE.sub("", text))
    if "`" in text or "´" in text:
        text = text.replace("`", "'").replace("´", "'")
    if not text.isascii():
        text = fold(text[:_LONGEST])[:_LONGEST]
        text = _DASH.sub("-", text.replace("’", "'").replace("‘", "'").replace("ʼ", "'"))
    else:
        text = text.lower()
    if "&" in text:
        text = _AND.sub(" and ", text)
    return text.replace("'", "")


def tokens(text: str) -> list[str]:
    """The words and numbers of a text; `C++`, `C#` and versions are one each."""
    return TOKEN.findall(comparable(text))


def plain_key(text: str) -> str:
    """The tokens parted by a space: the form in which names and headlines are compared."""
    return " ".join(tokens(text))
