"""Title keys: when two headlines are the same, and how much that proves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedupe.titles import strength, title_key
from aggregator.tokens import plain_key


@pytest.mark.parametrize(
    ("why", "one", "other"),
    [
        (
            "quotes, dashes, case",
            "“It’s over”: How the deal fell apart",
            '"It\'s Over" - how the deal fell apart',
        ),
        ("a label before", "UPDATE: Bridge closed near Leeds", "Bridge closed near Leeds"),
        ("a label behind", "Bridge closed near Leeds [Video]", "Bridge closed near Leeds"),
        ("ampersand", "Marks &amp; Spencer", "Marks and Spencer"),
        ("escaped twice", "Marks &amp;amp; Spencer", "Marks & Spencer"),
        ("tags", "<b>Marks</b> and <i>Spencer</i>", "Marks and Spencer"),
        ("accents", "Café Économie", "Cafe Economie"),
        ("full width", "ＡＢＣ　１２３", "ABC 123"),
        ("Arabic vowel marks", "مُحَمَّد", "محمد"),
    ],
)
def test_headlines_that_are_the_same(why: str, one: str, other: str) -> None:
    assert title_key(one) == title_key(other)


@pytest.mark.parametrize(
    ("why", "one", "other"),
    [
        ("version numbers", "Acme Tools 1.2.3 released", "Acme Tools 1.2.4 released"),
        ("languages", "Learn C++ in a day", "Learn C# in a day"),
        ("live is another story", "Live: Bridge closed near Leeds", "Bridge closed near Leeds"),
        ("opinion is another story", "Opinion: Bridge closed near Leeds", "Bridge closed near Leeds"),
        ("Hindi vowels", "की किताब", "का कताब"),
    ],
)
def test_headlines_that_are_not(why: str, one: str, other: str) -> None:
    assert title_key(one) != title_key(other)


def test_a_known_name_at_an_end_goes_where_three_tokens_remain() -> None:
    names = frozenset({plain_key("Fox News")})
    assert title_key("Rallies in swing state - Fox News", names) == "rallies in swing state"
    assert title_key("Fox News: Rallies in swing state", names) == "rallies in swing state"
    assert title_key("About Fox News", names) == "about fox news"


@pytest.mark.parametrize(
    ("title", "want"),
    [
        ("Fed holds rates steady, signals two cuts", "strong"),
        ("中国科学院发布新一代量子计算原型机", "strong"),
        ("Storm hits northern coast", "medium"),
        ("量子计算原型机", "medium"),
        ("Storm", "none"),
        ("Untitled", "none"),
        ("Open Thread", "none"),
        ("Weekly links 34", "none"),
        ("Monday, 2 March 2026", "none"),
        ("Le lundi 2 mars 2026", "none"),
        ("2026-03-02 12:00 UTC", "none"),
        ("2026年3月2日", "none"),
        ("Wochenrückblick 12", "none"),
        ("Итоги недели 12", "none"),
        ("", "none"),
        ("!!!", "none"),
    ],
)
def test_strength(title: str, want: str) -> None:
    assert strength(title_key(title)) == want


def test_the_feeds_own_title_proves_nothing() -> None:
    title = "The Daily Harbour Post of Northern Islands"
    assert strength(title_key(title)) == "strong"
    assert strength(title_key(title), plain_key(title)) == "none"


_WORDS = st.lists(
    st.sampled_from(["update", "watch", "fox", "news", "deal", "1.2.3", "C++", "Café", "ﬁnal", "ß", "İ", "ͅ", "&amp;", "don’t", "a_b", "-"]),
    max_size=8,
).map(" ".join)  # fmt: skip


@given(st.one_of(_WORDS, st.text(max_size=80)))
def test_the_key_of_a_key_is_the_key(title: str) -> None:
    names = frozenset({"fox news"})
    key = title_key(title, names)
    assert key is None or title_key(key, names) == key
