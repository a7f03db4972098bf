"""What becomes of each entry: the rules as a table of cases, and the order of the document."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.dedupe import decide, lessons
from aggregator.dedupe.rules import RULES
from aggregator.models import Decision, Entry, Fact, Known, KnownEntry
from aggregator.settings import Dedupe
from support.make import NOON, entry, known, outcomes

HEADLINE = "Fed holds rates steady, signals two cuts"
OTHER = "Harbour festival draws record crowds again"
DEFAULT = Dedupe()


def decided(
    *entries: Entry,
    stored: tuple[KnownEntry, ...] = (),
    settings: Dedupe = DEFAULT,
    forgotten: tuple[str, ...] = (),
) -> tuple[Decision, ...]:
    known = Known(stored, frozenset(forgotten))
    return decide(entries, 1, known, frozenset(), settings, NOON)


def taught(
    *entries: Entry, stored: tuple[KnownEntry, ...] = (), facts: tuple[Fact, ...] = ()
) -> tuple[tuple[Decision, ...], tuple[Fact, ...]]:
    """The decisions after the document has taught its lessons, and the lessons."""
    keyed, new = lessons(entries, frozenset(facts))
    return decide(keyed, 1, Known(stored), frozenset((*facts, *new)), DEFAULT, NOON), new


@pytest.mark.parametrize(
    ("why", "new", "old", "old_feed", "want"),
    [
        ("nothing in common", entry("A b c", "https://a.ex/1"), entry("D e f", "https://b.ex/2"), 2, ("new", "new")),
        ("same id", entry("A", "https://a.ex/1", guid="g"), entry("B", "https://a.ex/2", guid="g"), 1, ("edit", "S1")),
        ("same id, nothing new", entry("A", "https://a.ex/1"), entry("A", "https://a.ex/1"), 1, ("same", "S1")),
        ("an id of another feed", entry("A", "https://a.ex/1", guid="1"), entry("B", "https://b.ex/2", guid="1"), 2, ("new", "new")),
        ("same link, new id", entry("A", "https://a.ex/1", guid="g1"), entry("B", "https://a.ex/1", guid="g2"), 1, ("edit", "S2")),
        ("same link elsewhere", entry("A", "https://a.ex/1?utm_source=x"), entry("B", "http://www.a.ex/1"), 2, ("new", "X1")),
        ("... a month later", entry("A", "https://a.ex/1", hours=24 * 31), entry("B", "https://a.ex/1"), 2, ("new", "new")),
        ("same headline elsewhere", entry(HEADLINE, "https://a.ex/1"), entry(HEADLINE, "https://b.ex/2"), 2, ("new", "X2")),
        ("... four days later", entry(HEADLINE, "https://a.ex/1", hours=96), entry(HEADLINE, "https://b.ex/2"), 2, ("new", "new")),
        ("... four days earlier", entry(HEADLINE, "https://a.ex/1", hours=-96), entry(HEADLINE, "https://b.ex/2"), 2, ("new", "new")),
        ("a weak headline", entry("Storm hits", "https://a.ex/1"), entry("Storm hits", "https://b.ex/2"), 2, ("new", "new")),
        ("a generic headline", entry("Open thread", "https://a.ex/1"), entry("Open thread", "https://b.ex/2"), 2, ("new", "new")),
        ("same headline in one feed", entry(HEADLINE, "https://a.ex/1"), entry(HEADLINE, "https://a.ex/2"), 1, ("new", "new")),
        ("no link at all", entry("A", None, guid="a"), entry("B", None, guid="b"), 1, ("new", "new")),
    ],
)  # fmt: skip
def test_a_pair(why: str, new: Entry, old: Entry, old_feed: int, want: tuple[str, str]) -> None:
    result = decided(new, stored=(known(old, feed_id=old_feed),))
    assert outcomes(result) == [want]


@pytest.mark.parametrize(
    ("by", "same_link", "same_title", "want"),
    [
        (("link", "title"), True, False, "X1"),
        (("link", "title"), False, True, "X2"),
        (("link",), False, True, "new"),
        (("title",), True, False, "new"),
        (("both",), True, False, "new"),
        (("both",), False, True, "new"),
        (("both",), True, True, "X12"),
        (("off",), True, True, "new"),
    ],
)
def test_what_dedupe_by_means(by: tuple[str, ...], same_link: bool, same_title: bool, want: str) -> None:
    old = entry(HEADLINE, "https://a.ex/1")
    new = entry(HEADLINE if same_title else OTHER, "https://a.ex/1" if same_link else "https://b.ex/2")
    settings = Dedupe(by=by)  # type: ignore[arg-type]
    result = decided(new, stored=(known(old, feed_id=2),), settings=settings)
    assert result[0].rule == want


def test_windows_are_settings() -> None:
    old, new = entry("A", "https://a.ex/1"), entry("B", "https://a.ex/1", hours=5)
    short = Dedupe(link_window=timedelta(hours=4))
    assert decided(new, stored=(known(old, feed_id=2),), settings=short)[0].rule == "new"


def test_a_headline_matches_a_lead_only() -> None:
    """No chains through third parties: what joined by its link lends its headline to nobody."""
    old = known(entry(HEADLINE, "https://a.ex/1"), feed_id=2, leads=False)
    assert outcomes(decided(entry(HEADLINE, "https://b.ex/2"), stored=(old,))) == [("new", "new")]


PAGE = "https://status.ex/history"
SHARED = Fact("shared link", "status.ex/history")


@pytest.mark.parametrize(
    ("why", "document", "want"),
    [
        ("nothing", [("A b", "https://a.ex/1", "1"), ("C d", "https://a.ex/2", "2")], ()),
        ("one link, two ids", [("A b", PAGE, "1"), ("C d", PAGE, "2")], (SHARED,)),
        ("one link, no ids", [("A b", PAGE, PAGE), ("C d", PAGE, PAGE)], (SHARED,)),
        ("one link, one headline", [("A b", PAGE, "1"), ("A b!", PAGE, "2")], ()),
        ("one link and id, an edit", [("A b", PAGE, "1"), ("C d", PAGE, "1")], ()),
        ("one id", [("A b", "https://a.ex/1", "1"), ("C d", "https://a.ex/2", "1")], (Fact("untrusted guid"),)),
        ("one id and headline", [("A b", "https://a.ex/1", "1"), ("A b", "https://a.ex/2", "1")], ()),
        ("fragments", [("A b", f"{PAGE}#1", "1"), ("C d", f"{PAGE}#2", "2")], (Fact("keep fragment"),)),
        ("fragments and none", [("A b", f"{PAGE}#1", "1"), ("C d", PAGE, "2")], (Fact("keep fragment"),)),
        ("fragments that repeat", [("A b", f"{PAGE}#1", "1"), ("C d", f"{PAGE}#1", "2"), ("E f", PAGE, "3")], (SHARED,)),
    ],
)  # fmt: skip
def test_lessons(why: str, document: list[tuple[str, str, str]], want: tuple[Fact, ...]) -> None:
    entries = [entry(title, link, guid=guid) for title, link, guid in document]
    assert lessons(entries, frozenset())[1] == want
    assert lessons(entries[::-1], frozenset())[1] == want
    assert lessons(entries, frozenset(want))[1] == ()


@pytest.mark.parametrize("guids", [("1", "2", "3"), (PAGE, PAGE, PAGE)])
def test_entries_that_share_a_link_are_kept_apart_for_good(guids: tuple[str, ...]) -> None:
    titles = ("Elevated API errors", "Delayed webhooks", "Certificates renewed")
    entries = [entry(title, PAGE, guid=guid) for title, guid in zip(titles, guids, strict=True)]
    first, new = taught(*entries[:2])
    assert outcomes(first) == [("new", "new")] * 2
    assert new == (SHARED,)
    stored = tuple(
        known(decision.entry, id, guid_turn=decision.guid_turn) for id, decision in enumerate(first, 1)
    )
    again, _ = taught(entries[2], *entries[1::-1], stored=stored, facts=new)
    assert outcomes(again) == [("new", "new"), ("same", "S1"), ("same", "S1")]
    assert [decision.entry_id for decision in again] == [None, 2, 1]


def test_a_stored_entry_that_the_document_lists_further_down_is_not_taken_for_a_new_one() -> None:
    old = known(entry("Elevated API errors", PAGE, guid="i1"))
    result, new = taught(
        entry("Delayed webhooks for some", PAGE, guid="i2"),
        entry("Elevated API errors", PAGE, guid="i1"),
        stored=(old,),
    )
    assert outcomes(result) == [("new", "new"), ("same", "S1")]
    assert new == (SHARED,)


def test_one_id_for_all_entries_is_not_trusted() -> None:
    entries = [entry(f"Thing {n} that we shipped", f"https://a.ex/{n}", guid="1") for n in range(3)]
    first, new = taught(*entries)
    assert outcomes(first) == [("new", "new")] * 3
    assert [decision.guid_turn for decision in first] == [0, 1, 2]
    stored = tuple(known(d.entry, id, guid_turn=d.guid_turn) for id, d in enumerate(first, 1))
    again, _ = taught(*entries[::-1], stored=stored, facts=new)
    assert [(decision.action, decision.entry_id) for decision in again] == [
        ("same", 3),
        ("same", 2),
        ("same", 1),
    ]


def test_an_entry_listed_twice_is_kept_once() -> None:
    one = entry("A", "https://a.ex/1")
    assert outcomes(decided(one, one)) == [("new", "new"), ("repeat", "S1")]
    assert outcomes(decided(one, one, stored=(known(one),))) == [("same", "S1"), ("repeat", "S1")]


def test_what_was_forgotten_stays_forgotten() -> None:
    result = decided(
        entry("A", "https://a.ex/1"),
        entry("B", "https://a.ex/2"),
        forgotten=("https://a.ex/1", "a.ex/2"),
    )
    assert outcomes(result) == [("forgotten", "forgotten")] * 2


def test_the_earliest_of_several_wins_whatever_the_order_of_look_up() -> None:
    one = known(entry("B", "https://a.ex/1", hours=-2), id=7, feed_id=2)
    two = known(entry("C", "https://a.ex/1", hours=-1), id=3, feed_id=3)
    for stored in ((one, two), (two, one)):
        assert decided(entry("A", "https://a.ex/1"), stored=stored)[0].story_id == 7


def test_the_link_tells_more_than_the_headline() -> None:
    by_title = known(entry(HEADLINE, "https://b.ex/2", hours=-5), id=1, feed_id=2)
    by_link = known(entry("Other words", "https://a.ex/1"), id=2, feed_id=3)
    decision = decided(entry(HEADLINE, "https://a.ex/1"), stored=(by_title, by_link))[0]
    assert (decision.rule, decision.story_id) == ("X1", 2)


def test_every_rule_says_what_it_does_in_words() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.words and not rule.words.endswith(".") for rule in RULES)
