"""Page addresses of well-known sites -> their feeds, by rewriting alone: one row of a table for each kind."""

from __future__ import annotations

import re
from typing import NamedTuple


class Rule(NamedTuple):
    """`pattern` on the URL without scheme, www., query and fragment; `feeds` are templates of its groups."""

    pattern: re.Pattern[str]
    feeds: tuple[str, ...]
    lookup: bool = False  # the template answers with JSON that names the feed


def _rule(pattern: str, *feeds: str, lookup: bool = False) -> Rule:
    return Rule(re.compile(pattern, re.I), feeds, lookup)


_PART = r"([^/?#]+)"

# Where a rule gives several feeds, the first is what most people want.
RULES: tuple[Rule, ...] = (
    # YouTube: @handles and /c/ pages name their channel's feed themselves.
    _rule(r"^(?:m\.)?youtube\.com/channel/(UC[\w-]{22})", "https://www.youtube.com/feeds/videos.xml?channel_id={0}"),
    _rule(r"^(?:m\.)?youtube\.com/user/([\w-]+)", "https://www.youtube.com/feeds/videos.xml?user={0}"),
    _rule(r"^(?:m\.)?youtube\.com/(?:playlist|watch)\?(?:[^#]*&)?list=([\w-]+)", "https://www.youtube.com/feeds/videos.xml?playlist_id={0}"),
    _rule(rf"^(?:(?:old|new|np|m)\.)?reddit\.com/(r|user|u)/{_PART}(?!.*\.rss)", "https://www.reddit.com/{0}/{1}/.rss"),
    _rule(rf"^bsky\.app/profile/{_PART}/?$", "https://bsky.app/profile/{0}/rss"),
    # Forges
    _rule(rf"^github\.com/{_PART}/{_PART}/releases/?$", "https://github.com/{0}/{1}/releases.atom"),
    _rule(rf"^github\.com/{_PART}/{_PART}/tags/?$", "https://github.com/{0}/{1}/tags.atom"),
    _rule(rf"^github\.com/{_PART}/{_PART}/(?:commits|tree)/([^?#]+?)(?<!\.atom)/?$", "https://github.com/{0}/{1}/commits/{2}.atom"),
    _rule(rf"^github\.com/{_PART}/{_PART}/commits/?$", "https://github.com/{0}/{1}/commits.atom"),
    _rule(rf"^github\.com/(?!orgs/|topics/|features/|about/){_PART}/([^/?#.]+(?:\.(?!atom)[^/?#.]+)*)/?$", "https://github.com/{0}/{1}/releases.atom", "https://github.com/{0}/{1}/commits.atom", "https://github.com/{0}/{1}/tags.atom"),
    _rule(r"^github\.com/(?!features|about|pricing|explore|topics)([A-Za-z0-9-]+)/?$", "https://github.com/{0}.atom"),
    _rule(r"^(gitlab\.[^/]+)/([^?#]+?)/-/commits/([^?#]+?)/?$", "https://{0}/{1}/-/commits/{2}?format=atom"),
    _rule(r"^(gitlab\.[^/]+)/([^?#]+?)/-/tags/?$", "https://{0}/{1}/-/tags?format=atom"),
    _rule(r"^(gitlab\.[^/]+)/([^?#]+?)/-/releases/?$", "https://{0}/{1}/-/releases.atom"),
    _rule(r"^(gitlab\.[^/]+)/((?!explore|users|help)[^/?#]+/(?!.*(?:/-/|\.atom|\.rss))[^?#]+?)/?$", "https://{0}/{1}/-/releases.atom", "https://{0}/{1}/-/commits/HEAD?format=atom", "https://{0}/{1}/-/tags?format=atom"),
    _rule(rf"^(codeberg\.org)/{_PART}/{_PART}/releases/?$", "https://{0}/{1}/{2}/releases.rss"),
    _rule(rf"^(codeberg\.org)/{_PART}/([^/?#.]+)/?$", "https://{0}/{1}/{2}/releases.rss", "https://{0}/{1}/{2}.rss"),
    # Podcast directories: Apple's knows the feed of each number.
    _rule(r"^(?:podcasts|itunes)\.apple\.com/[^?#]*/id([0-9]+)", "https://itunes.apple.com/lookup?id={0}&entity=podcast", lookup=True),
    _rule(r"^overcast\.fm/itunes([0-9]+)", "https://itunes.apple.com/lookup?id={0}&entity=podcast", lookup=True),
    _rule(r"^(?:pca\.st|pocketcasts\.com)/itunes/([0-9]+)", "https://itunes.apple.com/lookup?id={0}&entity=podcast", lookup=True),
    # Blog hosts
    _rule(r"^([\w-]+)\.substack\.com(?:/(?!feed).*)?$", "https://{0}.substack.com/feed"),
    _rule(r"^substack\.com/@([\w.-]+)", "https://{0}.substack.com/feed"),
    _rule(r"^medium\.com/(@?(?!feed\b)[\w.@-]+)", "https://medium.com/feed/{0}"),
    _rule(r"^([\w-]+)\.medium\.com(?:/(?!feed).*)?$", "https://{0}.medium.com/feed"),
    _rule(r"^tumblr\.com/(?:blog/view/)?([\w-]+)/?$", "https://{0}.tumblr.com/rss"),
    _rule(r"^([\w-]+)\.tumblr\.com(?:/(?!rss).*)?$", "https://{0}.tumblr.com/rss"),
    _rule(r"^([\w-]+)\.wordpress\.com/?$", "https://{0}.wordpress.com/feed/"),
    _rule(r"^([\w-]+)\.blogspot\.([a-z.]+)/?$", "https://{0}.blogspot.{1}/feeds/posts/default"),
    _rule(rf"^dev\.to/{_PART}/?$", "https://dev.to/feed/{0}"),
    # Link sites
    _rule(r"^news\.ycombinator\.com/?(?:news)?$", "https://news.ycombinator.com/rss"),
    _rule(r"^lobste\.rs/?$", "https://lobste.rs/rss"),
    _rule(r"^lobste\.rs/t/([\w,-]+)/?$", "https://lobste.rs/t/{0}.rss"),
    _rule(r"^stackoverflow\.com/questions/tagged/([^/?#]+)", "https://stackoverflow.com/feeds/tag/{0}"),
    # Mastodon and what is like it: a profile's address with .rss; before it come all other sites with @ in the path.
    _rule(r"^(?!(?:[\w-]+\.)*(?:youtube|medium|substack|tiktok|threads|x|instagram|flipboard)\.(?:com|net)/)([\w.-]+\.[a-z]{2,}(?::\d+)?)/(@[\w.]+(?:@[\w.-]+)?)(?<!\.rss)/?$", "https://{0}/{1}.rss"),
)  # fmt: skip


class SiteFeeds(NamedTuple):
    """Where the feeds of a page are; `lookup`: the one URL answers with JSON that names the feed."""

    urls: tuple[str, ...]
    lookup: bool = False


def site_feeds(url: str) -> SiteFeeds | None:
    """The feeds of a page of a well-known site, best first; None for any other address."""
    bare = re.sub(r"^https?://(?:www\.)?", "", url.partition("#")[0], flags=re.I)
    for rule in RULES:
        if found := rule.pattern.match(bare):
            return SiteFeeds(tuple(feed.format(*found.groups()) for feed in rule.feeds), rule.lookup)
    return None
