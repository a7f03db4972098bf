"""The checker that stands for the W3C feed validator finds what that would find: every rule of it can fail."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.export.atom import render_atom
from support import w3c
from support.publications import NOON, RICH, publication

GOOD = render_atom(publication(RICH)).decode()
ENTRY = GOOD[GOOD.index("<entry") : GOOD.index("</entry>") + 8]
SELF = "https://news.example/planet/feed.atom"
ARCHIVE = '<fh:archive xmlns:fh="http://purl.org/syndication/history/1.0"/>'


def names(document: str, address: str | None = None) -> set[str]:
    return {each.name for each in w3c.found(document.encode(), address, NOON + timedelta(days=1))}


def test_a_feed_of_ours_has_nothing_against_it() -> None:
    assert names(GOOD, SELF) == set()


# What is replaced, by what, and what the validator calls it.
RULES = {
    "an unknown namespace": ("<feed", '<feed xmlns:x="https://x.example/"', "UnknownNamespace"),
    "an unknown element": (
        "<generator",
        "<icon>https://x.example/</icon><shape/><generator",
        "UndefinedElement",
    ),
    "an unknown attribute": ("<generator", '<generator shape="round"', "UnexpectedAttribute"),
    "text between elements": ("<generator", "words<generator", "UnexpectedText"),
    "no self": ('rel="self"', 'rel="via"', "MissingSelf"),
    "two ids": ("<published>", "<id>urn:isbn:0451450523</id><published>", "DuplicateElement"),
    "an id twice": (ENTRY, ENTRY + ENTRY, "DuplicateEntries"),
    "two entries of one moment": (ENTRY, ENTRY + ENTRY, "DuplicateUpdated"),
    "an id with spaces": ("<id>https://daily", "<id> https://daily", "UnexpectedWhitespace"),
    "an id in capitals": ("<id>https://daily", "<id>HTTPS://daily", "NonCanonicalURI"),
    "an id with brackets": ("<id>https://daily.example/", "<id>https://daily.example/[1]", "InvalidUriChar"),
    "an id in letters beyond ASCII": (
        "<id>https://daily.example/",
        "<id>https://daily.example/é",
        "InvalidFullLink",
    ),
    "an id that is no UUID": ("<id>urn:uuid:6a1f", "<id>urn:uuid:z", "InvalidUUID"),
    "an id that is no tag": ("<id>tag:daily.example,2005", "<id>tag:daily.example", "InvalidTAG"),
    "an id of an unknown scheme": ("<id>tag:daily.example,2005", "<id>yt:channel", "SchemeNotIANARegistered"),
    "a link with a space": (
        'href="https://second.example/',
        'href="https://second.example/ ',
        "InvalidUriChar",
    ),
    "a relative link": ('href="https://second.example/', 'href="', "ContainsRelRef"),
    "a link that holds text": ('.example/bridge"/>', '.example/bridge">x</link>', "AtomLinkNotEmpty"),
    "an unknown relation": ('rel="related"', 'rel="friend"', "UnregisteredAtomLinkRel"),
    "paging inside an entry": ('rel="related"', 'rel="next"', "FeedHistoryRelInEntry"),
    "two alternates": ('rel="related" title="Second Look"', 'rel="alternate"', "DuplicateAtomLink"),
    "a type that is none": ('type="audio/mpeg"', 'type="audio"', "InvalidMIMEType"),
    "a self of another type": ('type="application/atom+xml"', 'type="text/html"', "SelfNotAtom"),
    "a length in words": ('length="12345"', 'length="long"', "InvalidNonNegativeInteger"),
    "an empty title of a link": ('title="Second Look"', 'title=""', "AttrNotBlank"),
    "HTML in the title of a link": ('title="Second Look"', 'title="Q &amp;amp; A"', "ContainsHTML"),
    "a language that is none": ('xml:lang="en"', 'xml:lang="xq"', "InvalidLanguage"),
    "a date without a zone": ("00Z</published>", "00</published>", "InvalidRFC3339Date"),
    "the 31st of February": ("2026-11-23T12:00:00Z</pub", "2026-02-31T12:00:00Z</pub", "InvalidRFC3339Date"),
    "a date long ago": ("2026-11-23T12:00:00Z</pub", "1970-01-01T12:00:00Z</pub", "ImplausibleDate"),
    "a date to come": ("2026-11-23T12:00:00Z</pub", "2027-01-01T12:00:00Z</pub", "ImplausibleDate"),
    "an end tag in a title": ("The bridge", "The &lt;/b&gt; bridge", "ContainsUndeclaredHTML"),
    "a reference in a title": ("The bridge", "The &amp;nbsp; bridge", "ContainsUndeclaredHTML"),
    "a replacement character": ("The bridge", "The � bridge", "BadCharacters"),
    "a control character": ("The bridge", "The \x91 bridge", "BadCharacters"),
    "text that was encoded twice": ("The bridge", "The BrÃ¼cke", "BadCharacters"),
    "a name that is HTML": ("Ada Example", "Ada &amp;eacute;", "ContainsHTML"),
    "a name that is an address": ("Ada Example", "Ada &lt;ada@ada.example&gt;", "ContainsEmail"),
    "no name": ("<name>Ada Example</name>", "", "MissingElement"),
    "an empty term": ('term="city"', 'term=""', "NotBlank"),
    "no text at all": ("Traffic crossed the river again on Monday.</summary>", "</summary>", "NotBlank"),
    "HTML that does not close": ("river&lt;/em&gt;", "river", "NotHtml"),
    "HTML that nobody knows": ("em&gt;", "blink&gt;", "NotHtml"),
    "a script": ("&lt;/em&gt;", "&lt;/em&gt;&lt;script&gt;&lt;/script&gt;", "SecurityRisk"),
    "a handler": ("&lt;em&gt;", "&lt;em onclick='x'&gt;", "SecurityRiskAttr"),
    "a style": ("&lt;em&gt;", "&lt;em style='position:fixed'&gt;", "DangerousStyleAttr"),
    "an archive on its own": ("<generator", ARCHIVE + "<generator", "ArchiveIncomplete"),
    "an archive of nothing": ("<generator", ARCHIVE + "<generator", "MissingCurrentInArchive"),
    "a source without a date": (
        "2026-11-23T12:00:00Z</updated>\n<link",
        "</updated>\n<link",
        "InvalidRFC3339Date",
    ),
    "metadata after an entry": (ENTRY, ENTRY + "<id>urn:isbn:0451450523</id>", "MisplacedMetadata"),
}


@pytest.mark.parametrize(("old", "new", "name"), RULES.values(), ids=RULES)
def test_each_rule_can_fail(old: str, new: str, name: str) -> None:
    assert old in GOOD
    assert name in names(GOOD.replace(old, new))


def test_an_entry_needs_text_and_somewhere_to_go() -> None:
    begin, end = GOOD.index("<summary"), GOOD.index("<source>")
    bare = GOOD[:begin] + GOOD[end:]
    assert names(bare) == {"MissingTextualContent"}
    assert names(
        bare.replace(
            'rel="alternate" href="https://daily.example/2026', 'rel="via" href="https://daily.example/2026'
        )
    ) == {
        "MissingTextualContent",
        "MissingContentOrAlternate",
    }


def test_a_feed_names_the_place_where_it_is() -> None:
    assert names(GOOD, SELF.replace("https", "http")) == {"SelfDoesntMatchLocation"}


def test_equal_dates_are_excused_and_nothing_else_is() -> None:
    twin = ENTRY.replace("<id>https://daily.example/2026/bridge", "<id>https://daily.example/2026/twin")
    document = GOOD.replace(ENTRY, ENTRY + twin)
    assert names(document) == {"DuplicateUpdated"}
    assert w3c.problems(document.encode()) == []
    assert len(w3c.problems(GOOD.replace("The bridge", "�").encode())) == 1


def test_references_pass_on_a_line_with_a_numeric_one() -> None:
    assert names(GOOD.replace("The bridge", "The &#x26;nbsp; bridge")) == set()
    assert names(GOOD.replace("The bridge", "The &#x26;nbsp; &lt;/b&gt; bridge")) == {
        "ContainsUndeclaredHTML"
    }


def test_more_than_five_megabytes_are_not_read() -> None:
    assert names(GOOD + " " * 5_000_000) == {"ValidatorLimit"}


AT = 'xmlns:at="http://purl.org/atompub/tombstones/1.0"'
DELETED = f'<at:deleted-entry {AT} ref="urn:isbn:0451450523" when="2026-11-01T00:00:00Z"/>'


@pytest.mark.parametrize(
    ("tombstone", "expected"),
    [
        (DELETED, set()),
        (DELETED.replace("T00:00:00Z", ""), {"InvalidRFC3339Date"}),
        (DELETED.replace("urn:isbn:0451450523", "not an IRI"), {"InvalidUriChar"}),
        (DELETED.replace("<at:", "<at:").replace("ref=", "reference="), {"UnexpectedAttribute", "InvalidFullLink"}),
        (DELETED + DELETED, {"DuplicateEntries"}),
        (DELETED.replace("urn:isbn:0451450523", RICH.atom_id).replace("01T00", "23T14"), {"DeletedEntryShown"}),
        (DELETED.replace("urn:isbn:0451450523", RICH.atom_id).replace("2026", "2020"), set()),
    ],
    ids=["one", "no time", "no address", "no ref", "two of one", "of what is shown", "of what came again since"],
)  # fmt: skip
def test_tombstones(tombstone: str, expected: set[str]) -> None:
    assert names(GOOD.replace("<entry", tombstone + "<entry", 1)) == expected
