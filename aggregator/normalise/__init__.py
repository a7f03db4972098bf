"""What a feed said to what we keep of it: absolute links, clean HTML, plain titles, sane dates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ParamSpec, TypeVar

from aggregator import links
from aggregator.languages import language
from aggregator.models import Entry, FeedInfo, ParsedFeed, ReadFeed
from aggregator.normalise.addresses import meant
from aggregator.normalise.entry import Setting, entry, page
from aggregator.normalise.people import people
from aggregator.normalise.plain_text import label, title_of
from aggregator.text import one_line

__all__ = ["normalise"]

P = ParamSpec("P")
T = TypeVar("T")

# Formats that tell text from HTML. In RSS, and in what came before Atom 1.0, either may stand for the
# other; of JSON Feeds many escape their titles, which were to be text.
_LITERAL = ("atom10", "json")
_LITERAL_TITLES = ("atom10",)

# Formats whose entries have their feed's authors where they name none (RFC 4287, 4.2.1; JSON Feed 1.1). RSS has an
# editor for the channel, who writes none of it.
_INHERITED = ("atom", "json")

_TITLE = 1_000  # characters
_RIGHTS = 1_000
_ID = 1_000


def normalise(feed: ParsedFeed, url: str, now: datetime) -> ReadFeed:
    """The feed as we keep it; `url` is where it was fetched in the end, `now` stands for dates that it lacks.

    An entry that cannot be kept is skipped, with its reason; the others go on.
    """
    link = meant(feed.link, url) if feed.link else None
    setting = Setting(
        url,
        _own_hosts(url, link),
        literal=feed.format.startswith(_LITERAL),
        literal_titles=feed.format.startswith(_LITERAL_TITLES),
        now=now,
        authors=feed.authors if feed.format.startswith(_INHERITED) else (),
    )
    entries: list[Entry] = []
    skipped: list[str] = []
    # All contents first: in turns, the sanitiser and all else would drive each other out of the processor's cache.
    pages = [_attempt(page, parsed, setting) for parsed in feed.entries]
    for number, (parsed, found) in enumerate(zip(feed.entries, pages, strict=True), 1):
        made = found if isinstance(found, str) else _attempt(entry, parsed, found, setting)
        if isinstance(made, str):
            skipped.append(f"entry {number}: {made}")
        else:
            entries.append(made)
    return ReadFeed(_info(feed, link, setting), tuple(entries), tuple(skipped))


def _attempt(step: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T | str:
    """What the step gives, or why it failed: one broken entry is a result, not a crash."""
    try:
        return step(*arguments, **named)
    except MemoryError:
        raise
    except Exception as error:
        return f"{type(error).__name__} while cleaning it: {error}"[:500]


def _info(feed: ParsedFeed, link: str | None, setting: Setting) -> FeedInfo:
    url = setting.url
    title = title_of(feed.title, _TITLE, setting.literal_titles)
    return FeedInfo(
        format=feed.format,
        title=title or None,
        link=link,
        id=one_line(feed.id or "")[:_ID] or None,
        language=language(feed.language),
        authors=people(feed.authors, url),
        rights=label(feed.rights or "", _RIGHTS) or None,
        icon=meant(feed.icon, url) if feed.icon else None,
        hub=links.absolute(feed.hub, url) if feed.hub else None,
        self_link=links.absolute(feed.self_link, url) if feed.self_link else None,
        hints=feed.hints,
        problem=feed.problem,
    )


def _own_hosts(*urls: str | None) -> frozenset[str]:
    hosts = {links.host(url) for url in urls if url} - {""}
    return frozenset(hosts | {host.removeprefix("www.") for host in hosts})
