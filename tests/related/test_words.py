"""What becomes of a headline and a summary: words, and who publishes them."""

from __future__ import annotations

import pytest

from aggregator.related import display_words, entry_words, outlet
from support.related import entry

FEED = "https://www.example.org/feed"


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Peru's Congress ousts President José Jerí", "peru congre oust presid jose jeri"),
        ("L’Iran et l’Europe : la réunion d'Ostende", "iran europe reunio ostend"),
        ("Arsenal beat Chelsea 2–1 on 3 May 2026", "arsena beat chelse 2-1"),
        ("Strikes, strike and striking", "strike striki"),
        ("В Озерске обрушилась крыша", "озерск обруши крыша"),
        ("See https://example.org/a-long-address?x=1 today", ""),
    ],
)
def test_words_of_a_headline(title: str, words: str) -> None:
    found = entry_words(entry(title), FEED)
    assert " ".join(found.headline if found else ()) == words


@pytest.mark.parametrize(
    "title", ["日本の首相が新しい内閣を発足", "นายกรัฐมนตรีคนใหม่ของไทย", "رئيس الوزراء الجديد يؤدي اليمين"]
)
def test_scripts_that_were_not_measured_have_no_words(title: str) -> None:
    assert entry_words(entry(title), FEED) is None


def test_a_summary_adds_what_the_headline_has_not() -> None:
    words = entry_words(
        entry("Ferry aground off Kallavik", "The ferry Northern Star struck a sandbank."), FEED
    )
    assert words is not None
    assert words.summary == ("northe", "sandba", "star", "struck")


def test_only_the_beginning_of_a_summary_is_read() -> None:
    words = entry_words(entry("Ferry aground off Kallavik", "Fog. " * 60 + "Sandbank."), FEED)
    assert words is not None
    assert words.summary == ("fog",)


def test_words_are_shown_as_headlines_write_them() -> None:
    assert display_words(("hormuz", "strait", "iran"), "Iran closes Strait of Hormuz") == (
        "Hormuz",
        "Strait",
        "Iran",
    )
    assert display_words(("peru",), "Peru’s Congress votes") == ("Peru",)
    assert display_words(("sandba",), "Ferry aground", "Stuck on a sandbank") == ("sandbank",)
    assert display_words(("lost",), "Ferry aground") == ("lost",)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://news.bbc.co.uk/1", "https://www.bbc.com/2", True),
        ("https://edition.cnn.com/1", "https://cnn.com/2", True),
        ("https://alice.substack.com/p/1", "https://bob.substack.com/p/1", False),
        ("https://a.blogspot.de/1", "https://b.blogspot.com/1", False),
        ("https://www.smh.com.au/1", "https://www.abc.net.au/1", False),
        ("https://medium.com/@alice/1", "https://medium.com/@bob/1", True),
        ("http://192.0.2.1/1", "http://192.0.2.2/1", False),
    ],
)
def test_outlets(one: str, other: str, same: bool) -> None:
    assert (outlet(one, FEED) == outlet(other, FEED)) is same


def test_without_a_link_of_its_own_an_entry_is_of_its_feed() -> None:
    assert outlet(None, FEED) == outlet("https://t.co/abc", FEED) == "example"
