"""RSS, RDF, Atom and CDF: read strictly where the document is well-formed or can be mended, else leniently."""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from aggregator.models import ParsedFeed
from aggregator.parse import lenient, prolog, strict
from aggregator.parse.document import Document
from aggregator.parse.elements import all_text, local_name
from aggregator.parse.mending import mend
from aggregator.parse.tree import parse_xml
from aggregator.parse.values import Problems

_STRICT_ROOTS = frozenset({"rss", "rdf", "feed"})
_PAGE = frozenset({"html", "head", "body"})


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
    return lenient.read_feed(markup, document.url, root, text.count("\n", 0, root.start) + 1, problems)


def _wrapped(document: Document, root: prolog.Root) -> ParsedFeed | None:
    """The feed that an XHTML page consists of; None where the page shows anything else, or is not well-formed."""
    if prolog.later_root(document.text, root.start) is None:
        return None
    page = parse_xml(document.text[root.start :])
    if page is None:
        return None
    feeds = [each for each in page.root.iter(etree.Element) if local_name(each) in _STRICT_ROOTS]
    if len(feeds) != 1 or any(
        local_name(outer) not in ("html", "body", "div") for outer in feeds[0].iterancestors()
    ):
        return None
    shown = "".join(all_text(part) for part in page.root if local_name(part) != "head")
    if shown.strip() != all_text(feeds[0]).strip():
        return None
    return strict.read_feed(
        page._replace(root=feeds[0]),
        document.url,
        Problems(document.problem, "the feed stands in an HTML page"),
    )
