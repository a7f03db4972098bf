"""What feeds.yaml says of feeds: subscriptions, lists of them that stand elsewhere, and filters."""

from __future__ import annotations

from dataclasses import field
from datetime import timedelta
from typing import Literal

from aggregator.records import dataclass
from aggregator.settings.fields import setting
from aggregator.settings.sections import Dedupe


@dataclass(frozen=True, slots=True)
class FilterRule:
    """What an entry is matched by: all that the rule names must hold."""

    title: str | None = setting("pattern", "", "what the title says")
    link: str | None = setting("pattern", "", "what the link holds")
    author: str | None = setting("pattern", "", "what one of the authors is called")
    tag: str | None = setting("pattern", "", "what one of the tags says, the subscription's included")
    content: str | None = setting("pattern", "", "what the summary or the content says")
    any: str | None = setting("pattern", "", "what any of these says")
    line: int = field(default=0, compare=False, repr=False)  # where it stands in feeds.yaml


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries are published, of all feeds or of one."""

    keep: tuple[FilterRule, ...] = setting(
        "rules", "[]", "where there are such rules, an entry that matches none of them is not published"
    )
    block: tuple[FilterRule, ...] = setting(
        "rules", "[]", "an entry that matches one of these rules is not published"
    )


@dataclass(frozen=True, slots=True)
class Subscription:
    """One item of `feeds`: the wish to follow a URL."""

    url: str = setting("url", "", "the feed's address, http or https", value="")
    name: str | None = setting("text", "", "shown instead of the feed's own title")
    tags: tuple[str, ...] = setting("texts", "[]", "given to each of its stories")
    every: timedelta | None = setting(
        "duration", "", "its own base interval instead of `polling.every`", low=60
    )
    filters: Filters = setting(
        "filters",
        "",
        "`keep` and `block` rules of its own, in addition to those for all feeds",
        value=Filters(),
    )
    content: Literal["full", "summary", "none"] | None = setting(
        "choice",
        "",
        "how much of its stories the outputs carry, instead of `publish.content`",
        choices=("full", "summary", "none"),
    )
    private: Literal["true", "false"] = setting(
        "choice",
        "false",
        "`true`: its address is published nowhere; its stories are",
        choices=("true", "false"),
    )
    priority: int = setting(
        "count",
        "0",
        "of several feeds that tell a story, the one with the highest lends title and content",
    )
    related: Literal["on", "off"] | None = setting(
        "choice",
        "",
        "whether its stories are linked to those of other outlets, instead of `related` for all",
        choices=("on", "off"),
    )
    dedupe: Dedupe | None = setting(
        "dedupe", "", "its own `dedupe` settings, as `off` or `{by: link}`; the others stay general"
    )
    site: str | None = setting("url", "", "its web site, instead of the one that the feed names")
    avatar: str | None = setting(
        "url", "", "picture of its author, which readers' browsers fetch; the program never does"
    )
    about: str | None = setting("text", "", "a few words on it, for the page of sources")
    extra: tuple[tuple[str, str], ...] = setting(
        "extra",
        "",
        "keys of your own with a text each, for templates; links are shown with the members",
        value=(),
    )
    auth: str | None = setting(
        "auth", "", "how to sign in: `basic NAME:PASSWORD` or `bearer TOKEN`", secret=True
    )
    headers: tuple[tuple[str, str], ...] = setting(
        "headers", "", "headers of its requests, names and values", secret=True
    )
    line: int = 0  # where it stands in feeds.yaml, or in `file`
    file: str | None = None  # the list that `include` names and in which it stands


@dataclass(frozen=True, slots=True)
class Include:
    """One item of `include`: a list of subscriptions that stands elsewhere."""

    from_: str = setting(
        "source", "", "path or http(s) URL of an OPML file, or of a YAML file with `feeds`", value=""
    )
    tags: tuple[str, ...] = setting("texts", "[]", "given to the stories of each of its feeds")
    every: timedelta = setting(
        "duration", "6h", "how often a URL is fetched again; its last good copy is used meanwhile", low=900
    )
    line: int = field(default=0, compare=False, repr=False)  # where it stands in feeds.yaml

    @property
    def is_remote(self) -> bool:
        return "://" in self.from_
