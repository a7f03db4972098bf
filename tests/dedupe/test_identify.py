"""Which entry each entry is, and which rule says so: the rules within a feed and across, as tables of cases."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

import pytest

from aggregator.dedupe import RULES, TRAIT_RULES, FeedView, find_traits, group, identify, judge, pending
from aggregator.dedupe.pair import Pair
from aggregator.dedupe.rules import Rule
from aggregator.dedupe.traits import TraitRule
from aggregator.models import Decision, Entry, FeedTrait, KnownEntries, KnownEntry
from aggregator.settings import Dedupe
from support.make import entry, known, outcomes

HEADLINE = "Fed holds rates steady, signals two cuts"
OTHER = "Harbour festival draws record crowds again"
DEFAULT = Dedupe()


def decided(
    *entries: Entry,
    stored: tuple[KnownEntry, ...] = (),
    settings: Dedupe = DEFAULT,
    forgotten: tuple[str, ...] = (),
) -> tuple[Decision, ...]:
    known = KnownEntries(stored, frozenset(forgotten))
    return identify(entries, 1, known, frozenset(), settings)[0]


def taught(
    *entries: Entry, stored: tuple[KnownEntry, ...] = (), facts: tuple[FeedTrait, ...] = ()
) -> tuple[tuple[Decision, ...], tuple[FeedTrait, ...]]:
    """The decisions after the document has taught its find_traits, and the find_traits."""
    keyed, new = find_traits(entries, frozenset(facts))
    decisions, more = identify(keyed, 1, KnownEntries(stored), frozenset((*facts, *new)), DEFAULT)
    return decisions, (*new, *more)


@pytest.mark.parametrize(
    ("why", "new", "old", "want"),
    [
        ("nothing in common", entry("A b c", "https://a.ex/1"), entry("D e f", "https://b.ex/2"), ("new", "new")),
        ("same id", entry("A", "https://a.ex/1", guid="g"), entry("B", "https://a.ex/2", guid="g"), ("edit", "same-id")),
        ("same id, nothing new", entry("A", "https://a.ex/1"), entry("A", "https://a.ex/1"), ("same", "same-id")),
        ("id used again", entry("A b", "https://a.ex/1", guid="g", hours=200), entry("C d", "https://a.ex/2", guid="g"), ("new", "new")),
        ("... with a like headline", entry("A b", "https://a.ex/1", guid="g", hours=200), entry("A c", "https://a.ex/2", guid="g"), ("new", "new")),
        ("... with the same headline", entry("A b", "https://a.ex/1", guid="g", hours=200), entry("A b", "https://a.ex/2", guid="g"), ("edit", "same-id")),
        ("... with no link, and a like headline", entry("A b", None, guid="g", hours=200), entry("A c", None, guid="g"), ("edit", "same-id")),
        ("same link, new id", entry("A", "https://a.ex/1", guid="g1"), entry("B", "https://a.ex/1", guid="g2"), ("edit", "same-link")),
        ("... two days later", entry("A", "https://a.ex/1", guid="g1", hours=50), entry("B", "https://a.ex/1", guid="g2"), ("new", "new")),
        ("slug fixed", entry(HEADLINE, "https://a.ex/1", hours=19), entry(HEADLINE, "https://a.ex/2"), ("edit", "same-title-corrected")),
        ("a column", entry(HEADLINE, "https://a.ex/1", hours=21), entry(HEADLINE, "https://a.ex/2"), ("new", "new")),
        ("a weak headline", entry("Storm hits", "https://a.ex/1", hours=1), entry("Storm hits", "https://a.ex/2"), ("new", "new")),
        ("no link at all", entry("A", None, guid="a"), entry("B", None, guid="b"), ("new", "new")),
    ],
)  # fmt: skip
def test_a_pair_within_a_feed(why: str, new: Entry, old: Entry, want: tuple[str, str]) -> None:
    assert outcomes(decided(new, stored=(known(old),))) == [want]


@pytest.mark.parametrize(
    ("why", "new", "old", "want"),
    [
        ("nothing in common", entry("A b c", "https://a.ex/1"), entry("D e f", "https://b.ex/2"), None),
        ("an id of another feed", entry("A", "https://a.ex/1", guid="1"), entry("B", "https://b.ex/2", guid="1"), None),
        ("same link", entry("A", "https://a.ex/1?utm_source=x"), entry("B", "http://www.a.ex/1"), "same-link-other-feed"),
        ("... a month later", entry("A", "https://a.ex/1", hours=24 * 31), entry("B", "https://a.ex/1"), "link-too-far-apart"),
        ("... with much to say", entry("A", "https://a.ex/1", text_size=500), entry("B", "https://a.ex/1"), "comment-on-link"),
        ("... at home", entry("A", "https://a.ex/1", text_size=500, home=True), entry("B", "https://a.ex/1"), "same-link-other-feed"),
        ("same headline", entry(HEADLINE, "https://a.ex/1"), entry(HEADLINE, "https://b.ex/2"), "same-title-other-feed"),
        ("... four days later", entry(HEADLINE, "https://a.ex/1", hours=96), entry(HEADLINE, "https://b.ex/2"), "title-too-far-apart"),
        ("a medium headline", entry("Storm hits northern coast", "https://a.ex/1"), entry("Storm hits northern coast", "https://b.ex/2"), "common-title"),
        ("... on one site", entry("Storm hits northern coast", "https://a.ex/1"), entry("Storm hits northern coast", "https://www.a.ex/2"), "same-title-same-site"),
        ("a generic headline", entry("Open thread", "https://a.ex/1"), entry("Open thread", "https://b.ex/2"), "common-title"),
        ("a worldwide id", entry("Storm", None, global_id="tag:x"), entry("Storm", None, global_id="tag:x"), "same-global-id"),
    ],
)  # fmt: skip
def test_a_pair_across_feeds(why: str, new: Entry, old: Entry, want: str | None) -> None:
    rule = judge(Pair(pending(0, new, 1), known(old, feed_id=2)), DEFAULT)
    assert (rule.name if rule else None) == want


@pytest.mark.parametrize(
    ("by", "same_link", "same_title", "want"),
    [
        (("link", "title"), True, False, "same-link-other-feed"),
        (("link", "title"), False, True, "same-title-other-feed"),
        (("link",), False, True, "dedupe-settings"),
        (("title",), True, False, "dedupe-settings"),
        (("both",), True, False, "dedupe-settings"),
        (("both",), False, True, "dedupe-settings"),
        (("both",), True, True, "same-link-and-title"),
        (("off",), True, True, "dedupe-settings"),
    ],
)
def test_what_dedupe_by_means(by: tuple[str, ...], same_link: bool, same_title: bool, want: str) -> None:
    old = entry(HEADLINE, "https://a.ex/1")
    new = entry(HEADLINE if same_title else OTHER, "https://a.ex/1" if same_link else "https://b.ex/2")
    rule = judge(Pair(pending(0, new, 1), known(old, feed_id=2)), Dedupe(by=by))  # type: ignore[arg-type]
    assert rule is not None
    assert rule.name == want


def test_off_leaves_a_feed_its_ids_only() -> None:
    off = Dedupe(by=("off",))
    stored = (known(entry("A", "https://a.ex/1", guid="g")),)
    assert outcomes(decided(entry("B", "https://a.ex/1", guid="h"), stored=stored, settings=off)) == [
        ("new", "new")
    ]
    assert outcomes(decided(entry("B", "https://a.ex/1", guid="g"), stored=stored, settings=off)) == [
        ("edit", "same-id")
    ]


def test_both_feeds_have_to_allow_it() -> None:
    one, two = known(entry("A b", "https://a.ex/1")), known(entry("A b", "https://a.ex/1"), id=2, feed_id=2)

    def stories(view: dict[int, FeedView]) -> int:
        return len({placement.group for placement in group((one, two), view.__getitem__)[0]})

    title_only = FeedView(Dedupe(by=("title",)))
    assert stories({1: FeedView(DEFAULT), 2: FeedView(DEFAULT)}) == 1
    assert stories({1: FeedView(DEFAULT), 2: title_only}) == 2
    assert stories({1: title_only, 2: FeedView(DEFAULT)}) == 2
    short = FeedView(Dedupe(link_window=timedelta(0)))
    assert stories({1: FeedView(DEFAULT), 2: short}) == 1


def test_a_headline_matches_a_lead_only() -> None:
    """No chains through third parties: what joined by its link lends its headline to nobody."""
    lead = known(entry(OTHER, "https://a.ex/1"), 1, feed_id=1, story_id=1, is_published=True)
    joined = known(
        entry(HEADLINE, "https://a.ex/1", hours=1), 2, feed_id=2, story_id=1, is_published=True, leads=False
    )
    new = pending(0, entry(HEADLINE, "https://b.ex/2"), 3)
    (placement,), _ = group((lead, joined, new), lambda _: FeedView(DEFAULT))
    assert (placement.rule, placement.story_id) == ("new", None)


def test_two_entries_of_one_feed_are_not_brought_together_by_a_third() -> None:
    mine = [known(entry(HEADLINE, f"https://a.ex/{n}", hours=n), n, story_id=n) for n in (1, 2)]
    theirs = pending(0, entry(HEADLINE, "https://b.ex/2"), 2)
    placements, _ = group((*mine, theirs), lambda _: FeedView(DEFAULT))
    assert len({placement.group for placement in placements}) == 2


def test_the_link_tells_more_than_the_headline() -> None:
    by_title = known(entry(HEADLINE, "https://b.ex/2", hours=-5), 1, feed_id=2, story_id=1, is_published=True)
    by_link = known(entry("Other words", "https://a.ex/1"), 2, feed_id=3, story_id=2, is_published=True)
    new = pending(0, entry(HEADLINE, "https://a.ex/1"), 1)
    (placement,), relations = group((by_title, by_link, new), lambda _: FeedView(DEFAULT))
    assert (placement.rule, placement.story_id) == ("same-link-other-feed", 2)
    assert [(relation.other, relation.rule) for relation in relations] == [(1, "same-title-other-feed")]


PAGE = "https://status.ex/history"
SHARED = FeedTrait("shared-link", "status.ex/history")


@pytest.mark.parametrize(
    ("why", "document", "want"),
    [
        ("nothing", [("A b", "https://a.ex/1", "1"), ("C d", "https://a.ex/2", "2")], ()),
        ("one link, two ids", [("A b", PAGE, "1"), ("C d", PAGE, "2")], (SHARED,)),
        ("one link, no ids", [("A b", PAGE, PAGE), ("C d", PAGE, PAGE)], (SHARED,)),
        ("one link, one headline", [("A b", PAGE, "1"), ("A b!", PAGE, "2")], ()),
        ("one link and id, an edit", [("A b", PAGE, "1"), ("A c", PAGE, "1")], ()),
        ("one link and id, nothing alike", [("A b", PAGE, "1"), ("C d", PAGE, "1")], (FeedTrait("untrusted-ids"), SHARED)),
        ("one id", [("A b", "https://a.ex/1", "1"), ("C d", "https://a.ex/2", "1")], (FeedTrait("untrusted-ids"),)),
        ("one id and headline", [("A b", "https://a.ex/1", "1"), ("A b", "https://a.ex/2", "1")], ()),
        ("fragments", [("A b", f"{PAGE}#1", "1"), ("C d", f"{PAGE}#2", "2")], (FeedTrait("keep-fragment"),)),
        ("fragments and none", [("A b", f"{PAGE}#1", "1"), ("C d", PAGE, "2")], (FeedTrait("keep-fragment"),)),
        ("fragments that repeat", [("A b", f"{PAGE}#1", "1"), ("C d", f"{PAGE}#1", "2"), ("E f", PAGE, "3")], (SHARED,)),
    ],
)  # fmt: skip
def test_lessons(why: str, document: list[tuple[str, str, str]], want: tuple[FeedTrait, ...]) -> None:
    entries = [entry(title, link, guid=guid, guid_made=guid == link) for title, link, guid in document]
    assert find_traits(entries, frozenset())[1] == want
    assert find_traits(entries[::-1], frozenset())[1] == want
    assert find_traits(entries, frozenset(want))[1] == ()


@pytest.mark.parametrize("guids", [("1", "2", "3"), (PAGE, PAGE, PAGE)])
def test_entries_that_share_a_link_are_kept_apart_for_good(guids: tuple[str, ...]) -> None:
    titles = ("Elevated API errors", "Delayed webhooks", "Certificates renewed")
    entries = [
        entry(title, PAGE, guid=guid, guid_made=guid == PAGE)
        for title, guid in zip(titles, guids, strict=True)
    ]
    first, new = taught(*entries[:2])
    assert outcomes(first) == [("new", "new")] * 2
    assert SHARED in new
    stored = tuple(
        known(decision.entry, id, guid_turn=decision.guid_turn) for id, decision in enumerate(first, 1)
    )
    again, _ = taught(entries[2], *entries[1::-1], stored=stored, facts=new)
    assert outcomes(again) == [("new", "new"), ("same", "same-id"), ("same", "same-id")]
    assert [decision.entry_id for decision in again] == [None, 2, 1]


def test_a_stored_entry_that_the_document_lists_further_down_is_not_taken_for_a_new_one() -> None:
    old = known(entry("Elevated API errors", PAGE, guid="i1"))
    result, new = taught(
        entry("Delayed webhooks for some", PAGE, guid="i2"),
        entry("Elevated API errors", PAGE, guid="i1"),
        stored=(old,),
    )
    assert outcomes(result) == [("new", "new"), ("same", "same-id")]
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
    assert outcomes(decided(one, one)) == [("new", "new"), ("repeat", "same-id")]
    assert outcomes(decided(one, one, stored=(known(one),))) == [("same", "same-id"), ("repeat", "same-id")]


def test_what_was_forgotten_stays_forgotten() -> None:
    result = decided(
        entry("A", "https://a.ex/1"),
        entry("B", "https://a.ex/2"),
        forgotten=("https://a.ex/1", "a.ex/2"),
    )
    assert outcomes(result) == [("forgotten", "forgotten")] * 2


@pytest.mark.parametrize("table", [RULES, TRAIT_RULES])
def test_every_rule_has_a_slug_of_its_own_and_plain_words(table: Sequence[Rule | TraitRule]) -> None:
    names = [rule.name for rule in table]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", name) for name in names)
    assert all(rule.words and not rule.words.endswith(".") for rule in table)
