"""Which feeds the demo has, and the feeds.yaml that follows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoFeed:
    """One feed of the demo."""

    file: str  # in `feeds/`, a template in UTF-8 whatever it is served in
    name: str
    tags: tuple[str, ...]
    kind: str  # what it is an example of, in words
    media_type: str  # as its server sends it, with or without a charset
    encoding: str = "UTF-8"  # what it is served in, and says of itself

    @property
    def path(self) -> str:
        """Where the server has it."""
        return f"/{self.file}"


FEEDS = (
    DemoFeed(
        "harbour-post.rss",
        "The Harbour Post",
        ("local", "news"),
        "RSS 2.0 with full text, pictures and links that count their readers",
        "application/rss+xml; charset=utf-8",
    ),
    DemoFeed(
        "orchard-weekly.rss",
        "Orchard Weekly",
        ("local", "garden"),
        "RSS 2.0 in windows-1252, with HTML in its titles",
        "application/rss+xml",
        "windows-1252",
    ),
    DemoFeed(
        "gazette-vieux-port.rss",
        "La Gazette du Vieux-Port",
        ("local", "français"),
        "RSS 0.91 in ISO-8859-1, one entry without a date",
        "text/xml",
        "ISO-8859-1",
    ),
    DemoFeed(
        "tidewater-wire.rss",
        "Tidewater Wire",
        ("news",),
        "RSS 0.92, not well-formed at its end",
        "text/xml; charset=utf-8",
    ),
    DemoFeed(
        "slow-train-hour.rss",
        "The Slow Train Hour",
        ("podcast",),
        "a podcast: RSS 2.0 with enclosures",
        "application/xml",
    ),
    DemoFeed(
        "lamproom.atom",
        "The Lamproom",
        ("weblog",),
        "Atom 0.3",
        "application/atom+xml",
    ),
    DemoFeed(
        "workbench-journal.atom",
        "Workbench Journal",
        ("weblog", "crafts"),
        "Atom 1.0 with XHTML and relative links",
        "application/atom+xml; charset=utf-8",
    ),
    DemoFeed(
        "kettle-and-code.json",
        "Kettle & Code",
        ("weblog", "programming"),
        "JSON Feed 1.1",
        "application/feed+json",
    ),
    DemoFeed(
        "pebbles.json",
        "Pebbles",
        ("notes",),
        "JSON Feed 1.0, notes without titles",
        "application/json",
    ),
    DemoFeed(
        "planet-waterside.rdf",
        "Planet Waterside",
        ("weblog",),
        "RSS 1.0, a planet that relays three of the weblogs above",
        "application/rdf+xml",
    ),
    DemoFeed(
        "hinode.atom",
        "ひので通信",
        ("日本語",),
        "Atom 1.0 in Shift_JIS",
        "application/atom+xml; charset=Shift_JIS",
        "Shift_JIS",
    ),
    DemoFeed(
        "nakhla.rss",
        "جريدة النخلة",
        ("العربية",),
        "RSS 2.0 in UTF-16",
        "application/rss+xml",
        "UTF-16",
    ),
)

PAGE = DemoFeed("cinema-club.html", "Cinema Club", ("local",), "an HTML page", "text/html; charset=utf-8")
MISSING = DemoFeed("kite-museum.rss", "Kite Museum", ("local",), "404 Not Found", "application/rss+xml")
BROKEN = (PAGE, MISSING)

_BEGINNING = """\
# The demo's feeds, each of another kind. A file of your own needs no more than `feeds` and one address.

title: News Feed
base_url: http://127.0.0.1:{port}/

# These feeds live on this computer, where feeds are not looked for unless the file says so.
allow_addresses: [127.0.0.0/8]

# Nobody is in a hurry here but us: no pause between two requests to one host.
polling: {host_gap: 0s}

feeds:
"""
_TURN = "\n  # Two that do not work: each is reported, and the others go on.\n"


def configuration(base_url: str, port: int = 8080) -> str:
    """The text of a feeds.yaml that follows the feeds served at `base_url`, which ends with a slash.

    `port`: where the outputs will be served.
    """
    working = "".join(_item(base_url, feed) for feed in FEEDS)
    return (
        _BEGINNING.replace("{port}", str(port))
        + working
        + _TURN
        + "".join(_item(base_url, feed) for feed in BROKEN)
    )


def _item(base_url: str, feed: DemoFeed) -> str:
    return (
        f"  - url: {base_url}{feed.file}  # {feed.kind}\n"
        f"    name: {feed.name}\n"
        f"    tags: [{', '.join(feed.tags)}]\n"
    )
