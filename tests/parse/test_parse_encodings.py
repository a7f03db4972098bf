"""A document's encoding: by BOM, by HTTP, by its own declaration, and by its bytes where all of these are wrong."""

from __future__ import annotations

import codecs

import pytest

from aggregator.errors import ParseError
from aggregator.models import Text
from aggregator.parse import parse

URL = "https://example.org/feed"


def rss(title: str, declared: str | None = None) -> str:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else ""
    return f'{declaration}<rss version="2.0"><channel><item><title>{title}</title></item></channel></rss>'


def title(body: bytes, content_type: str | None = None) -> str:
    found = parse(body, content_type, URL).entries[0].title
    assert found is not None
    return found.value


LATIN, CYRILLIC, JAPANESE, KOREAN, CHINESE = (
    "Füße à la carte",
    "Привет, мир",
    "新しい灯台",
    "새 등대",
    "新灯塔",
)
TYPOGRAPHY = "“smart” – €5"

UNICODE = [
    ("UTF-8, no declaration", rss(JAPANESE).encode()),
    ("UTF-8, declared", rss(JAPANESE, "utf-8").encode()),
    ("UTF-8, BOM", codecs.BOM_UTF8 + rss(JAPANESE, "utf-8").encode()),
    ("UTF-8, BOM against its declaration", codecs.BOM_UTF8 + rss(JAPANESE, "iso-8859-1").encode()),
    ("UTF-16, little end first, BOM", codecs.BOM_UTF16_LE + rss(JAPANESE, "utf-16").encode("utf-16-le")),
    ("UTF-16, big end first, BOM", codecs.BOM_UTF16_BE + rss(JAPANESE, "utf-16").encode("utf-16-be")),
    ("UTF-16, little end first, no BOM", rss(JAPANESE, "utf-16").encode("utf-16-le")),
    ("UTF-16, big end first, no BOM", rss(JAPANESE, "utf-16").encode("utf-16-be")),
    ("UTF-16, little end first, white space first", f"\r\n {rss(JAPANESE)}".encode("utf-16-le")),
    ("UTF-16, big end first, white space first", f"\t{rss(JAPANESE)}".encode("utf-16-be")),
    ("UTF-32, BOM", codecs.BOM_UTF32_LE + rss(JAPANESE, "utf-32").encode("utf-32-le")),
    ("UTF-32, big end first, no BOM", rss(JAPANESE, "utf-32").encode("utf-32-be")),
    ("declares UTF-16 and is UTF-8", rss(JAPANESE, "utf-16").encode()),
    ("declares Latin-1 and is UTF-8", rss(JAPANESE, "iso-8859-1").encode()),
    ("declares what does not exist", rss(JAPANESE, "x-no-such").encode()),
    ("white space before the declaration", b"\r\n  " + rss(JAPANESE, "utf-8").encode()),
]


@pytest.mark.parametrize("body", [body for _, body in UNICODE], ids=[name for name, _ in UNICODE])
def test_unicode(body: bytes) -> None:
    assert title(body) == JAPANESE


@pytest.mark.parametrize(
    ("text", "label", "codec"),
    [
        (LATIN, "iso-8859-1", "latin-1"),
        (TYPOGRAPHY, "windows-1252", "cp1252"),
        (TYPOGRAPHY, "iso-8859-1", "cp1252"),  # as browsers read the label
        (TYPOGRAPHY, "us-ascii", "cp1252"),
        (LATIN, "iso-8859-15", "iso-8859-15"),
        (CYRILLIC, "koi8-r", "koi8-r"),
        (CYRILLIC, "windows-1251", "cp1251"),
        (JAPANESE, "Shift_JIS", "shift_jis"),
        (JAPANESE, "euc-jp", "euc-jp"),
        (JAPANESE, "iso-2022-jp", "iso-2022-jp"),
        (KOREAN, "euc-kr", "euc-kr"),
        (CHINESE, "gb2312", "gb18030"),
        ("新燈塔", "big5", "big5"),
        ("ประภาคาร", "windows-874", "cp874"),
        (CYRILLIC, "win-1251", "cp1251"),
        (CYRILLIC, "x-cp1251", "cp1251"),
        (JAPANESE, "x-sjis", "shift_jis"),
    ],
)
def test_declared_or_labelled(text: str, label: str, codec: str) -> None:
    assert title(rss(text, label).encode(codec)) == text
    assert title(rss(text).encode(codec), f"text/xml; charset={label}") == text
    assert title(rss(text).encode(codec), f'application/rss+xml; charset="{label.upper()}"') == text


@pytest.mark.parametrize(
    ("text", "codec"), [(JAPANESE, "iso-2022-jp"), (JAPANESE, "iso-2022-jp-1"), (KOREAN, "iso-2022-kr")]
)
@pytest.mark.parametrize("label", [None, "utf-8", "iso-8859-1", "us-ascii"])
def test_sets_that_text_shifts_to_are_told_by_its_bytes(text: str, codec: str, label: str | None) -> None:
    content_type = f"text/xml; charset={label}" if label else None
    assert title(rss(text, codec).encode(codec), content_type) == text
    assert title(rss(text).encode(codec), content_type) == text


def test_http_goes_before_the_declaration() -> None:
    body = rss(CYRILLIC, "iso-8859-5").encode("koi8-r")
    assert title(body, "application/xml; charset=koi8-r") == CYRILLIC


