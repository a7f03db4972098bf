"""What is said of feeds beyond their bytes: where they live, who may read them, and how a browser shows them."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import lru_cache

from starlette.datastructures import Headers

FEEDS = ("application/atom+xml", "application/feed+json", "application/rss+xml")
SHARED = (*FEEDS, "text/x-opml")
VIEWED = ("application/atom+xml", "application/rss+xml")  # as a page, in a browser
VIEW_TYPE = "application/xml; charset=utf-8"  # a browser saves application/atom+xml instead of showing it
VIEW_POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_DECLARATION = re.compile(rb"<\?xml[^>]*\?>\s*")
_ROOT = re.compile(rb"<(?:feed|rss)\b[^>]*>")


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """As feeds.yaml says it."""

    base_url: str = ""
    hub: str | None = None
    cors: bool = False  # whether scripts of other sites may read the feeds
    aliases: tuple[str, ...] = ()  # further paths of the merged feed

    def headers(self, name: str, media_type: str) -> dict[str, str]:
        """Headers of that file: its own address and its hub (WebSub, 4), and who may read it (CORS)."""
        found = {}
        if self.hub and self.base_url and media_type in FEEDS and not name.startswith("archive/"):
            found["Link"] = f'<{self.base_url}{name}>; rel="self", <{self.hub}>; rel="hub"'
        if self.cors and media_type in SHARED:
            found["Access-Control-Allow-Origin"] = "*"
        return found


def wants_page(headers: Headers) -> bool:
    """Whether a browser asks in order to show it; a feed reader names the types of feeds, or none."""
    return _wants_page(",".join(headers.getlist("Accept")).lower())


@lru_cache(100)
def _wants_page(accepted: str) -> bool:
    return "text/html" in accepted and not any(media_type in accepted for media_type in FEEDS)


def as_page(feed: bytes, name: str, base_url: str) -> bytes:
    """The feed with a style sheet, and a note with its address to copy; still a feed to whoever reads it as one."""
    root = "../" * name.count("/")
    style = f'<?xml-stylesheet type="text/css" href="{root}feed.css"?>\n'.encode()
    address = html.escape(base_url + name)
    page = f"{root}index.html" if "/" not in name else f"{name.rpartition('/')[2].rpartition('.')[0]}.html"
    note = (
        '\n<h:div xmlns:h="http://www.w3.org/1999/xhtml"><h:p>This is a feed. Copy its address into your feed reader:'
        f'</h:p><h:code>{address}</h:code><h:p><h:a href="{page}">Read it as a page</h:a></h:p></h:div>'
    ).encode()
    declared = _DECLARATION.match(feed)
    start = declared.end() if declared else 0
    feed = feed[:start] + style + feed[start:]
    return _ROOT.sub(lambda found: found[0] + note, feed, count=1)
