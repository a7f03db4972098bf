"""The list under `feeds:` -> subscriptions, each followed once."""

from __future__ import annotations

from dataclasses import replace

from aggregator.config.complaints import Complaints, shown
from aggregator.config.mappings import Values, is_nothing, value_of, values_of
from aggregator.config.table import FEED
from aggregator.config.tree import Mapping, Node, Sequence
from aggregator.config.urls import feed_key
from aggregator.settings import Dedupe, Subscription

EXAMPLE = "- https://example.org/feed"


def subscriptions(root: Mapping, complaints: Complaints, general: Dedupe) -> tuple[Subscription, ...]:
    """Those items of `feeds` that are right, in file order, with the lines on which they begin.

    `general`: the settings of `dedupe` that a feed with its own goes by for the rest.
    """
    found: list[Subscription] = []
    lines: dict[str, int] = {}
    for index, item in enumerate(_items(root, complaints)):
        at = f"feeds[{index}]"
        values = _values(item, at, complaints)
        if "url" not in values:
            continue
        key = feed_key(values["url"])
        if key in lines:
            complaints.add(
                item.line,
                f"{at}.url" if isinstance(item, Mapping) else at,
                f"`{shown(values['url'])}` is the same feed as on line {lines[key]}",
                "remove one of the two",
            )
        lines.setdefault(key, item.line)
        if "dedupe" in values:
            values["dedupe"] = replace(general, **values["dedupe"])
        found.append(Subscription(**values, line=item.line))
    return tuple(found)


def _items(root: Mapping, complaints: Complaints) -> tuple[Node, ...]:
    if "feeds" not in root.entries:
        complaints.add(0, "feeds", "is missing", f"write `feeds:` and under it `{EXAMPLE}`")
        return ()
    line, node = root.entries["feeds"]
    if isinstance(node, Sequence) and node.items:
        return node.items
    if isinstance(node, Sequence) or is_nothing(node):
        complaints.add(line, "feeds", "lists no feed", f"write at least one under it, as `{EXAMPLE}`")
    else:
        complaints.add(line, "feeds", "is not a list", f"begin each feed with a dash, as `{EXAMPLE}`")
    return ()


def _values(item: Node, at: str, complaints: Complaints) -> Values:
    if isinstance(item, Mapping):
        values = values_of(item, at, FEED, complaints)
        if "url" not in item.entries:
            complaints.add(item.line, f"{at}.url", "is missing", "write `url: https://example.org/feed`")
        return values
    if isinstance(item, Sequence):
        complaints.add(
            item.line, at, "is a list where a feed is wanted", "write its address, or keys with `url`"
        )
        return {}
    url = value_of(item, FEED["url"], at, complaints)
    return {} if url is None else {"url": url}
