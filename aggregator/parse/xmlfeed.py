"""RSS, RDF, Atom and CDF: read strictly where the document is well-formed or can be mended, else leniently."""

from __future__ import annotations

import re
from dataclasses import replace

from aggregator.models import ParsedFeed
from aggregator.parse import lenient, prolog, strict
from aggregator.parse.balance import balanced
from aggregator.parse.document import Document
from aggregator.parse.mending import mend
from aggregator.parse.tree import parse_xml
from aggregator.parse.values import Problems

_STRICT_ROOTS = frozenset({"rss", "rdf", "feed"})
_PAGE = frozenset({"html", "head", "body"})
_LONGEST_WRAPPER = 20_000  # characters before the feed, and after it
# What a page has and does not show; one with a feed as an example shows it in elements for that.
_UNSEEN = re.compile(
    r"<!--.*?-->|<(head|title|script|style)\b.*?</\1\s*>|<(?!/?(?:pre|code|textarea|xmp)\b)[^<>]*>",
    re.I | re.S,
)


def read(document: Document) -> ParsedFeed | None:
    """The feed in an XML document, well-formed or not; None where it is not a feed."""
    text = document.text
    first = prolog.root(text)
    if first is None:
        return None
    if first.name in _PAGE:
        return _wrapped(document, first)
    root = first if first.name in prolog.FEED_ROOTS else prolog.later_root(text, first.start)
    if root is None:
        return None
    problems = Problems(
        document.problem, "something else stands before the feed" if root is not first else None
    )
    feed = _read(document, root, problems)
    if feed and feed.format == "rss091u" and "netscape" in first.doctype.lower():
        feed = replace(feed, format="rss091n")
    return feed


def _read(document: Document, root: prolog.Root, problems: Problems) -> ParsedFeed | None:
    text = document.text
    markup = text[root.start :]
    if root.name in _STRICT_ROOTS:
        if (tree := parse_xml(markup)) is None:
            markup = mend(text, root, problems)
            tree = parse_xml(markup)
        if tree is not None:
            return strict.read_feed(tree, document.url, problems)
    else:
        markup = mend(text, root, problems)
    feed = lenient.read_feed(markup, document.url, root, text.count("\n", 0, root.start) + 1, problems)
    return _with_all_fields(feed, markup, document.url) if feed and root.name in _STRICT_ROOTS else feed


def _with_all_fields(feed: ParsedFeed, markup: str, url: str) -> ParsedFeed:
    """The feed as it is with each tag closed, where that has more entries, or as many that say more."""
    closed = balanced(markup)
    tree = parse_xml(closed) if closed else None
    other = strict.read_feed(tree, url, Problems(feed.problem)) if tree else None
    return other if other and _size(other) > _size(feed) else feed


def _size(feed: ParsedFeed) -> tuple[int, int]:
    """How many entries and fields it has."""
    fields = (
        (each.id, each.link, each.title, each.summary, each.content, each.published) for each in feed.entries
    )
    return len(feed.entries), sum(value is not None for entry in fields for value in entry)


def _wrapped(document: Document, page: prolog.Root) -> ParsedFeed | None:
    """The feed that an HTML page consists of; None where the page shows anything else."""
    text = document.text
    root = prolog.later_root(text, page.start)
    if root is None or root.name not in _STRICT_ROOTS:
        return None
    end_tag = f"</{text[root.start + 1 : root.name_end]}>"
    before, feed, after = text[: root.start], *text[root.start :].partition(end_tag)[::2]
    if max(len(before), len(after)) > _LONGEST_WRAPPER or end_tag in after:
        return None
    if _UNSEEN.sub("", before).strip() or _UNSEEN.sub("", after).strip():
        return None
    problems = Problems(document.problem, "the feed stands in an HTML page")
    return _read(replace(document, text=f"{before}{feed}{end_tag}"), root, problems)
