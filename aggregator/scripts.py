"""Ranges of characters, for classes of regular expressions: scripts that write words without spaces, and dense ones."""

from __future__ import annotations

_SOUTH_EAST_ASIAN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
_KANA_AND_HAN = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
HANGUL = "\uac00-\ud7af"  # spaced, but particles stand next to words without a space

# No spaces between words: each character is searched for by itself.
UNSPACED = _SOUTH_EAST_ASIAN + _KANA_AND_HAN
# A character says as much as a third of a word or more: titles are measured in characters.
DENSE = _KANA_AND_HAN + HANGUL
