"""A word or an expression matches what the person who wrote it would say that it does."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.patterns import Subject, compile_pattern, folded

MATCHES = {
    "a word": ("tariff", "The tariff talks go on"),
    "a word at the start": ("tariff", "Tariff talks"),
    "a word at the end": ("tariff", "No more tariff"),
    "a word before a full stop": ("tariff", "An end to the tariff."),
    "a word in quotes": ("tariff", "The “tariff” that was none"),
    "capitals in the text": ("tariff", "TARIFF!"),
    "capitals in the rule": ("TARIFF", "tariff"),
    "accents in the text": ("Malaga", "Un día en Málaga"),
    "accents in the rule": ("Málaga", "A day in Malaga"),
    "a letter that only looks accented": ("Lodz", "Łódź wins"),
    "sharp s": ("Strasse", "Die Straße"),
    "a ligature": ("oeuvre", "Son œuvre"),
    "Turkish i": ("istanbul", "İSTANBUL"),
    "a phrase": ("trade war", "The new trade war"),
    "a phrase over a line break": ("trade war", "The new trade\n  war"),
    "a phrase with an odd space": ("trade  war", "The trade\u00a0war"),
    "an apostrophe of print": ("don't", "Why I don’t read it"),
    "a dash of print": ("covid-19", "COVID‑19 again"),
    "signs at the end": ("C++", "Why C++ is fun"),
    "signs at the start": (".NET", "What is new in .NET 12"),
    "a number": ("5G", "A 5G mast"),
    "a host in a link": ("example.com", "https://www.example.com/a"),
    "Han inside a sentence": ("東京", "今日の東京は晴れ"),
    "kana inside a word": ("ラーメン", "味噌ラーメン屋"),
    "Hangul with a particle": ("삼성", "삼성이 발표했다"),
    "Thai": ("กรุงเทพ", "วันนี้กรุงเทพมหานคร"),
    "a Latin word between Han": ("AI", "生成AI技術"),
    "Cyrillic": ("выборы", "Выборы завершились"),
    "Greek with accents": ("αθηνα", "Η Αθήνα σήμερα"),
    "Hebrew with points": ("שלום", "שָׁלוֹם עולם"),
    "Hindi": ("हिन्दी", "आज हिन्दी दिवस।"),
    "half-width letters": ("ＡＩ", "AI"),
    "an expression": ("/sponsored|advert(orial)?/", "An advertorial"),
    "an expression inside a word": ("/advert/", "Advertising"),
    "capitals in an expression": ("/SPONSORED/", "sponsored"),
    "a place in an expression": (r"/^\[ad\]/", "[Ad] Buy this"),
    "any letter in an expression": (r"/épisode \d+$/", "Un Épisode 12"),
    "a strict expression": ("/(?-i)US/", "The US says"),
    "a slash in an expression": ("/news/sport/", "https://x.example/news/sport/1"),
    "a slash alone is a word": ("/sport", "https://x.example/sport/1"),
}
MISSES = {
    "inside a word": ("art", "A party"),
    "the beginning of a word": ("tariff", "Tariffs rise"),
    "a word joined by an underscore": ("art", "art_work"),
    "a phrase with another word in it": ("trade war", "trade and war"),
    "inside a Latin word between Han": ("AI", "生成AIR技術"),
    "inside a Hindi word": ("हिन्द", "आज हिन्दी दिवस"),
    "an expression's signs in a word": ("adv.rt", "advert"),
    "a strict expression": ("/(?-i)US/", "tell us"),
    "an expression looks at the text as it is": ("/Malaga/", "Málaga"),
}


@pytest.mark.parametrize(("written", "text"), MATCHES.values(), ids=MATCHES)
def test_matches(written: str, text: str) -> None:
    assert compile_pattern(written)(Subject(text))


@pytest.mark.parametrize(("written", "text"), MISSES.values(), ids=MISSES)
def test_does_not_match(written: str, text: str) -> None:
    assert not compile_pattern(written)(Subject(text))


BAD = {
    "no end of a group": ("/(/", "missing ): ("),
    "a look-around": ("/(?!x)y/", r"invalid perl operator: \(\?! \(look-arounds and back-references are"),
    "a back-reference": (r"/(a)\1/", r"\(look-arounds and back-references are not known to RE2\)"),
    "a huge repetition": ("/a{1001}/", "invalid repetition size"),
    "repetitions that multiply": ("/((a{30}){30}){30}/", "invalid repetition size"),
    "more than fits into memory": (r"/\pL{900}/", "pattern too large"),
    "what matches everything": ("/x*/", "it matches every text"),
    "nothing between the slashes": ("//", "it matches every text"),
    "nothing": ("  ", "it is empty"),
    "nothing but an accent": ("\u0301", "it is empty"),
}


@pytest.mark.parametrize(("written", "words"), BAD.values(), ids=BAD)
def test_what_tells_nothing_is_refused_in_words(written: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("missing ): (", r"missing \): \(")):
        compile_pattern(written)


def test_refusals_are_not_printed(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="missing"):
        compile_pattern("/(((/")
    assert capfd.readouterr() == ("", "")


# Expressions that take other libraries years, and the texts that do it.
SLOW = {
    "nested repetition": (r"/(x+x+)+y/", "x"),
    "nested repetition of words": (r"/^(\w+\s?)*$;/", "word "),
    "alternatives that overlap": (r"/(a|aa)+$b/", "a"),
    "many that may be missing": ("/" + "a?" * 30 + "a" * 30 + "b/", "a"),
    "states without end": ("/[ab]*a[ab]{200}c/", "abba"),
    "a phrase that nearly stands everywhere": ("a a a a a a a a b", "a "),
}


@pytest.mark.parametrize(("written", "unit"), SLOW.values(), ids=SLOW)
def test_no_rule_makes_a_poll_hang(written: str, unit: str) -> None:
    pattern, subject = compile_pattern(written), Subject(unit * (100_000 // len(unit)))
    assert not pattern(subject)


WORDS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12).filter(folded)


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(WORDS, st.text(max_size=20), st.text(max_size=20))
def test_a_word_is_found_between_spaces_whatever_its_case(word: str, before: str, after: str) -> None:
    assert compile_pattern(word)(Subject(f"{before} {word} {after}"))
    assert compile_pattern(word)(Subject(f"{before} {word.casefold()} {after}"))


@given(st.text(), st.text())
def test_whatever_is_written_it_matches_or_is_refused(written: str, text: str) -> None:
    for each in (written, f"/{written}/"):
        with contextlib.suppress(ValueError):
            compile_pattern(each)(Subject(text))