def test_a_server_s_default_charset_does_not_spoil_utf_8() -> None:
    assert title(rss(LATIN, "utf-8").encode(), "text/xml; charset=ISO-8859-1") == LATIN


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (CYRILLIC, "windows-1251"),
        (CYRILLIC, "koi8-r"),
        (CHINESE, "gb2312"),
        (JAPANESE, "euc-jp"),
        (KOREAN, "euc-kr"),
    ],
)
@pytest.mark.parametrize("default", ["iso-8859-1", "ISO-8859-1", "us-ascii", "windows-1252"])
def test_a_server_s_default_charset_does_not_spoil_what_is_declared(
    text: str, label: str, default: str
) -> None:
    assert title(rss(text, label).encode(label), f"text/xml; charset={default}") == text


@pytest.mark.parametrize("label", ["iso-8859-1", "windows-1251", "koi8-r", "Big5", "gb2312"])
@pytest.mark.parametrize("spoiled", ["é".encode()[:1], b"\xff", "新".encode()[:2]])
def test_a_byte_that_is_no_utf_8_does_not_make_it_what_its_label_says(label: str, spoiled: bytes) -> None:
    feed = parse(rss(CYRILLIC + "!", label).encode().replace(b"!", spoiled), None, URL)
    assert feed.entries[0].title == Text(CYRILLIC + "\ufffd")
    assert feed.problem


@pytest.mark.parametrize("label", [None, "utf-8", "iso-8859-1"])
def test_emoji_in_two_halves_of_three_bytes_are_read(label: str | None) -> None:
    assert title(rss("\ud83e\udd89 a", label).encode("utf-8", "surrogatepass")) == "🦉 a"


@pytest.mark.parametrize(
    "label", ["windows-1251", "koi8-r", "iso-8859-2", "iso-8859-5", "iso-8859-15", "euc-kr", "gb2312", "Big5"]
)
def test_a_false_label_does_not_spoil_utf_8_and_is_told_of(label: str) -> None:
    for body, content_type in (
        (rss(CYRILLIC, label).encode(), None),
        (rss(CYRILLIC).encode(), f"text/xml; charset={label}"),
    ):
        feed = parse(body, content_type, URL)
        assert feed.entries[0].title == Text(CYRILLIC)
        assert (feed.problem or "").startswith("labelled as ")
    feed = parse(rss("plain", label).encode(), None, URL)
    assert (feed.entries[0].title, feed.problem) == (Text("plain"), None)


def test_no_charset_in_http_leaves_it_to_the_document() -> None:
    assert title(rss(CYRILLIC, "koi8-r").encode("koi8-r"), "text/xml") == CYRILLIC


def test_without_any_label_and_not_utf_8_it_is_windows_1252() -> None:
    feed = parse(rss(LATIN + TYPOGRAPHY).encode("cp1252"), None, URL)
    assert feed.entries[0].title is not None
    assert feed.entries[0].title.value == LATIN + TYPOGRAPHY
    assert feed.problem == "not in UTF-8, as it should be; read as windows-1252"


def test_one_character_cut_in_two_does_not_cost_the_others() -> None:
    body = rss(JAPANESE + "!").encode().replace(b"!", "é".encode()[:1])
    feed = parse(body, "text/xml; charset=utf-8", URL)
    assert feed.entries[0].title is not None
    assert feed.entries[0].title.value == JAPANESE + "\ufffd"
    assert feed.problem == "bytes that are not utf-8"


def test_one_bad_byte_in_a_declared_encoding_does_not_cost_the_others() -> None:
    body = rss(JAPANESE + "!", "euc-jp").encode("euc-jp").replace(b"!", b"\xff")
    assert title(body) == JAPANESE + "\ufffd"


@pytest.mark.parametrize(
    "label", ["utf-7", "unicode_escape", "idna", "punycode", "rot13", "hex", "zlib", "undefined"]
)
def test_labels_that_only_python_knows_are_not_obeyed(label: str) -> None:
    assert title(rss("plus +AGE- \\x61", label).encode()) == "plus +AGE- \\x61"
    assert title(rss("a byte !", label).encode().replace(b"!", b"\xff")) == "a byte ÿ"


def test_control_characters_of_windows_are_the_marks_that_were_meant() -> None:
    assert title(rss("don&#146;t").encode()) == "don’t"


def test_a_declaration_of_entities_is_found_in_every_encoding() -> None:
    bomb = '<!DOCTYPE rss [<!ENTITY a "&b;">]>' + rss("&a;")
    for codec in ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "cp037"):
        body = ('<?xml version="1.0"?>' + bomb).encode(codec)
        with pytest.raises(ParseError, match="declares XML entities"):
            parse(body, None, URL)


def test_c1_controls_are_read_as_windows_1252_and_all_else_stays() -> None:
    """As feedparser's own table has it, which a faster one stands in for."""
    text = "\u0093quoted\u0094 \u0085 \u0081 naïve 中文 \ue000 🦉 \U00010348"
    body = f'<rss version="2.0"><channel><title>t</title><item><title>{text}</title></item></channel></rss>'
    (entry,) = parse(body.encode(), None, "https://ex.example/feed").entries
    assert entry.title is not None
    assert entry.title.value == "“quoted” … naïve 中文 \ue000 🦉 \U00010348".replace("… ", "… \u0081 ")
