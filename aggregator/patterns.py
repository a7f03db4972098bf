"""A word, a phrase or a /regular expression/, as people write them into rules: the door to RE2.

Words are compared without regard to case, accents and typographic quotes, and stand whole; where a script
has no spaces between words they may stand anywhere. Expressions are RE2's, which takes time in proportion
to the text whatever the expression: neither a rule nor a feed can make a poll hang.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from aggregator.scripts import HANGUL, UNSPACED
from aggregator.text import fold, squeeze

_MOST_MEMORY = 1 << 20  # bytes of a compiled expression; more is refused, and so are huge repetitions

# Scripts of South Asia write vowels as marks, which `\w` leaves out; the two dandas are punctuation.
_LETTER = f"(?:[^\\W{UNSPACED}{HANGUL}]|[\u0900-\u0963\u0966-\u0dff])"
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("‘’ʼ‛", "'"),
        **dict.fromkeys("“”„‟«»", '"'),
        **dict.fromkeys("‐‑‒–—", "-"),
        **{"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"},  # no accent by Unicode's reckoning
    }
)


class Subject:
    """A text to be searched; folded once, when the first word asks for it."""

    __slots__ = ("_folded", "plain")

    def __init__(self, plain: str) -> None:
        self.plain = plain
        self._folded: str | None = None

    @property
    def folded(self) -> str:
        if self._folded is None:
            self._folded = folded(self.plain)
        return self._folded


Pattern = Callable[[Subject], bool]


@lru_cache(maxsize=10_000)
def compile_pattern(written: str) -> Pattern:
    """Whether a text has the word or phrase, or matches the expression between slashes.

    Raises ValueError, in words, where that is no expression or one that tells nothing.
    """
    return _expression(written[1:-1]) if is_expression(written) else _words(written)


def is_expression(written: str) -> bool:
    return len(written) > 1 and written.startswith("/") and written.endswith("/")


def folded(text: str) -> str:
    """The text on one line without capitals, accents and typographic punctuation; idempotent."""
    if text.isascii():
        return squeeze(text.lower())
    return squeeze(fold(text).translate(_ALIKE))


def _words(written: str) -> Pattern:
    phrase = folded(written)
    if not phrase:
        raise ValueError("it is empty")
    start, end = (re.match(_LETTER, phrase[place]) for place in (0, -1))
    search = re.compile(
        (f"(?<!{_LETTER})" if start else "") + re.escape(phrase) + (f"(?!{_LETTER})" if end else "")
    ).search
    # Looking for the bare phrase first is fifty times faster on the many texts that do not have it.
    return lambda subject: phrase in subject.folded and search(subject.folded) is not None


def _expression(written: str) -> Pattern:
    try:
        import re2  # here, as few need it
    except ImportError:
        raise ValueError(
            "regular expressions need the Python package google-re2, which is not installed"
        ) from None

    options: Any = re2.Options()
    options.log_errors = False
    options.case_sensitive = False  # as words are; `(?-i)` makes an expression strict
    options.max_mem = _MOST_MEMORY
    try:
        search = re2.compile(written, options).search
    except re2.error as error:
        raise ValueError(_in_words(error)) from None
    if search("") and search("\N{SNOWMAN}"):
        raise ValueError("it matches every text")
    return lambda subject: search(subject.plain) is not None


def _in_words(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    if words.startswith(("invalid perl operator: (?", "invalid escape sequence: \\")):
        words += " (look-arounds and back-references are not known to RE2)"
    return words or "RE2 refuses it"
