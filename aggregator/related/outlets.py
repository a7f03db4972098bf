"""Who publishes what a link leads to: news.bbc.co.uk, www.bbc.com and bbc.co.uk are one outlet."""

from __future__ import annotations

from functools import lru_cache

from aggregator import links, lists

# Names of the second level under which countries register: example.co.uk, example.com.au.
_SECOND_LEVEL = frozenset(
    "co com net org gov govt gob gouv edu ac or ne go gr nom ltd plc info web in".split()
)


def outlet(link: str | None, feed_url: str) -> str:
    """The outlet's name: the label that its owner registered; "" where neither URL has a host.

    `link`: the entry's; `feed_url`: of the feed that lists it, for an entry without a link or with one that only
    redirects. One name under several endings (bbc.com, bbc.co.uk) is taken for one outlet: two who share a
    name are linked less than they could be, and nobody is counted twice.
    """
    site = (links.site(link) if link else "") or links.site(feed_url) or links.host(feed_url)
    return _registered_label(site)


@lru_cache(maxsize=4096)
def _registered_label(host: str) -> str:
    labels = host.split(".")
    if len(labels) < 2 or labels[-1].isdigit():  # a name without dots, an IPv4 address
        return host
    whole, prefixes = lists.names("hosting")
    for size in (2, 3):
        suffix = ".".join(labels[-size:])
        if len(labels) > size and (suffix in whole or suffix.startswith(prefixes)):
            return ".".join(labels[-size - 1 :])
    size = 2 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else 1
    return labels[-size - 1]
