"""What the W3C feed validator has against characters, plain text and HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import name2codepoint

from html5lib.html5parser import HTMLParser, ParseError

HTML = frozenset(
    "a abbr acronym address applet area article aside audio b base basefont bdi bdo big blockquote body br button"
    " canvas caption center cite code col colgroup command data datagrid datalist dd del details dfn dialog dir div"
    " dl dt em embed eventsource fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head"
    " header hgroup hr html i iframe img input ins isindex kbd label legend li link listing m main map mark menu"
    " meta meter nav noframes noscript object ol optgroup option output p param picture plaintext pre progress q rp"
    " rt ruby s samp script section select slot small source span strike strong style sub summary sup table tbody"
    " td template textarea tfoot th thead time title tr track tt u ul var video wbr xmp comment".split()
)
UNSAFE = frozenset(
    "applet base basefont body comment datagrid embed frame frameset head html iframe isindex link listing meta"
    " noframes object param plaintext script slot style title xmp".split()
)
_END_TAG = re.compile(r"</(\w+)>")
_REFERENCE = re.compile(r"&(#?\w+)")
_MAIL = re.compile(r"<[A-Z0-9_+.'-]+@(?:(?:[0-9]{1,3}\.){3}|(?:[A-Z0-9-]+\.)+)[A-Z0-9][A-Z0-9-]*>", re.I)
_BAD = re.compile("[\x80-\x9f\ufffd]")
_TWICE_ENCODED = re.compile("[\xc2\xc3][\x80-\xbf]")

Complaint = tuple[str, str]  # its name, and what it is about


def characters(text: str) -> Iterator[Complaint]:
    """C1 controls, replacement characters, and UTF-8 that was read as Latin-1."""
    if bad := _BAD.search(text):
        yield "BadCharacters", repr(text[max(0, bad.start() - 20) : bad.end() + 20])
    for line in text.splitlines():  # the parser hands text over in pieces: lines at most
        if twice := _TWICE_ENCODED.search(line):
            try:
                line.encode("latin-1").decode()
            except UnicodeError:
                continue
            yield "BadCharacters", repr(line[max(0, twice.start() - 20) : twice.end() + 20])


def plain(text: str, name: str = "ContainsUndeclaredHTML") -> Iterator[Complaint]:
    """Text that looks like HTML: an end tag, else a character reference."""
    tags = [tag for tag in _END_TAG.findall(text) if tag.lower() in HTML]
    if tags:
        yield name, f"</{tags[0]}>"
        return
    for reference in _REFERENCE.findall(text):
        if reference in name2codepoint or reference == "apos" or not reference.isalpha():
            yield name, f"&{reference};"


def name(text: str) -> Iterator[Complaint]:
    """A person's name: neither HTML, nor a mail address, nor nothing."""
    yield from plain(text, "ContainsHTML")
    if _MAIL.search(text):
        yield "ContainsEmail", text
    if not text:
        yield "NotBlank", "name"


def html(markup: str) -> Iterator[Complaint]:
    """HTML that html5lib does not parse without an error, and tags and attributes that are no good in a feed."""
    if "<?import " in markup.lower():
        yield "SecurityRisk", "?import"
    try:
        tree = HTMLParser(strict=True).parseFragment(markup)
    except ParseError as error:
        yield "NotHtml", f"{error}: {markup[:200]!r}"
        return
    for tag in tree.iter():
        if not isinstance(tag.tag, str) or tag.tag == "DOCUMENT_FRAGMENT":
            continue
        element = tag.tag.rpartition("}")[2].lower()
        if element not in HTML:
            yield "NotHtml", element
        elif element in UNSAFE:
            yield "SecurityRisk", element
        for attribute in tag.attrib:
            if attribute == "style":
                yield "DangerousStyleAttr", str(tag.attrib[attribute])  # some are harmless; we write none
            elif str(attribute).startswith("on"):
                yield "SecurityRiskAttr", str(attribute)
