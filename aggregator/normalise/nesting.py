"""How elements nest in HTML: what no parser should be asked to read, and what every parser reads the same again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from aggregator.normalise import tables

_FEW = 400  # tags; so few do no harm however they nest
_DEEPEST = 250
_MOST_WORK = 1_000_000  # tags times depth
_MOST_ALONE = 2_000  # <path/> and its like: harmless in SVG, an opening tag anywhere else

_ENDLESS_TAG = re.compile(r"<[a-zA-Z][^>]{20000}")  # each attribute is compared with all before it
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)(?:[^<>]*(/)>)?")


def is_too_nested(source: str) -> bool:
    """Whether a parser's work on this would grow with the square of its length, or worse.

    Unclosed formatting is opened anew in every paragraph: 60 KB unfold to 150 MB. Depth is counted by
    name, since a tag that closes another name closes nothing.
    """
    if len(source) > 20_000 and _ENDLESS_TAG.search(source):
        return True
    if source.count("<") < _FEW:
        return False
    opened: Counter[str] = Counter()
    depth = work = alone = 0
    for closing, name, alone_mark in _TAG.findall(source):
        name = name.lower()
        if name in tables.FLAT:
            continue
        if alone_mark and name not in tables.KNOWN:
            alone += 1
        elif not closing:
            opened[name] += 1
            depth += 1
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
        work += depth
        if depth > _DEEPEST or work > _MOST_WORK or alone > _MOST_ALONE:
            return True
    return False


# ---------------------------------------------------------------- what is read the same again

_WRITTEN_TAG = re.compile(r"<(/?[a-z][a-z0-9]*)")
_DEEPEST_STABLE = 100
_VOID = frozenset({"br", "img", "source", "wbr"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# Whose start tag ends an open paragraph (HTML, 13.2.6.4.7).
_BLOCKS = _HEADINGS | frozenset(
    "address article aside blockquote dd details div dl dt figcaption figure footer header hr li ol p pre section"
    " summary ul".split()
)
# Which parent these have, so that their start tag ends no element of their kind further out.
_PARENTS = {
    "li": frozenset({"ul", "ol"}),
    "dd": frozenset({"dl"}),
    "dt": frozenset({"dl"}),
    "rp": frozenset({"ruby"}),
    "rt": frozenset({"ruby"}),
}
# Elements that end nothing and are ended by nothing but their own end tag.
_INLINE = (tables.INLINE | {"ruby", "audio", "video"}) - {"a"} - _VOID
_ENDS = frozenset(f"/{name}" for name in _BLOCKS | _INLINE | {"a", *_PARENTS}) - {"/hr"}
# What becomes of most tags: these elements await an end tag; an end tag awaits nothing.
_AWAITS = {name: f"/{name}" for name in _INLINE} | dict.fromkeys(_ENDS, "")


def tags_of(written: str) -> list[str]:
    """The names of all tags of HTML as a serialiser writes it, in order, end tags with their slash."""
    return _WRITTEN_TAG.findall(written)


def is_stable(written: str, tags: Iterable[str]) -> bool:
    """Whether HTML as a serialiser writes it certainly parses to the tree that was written; `tags`: its `tags_of`.

    True only where each start tag leaves all open elements open, and each end tag ends the innermost one:
    then a parser does nothing but open and close. Tables, with rules of their own, are never certain.
    """
    if "\r" in written:
        return False
    awaited = [""]  # the end tags of what is open
    push, pop, awaits = awaited.append, awaited.pop, _AWAITS.get
    for tag in tags:
        if end := awaits(tag):
            push(end)
        elif end is not None:
            if pop() != tag:
                return False
        elif tag not in _VOID:
            if not _leaves_open(tag, awaited) or len(awaited) > _DEEPEST_STABLE:
                return False
            if tag != "hr":
                push(f"/{tag}")
            if tag == "pre" and ("<pre " in written or "<pre>\n" in written):
                return False
    return len(awaited) == 1


def _leaves_open(tag: str, awaited: Sequence[str]) -> bool:
    """Whether this start tag ends no element that is open."""
    if tag == "a":
        return "/a" not in awaited
    parent = awaited[-1][1:]
    if tag in _PARENTS and parent not in _PARENTS[tag]:
        return False
    if tag in _BLOCKS:
        return "/p" not in awaited and not (tag in _HEADINGS and parent in _HEADINGS)
    return tag in _PARENTS
