"""Plain text: what may stand in XML and on a terminal, spaces, lengths, entities."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from aggregator import text


@given(st.text(st.characters()))
def test_printable_text_can_stand_in_xml(any_text: str) -> None:
    clean = text.printable(any_text)
    element = etree.Element("a")
    element.text = clean
    assert etree.fromstring(etree.tostring(element)).text == (clean.replace("\r", "\r") or None)
    assert not any("\x7f" <= character <= "\x84" for character in clean)


@pytest.mark.parametrize("bad", ["\x00", "\x08", "\x1b[31m", "\x9b", "\ud800", "\ufffe", "\U0001ffff"])
def test_what_steers_a_terminal_or_breaks_xml_goes(bad: str) -> None:
    assert bad[0] not in text.one_line(f"a{bad}b")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("FrÃ¼her", "Früher"),
        ("<b>kÃ¶nnen</b> – sagt er", "<b>können</b> – sagt er"),
        ("donâ\x80\x99t", "don’t"),
        ("ÃÂ¼ber", "ÃÂ¼ber"),  # an octet of it is lost
        ("Ã\x83Â¼ber", "über"),
        ("Früher", "Früher"),
        ("Ã la carte, “Ã¼”", "Ã la carte, “Ã¼”"),
        ("ROMÂNIA", "ROMÂNIA"),
        ("plain", "plain"),
    ],
)
def test_what_was_encoded_twice_is_read_as_it_was_meant(given: str, meant: str) -> None:
    assert text.encoded_once(given) == meant


@given(st.text(st.characters()))
def test_reading_again_changes_nothing(any_text: str) -> None:
    once = text.encoded_once(any_text)
    assert text.encoded_once(once) == once


@given(st.text(st.sampled_from("ÂÃ\x1f\x80\x83\x9f¡¼a<\n") | st.characters()))
@example("Â\x1f¡")
@example("Â\x80¡")
@example("Ã\x83Â\x1f¼")
def test_cleaning_characters_again_changes_nothing(any_text: str) -> None:
    once = text.clean_characters(any_text)
    assert text.clean_characters(once) == once == text.printable(once) == text.encoded_once(once)


def test_letters_of_all_scripts_stay() -> None:
    for sample in ("naïve café", "中国科学院", "مرحبا", "🦉 owls 👩‍👩‍👧", "नमस्ते"):
        assert text.one_line(sample) == sample


def test_one_line() -> None:
    assert text.one_line(" a\n\tb\u00a0\u2003c \r\n") == "a b c"


@given(st.text(), st.integers(10, 50))
def test_shortened_text_is_short(any_text: str, limit: int) -> None:
    short = text.shorten(any_text, limit)
    assert len(short) <= limit
    assert short == any_text or short.endswith("…")


def test_shortened_at_a_word() -> None:
    assert text.shorten("one two three four", 15) == "one two three…"


def test_unescape() -> None:
    assert text.unescape("&amp;lt;b&amp;gt;", 2) == "<b>"
    assert text.unescape("AT&amp;T") == "AT&T"


ECONOMY = (
    "Économie",
    "ÉCONOMIE",
    "E\u0301conomie",
    "e\u0301CONOMIE",
    "  économie\n",
    "ｅ\u0301ｃｏｎｏｍｉｅ",
)


def test_spellings_of_one_tag_have_one_key() -> None:
    assert {text.tag_key(tag) for tag in ECONOMY} == {"économie"}
    assert text.tag_key("economie") != text.tag_key("économie")
    assert text.tag_key("ﬁlm ①") == "film 1"


@given(st.text(max_size=8))
@example("\u1e9e\u0345")
def test_the_key_of_a_tag_is_stable(tag: str) -> None:
    assert text.tag_key(text.tag_key(tag)) == text.tag_key(tag)
    assert text.tag_key(unicodedata.normalize("NFD", tag)) == text.tag_key(tag)
