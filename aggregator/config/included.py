"""Reads the YAML of a list that `include` names: the same feeds as in feeds.yaml, and nothing else."""

from __future__ import annotations

from aggregator.config.issues import Issues
from aggregator.config.load import read_subscriptions
from aggregator.config.mappings import EXTENSION
from aggregator.config.tree import Mapping, MappingEntry, Sequence, compose
from aggregator.settings import Dedupe, Subscription

# A list from elsewhere must not have secrets of ours sent to an address of its choice.
_LOCAL_ONLY = ("auth", "headers")


def parse_included(text: str, name: str, general: Dedupe, remote: bool) -> tuple[Subscription, ...]:
    """The feeds of the list, which is `feeds:` or the bare list; `name`: how issues call it.

    `general`: the `dedupe` of feeds.yaml. `remote`: it came from a URL, and may not say how we sign in; its other
    settings, where it is somebody's whole feeds.yaml, do not count. Raises ConfigError, its lines those of the list.
    """
    issues = Issues(name)
    root = compose(text.removeprefix("\ufeff"), issues)
    if isinstance(root, Sequence):
        root = Mapping(root.line, {"feeds": MappingEntry(root.line, root)})
    if not isinstance(root, Mapping):
        issues.stop(0, "", "has no `feeds`", "write `feeds:` and under it the feeds")
    for key, entry in root.entries.items():
        if not (remote or key == "feeds" or key.startswith(EXTENSION)):
            issues.add(entry.line, key, "does not count in an included list", "move it to feeds.yaml")
    feeds = read_subscriptions(root, issues, general, no_feeds=True)
    for feed in feeds if remote else ():
        for key in _LOCAL_ONLY:
            if getattr(feed, key):
                issues.add(feed.line, key, "is not taken from a URL", "include the list as a file")
    issues.raise_any()
    return feeds
