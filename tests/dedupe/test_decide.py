"""What becomes of each entry: the rules as a table of cases, and the order of the document."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.dedupe import decide
from aggregator.dedupe.rules import RULES
from aggregator.models import Decided, Entry, Fact, Known, KnownEntry
from aggregator.settings import Dedupe
from support.make import NOON, entry, known, outcomes

HEADLINE = "Fed holds rates steady, signals two cuts"
OTHER = "Harbour festival draws record crowds again"
DEFAULT = Dedupe()


def decided(
    *entries: Entry, stored: tuple[KnownEntry, ...] = (), settings: Dedupe = DEFAULT, **more: object
) -> Decided:
    return decide(entries, 1, Known(stored, **more), settings, NOON)  # type: ignore[arg-type]


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
    assert outcomes(result.decisions) == [want]


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
    assert result.decisions[0].rule == want


def test_windows_are_settings() -> None:
    old, new = entry("A", "https://a.ex/1"), entry("B", "https://a.ex/1", hours=5)
    short = Dedupe(link_window=timedelta(hours=4))
    assert decided(new, stored=(known(old, feed_id=2),), settings=short).decisions[0].rule == "new"


def test_a_headline_matches_a_lead_only() -> None:
    """No chains through third parties: what joined by its link lends its headline to nobody."""
    old = known(entry(HEADLINE, "https://a.ex/1"), feed_id=2, leads=False)
    assert outcomes(decided(entry(HEADLINE, "https://b.ex/2"), stored=(old,)).decisions) == [("new", "new")]


def test_one_link_for_two_entries_of_a_document_is_a_shared_link() -> None:
    page = "https://zdi.ex/upcoming"
    result = decided(
        entry("ZDI-CAN-22550: Lexmark", page, guid="1"),
        entry("ZDI-CAN-22454: Hewlett", page, guid="2"),
        entry("ZDI-CAN-22453: Brother", page, guid="3"),
    )
    assert outcomes(result.decisions) == [("new", "new")] * 3
    assert result.learned == (Fact("shared link", "zdi.ex/upcoming"),)
    assert [decision.entry.link_key for decision in result.decisions[1:]] == [None, None]


def test_a_learned_link_is_no_key_any_more() -> None:
    page = "https://zdi.ex/upcoming"
    facts = frozenset({Fact("shared link", "zdi.ex/upcoming")})
    old = known(entry("Lexmark", page, guid="1"), link_key=None)
    result = decided(entry("Hewlett", page, guid="2"), stored=(old,), learned=facts)
    assert outcomes(result.decisions) == [("new", "new")]


def test_a_stored_entry_that_the_document_lists_further_down_is_not_taken_for_a_new_one() -> None:
    page = "https://status.ex/history"
    old = known(entry("Elevated API errors", page, guid="i1"))
    result = decided(
        entry("Delayed webhooks for some", page, guid="i2"),
        entry("Elevated API errors", page, guid="i1"),
        stored=(old,),
    )
    assert outcomes(result.decisions) == [("new", "new"), ("same", "S1")]


def test_one_id_for_all_entries_is_not_trusted() -> None:
    result = decided(
        entry("First thing we shipped", "https://a.ex/1", guid="1"),
        entry("Second thing we shipped", "https://a.ex/2", guid="1"),
        entry("Third thing we shipped", "https://a.ex/3", guid="1"),
    )
    assert outcomes(result.decisions) == [("new", "new")] * 3
    assert [decision.guid_turn for decision in result.decisions] == [0, 1, 2]
    assert result.learned == (Fact("untrusted guid"),)


def test_an_entry_listed_twice_is_kept_once() -> None:
    one = entry("A", "https://a.ex/1")
    assert outcomes(decided(one, one).decisions) == [("new", "new"), ("repeat", "S1")]
    assert outcomes(decided(one, one, stored=(known(one),)).decisions) == [("same", "S1"), ("repeat", "S1")]


def test_what_was_forgotten_stays_forgotten() -> None:
    result = decided(
        entry("A", "https://a.ex/1"),
        entry("B", "https://a.ex/2"),
        forgotten=frozenset({"https://a.ex/1", "a.ex/2"}),
    )
    assert outcomes(result.decisions) == [("forgotten", "forgotten")] * 2


def test_the_earliest_of_several_wins_whatever_the_order_of_look_up() -> None:
    one = known(entry("B", "https://a.ex/1", hours=-2), id=7, feed_id=2)
    two = known(entry("C", "https://a.ex/1", hours=-1), id=3, feed_id=3)
    for stored in ((one, two), (two, one)):
        assert decided(entry("A", "https://a.ex/1"), stored=stored).decisions[0].story_id == 7


def test_the_link_tells_more_than_the_headline() -> None:
    by_title = known(entry(HEADLINE, "https://b.ex/2", hours=-5), id=1, feed_id=2)
    by_link = known(entry("Other words", "https://a.ex/1"), id=2, feed_id=3)
    decision = decided(entry(HEADLINE, "https://a.ex/1"), stored=(by_title, by_link)).decisions[0]
    assert (decision.rule, decision.story_id) == ("X1", 2)


def test_every_rule_says_what_it_does_in_words() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.words and not rule.words.endswith(".") for rule in RULES)
