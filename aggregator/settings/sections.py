"""The sections of feeds.yaml, each a record."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from aggregator.records import dataclass
from aggregator.settings.fields import setting


@dataclass(frozen=True, slots=True)
class Polling:
    every: timedelta = setting(
        "duration",
        "60m",
        "base interval between polls of a feed",
        low=60,
    )
    floor: timedelta = setting(
        "duration",
        "30m",
        "never poll a feed more often; where its server invites it, half of this",
        low=60,
    )
    ceiling: timedelta = setting("duration", "24h", "poll a healthy feed at least this often", low=60)
    hosts_at_once: int = setting(
        "count", "16", "hosts polled at the same time; one that takes over 0.5 s is not counted", low=1
    )
    host_gap: timedelta = setting("duration", "2s", "pause between two requests to one host")
    timeout: timedelta = setting(
        "duration",
        "30s",
        "all that one feed may take: 60 % for the exchange, redirects included, 30 % for reading",
        low=1,
    )
    max_body: int = setting("size", "10MB", "largest document, after unpacking", low=1000)
    proxy: str | None = setting(
        "proxy", "none", "HTTP proxy to ask through, as http://proxy.example:3128", secret=True
    )


DedupeBy = Literal["link", "title", "both", "off"]


@dataclass(frozen=True, slots=True)
class Dedupe:
    by: tuple[DedupeBy, ...] = setting(
        "choices",
        "[link, title]",
        "what makes two entries one story; `both` asks for both at once, `off` for neither",
        choices=("link", "title", "both", "off"),
    )
    link_window: timedelta = setting(
        "duration", "30d", "how far apart two feeds may carry one link as one story"
    )
    title_window: timedelta = setting(
        "duration", "72h", "how far apart two feeds may carry one title as one story"
    )


@dataclass(frozen=True, slots=True)
class Publish:
    entries: int = setting("count", "100", "most stories in the merged feed", low=1)
    per_source: int = setting("count", "10", "most stories of one feed in the merged feed", low=1)
    guarantee_hours: int = setting(
        "count",
        "48",
        "stories this young are in the merged feed whatever the other limits say, up to 3,000 and 3 MB",
    )
    content: Literal["full", "summary", "none"] = setting(
        "choice",
        "full",
        "how much of each story the outputs carry",
        choices=("full", "summary", "none"),
    )
    backfill: int = setting(
        "count", "10", "stories published from a feed's first fetch; the rest is kept only"
    )
    backfill_days: int = setting(
        "count",
        "30",
        "of these, those older than the feed's newest entry by more days are kept only, too; 0: of any age",
    )
    images: Literal["on", "off"] = setting(
        "choice",
        "off",
        "whether the pages show images, which readers' browsers fetch from other hosts",
        choices=("on", "off"),
    )
    search: Literal["on", "off"] = setting(
        "choice",
        "on",
        "whether the pages link to the search; `off` where another web server serves them",
        choices=("on", "off"),
    )
    sources: Literal["table", "members"] = setting(
        "choice",
        "table",
        "how the page about the feed lists its sources; the theme `planet` always lists members",
        choices=("table", "members"),
    )
    attribution: Literal["none", "line"] = setting(
        "choice",
        "none",
        "`line`: the feeds' content begins with a line that names the source and who else has the story",
        choices=("none", "line"),
    )
    aliases: tuple[str, ...] = setting(
        "texts", "[]", "further paths at which the service has the merged feed, as /atom.xml"
    )
    podcasts: tuple[str, ...] = setting(
        "texts", "[]", "tags whose episodes are a podcast feed too, at tags/TAG.rss"
    )
    cors: Literal["on", "off"] = setting(
        "choice",
        "off",
        "whether scripts of other sites may read the feeds",
        choices=("on", "off"),
    )
    hub: str | None = setting(
        "url", "none", "WebSub hub that the feeds name and that is notified when they change"
    )


@dataclass(frozen=True, slots=True)
class Keep:
    days: int = setting("count", "365", "days that an entry is kept after its feed last listed it", low=1)
    entries: int = setting(
        "count",
        "0",
        "most entries kept, those listed last first; what a feed still lists is kept beyond that; 0: any number",
    )


@dataclass(frozen=True, slots=True)
class Mail:
    """How messages are sent; `from` is a word of Python, so that its field is `from_`."""

    smtp: str | None = setting(
        "smtp", "none", "mail server, as smtp://localhost:25 or smtps://mail.example:465"
    )
    user: str | None = setting(
        "secret", "none", "user name at the mail server; ${NAME} and file:PATH are looked up"
    )
    password: str | None = setting(
        "secret", "none", "its password; ${NAME} and file:PATH are looked up", secret=True
    )
    command: str | None = setting("text", "none", "command that sends instead, as `sendmail -t`")
    from_: str | None = setting("text", "none", "address of the sender; `none` is news@ the host of base_url")


@dataclass(frozen=True, slots=True)
class DigestMail:
    at: str | None = setting(
        "clock", "none", 'time of day, in `timezone`, at which the service sends the digest, as "07:00"'
    )
    to: tuple[str, ...] = setting("texts", "[]", "addresses to which the digest is sent")


@dataclass(frozen=True, slots=True)
class Web:
    """Who may read what the service serves."""

    auth: str | None = setting(
        "auth",
        "none",
        "what readers have to sign in with: `basic NAME:PASSWORD` or `bearer TOKEN`",
        secret=True,
    )
    hosts: tuple[str, ...] = setting(
        "texts",
        "[]",
        "host names that requests may be for, in addition to that of base_url, addresses and localhost",
    )
    rate: int = setting("count", "600", "most requests a minute from one address; 0: any number")
    trusted_proxies: tuple[str, ...] = setting(
        "networks",
        "[127.0.0.0/8, ::1/128]",
        "proxies before the service whose X-Forwarded-For is believed",
        value=("127.0.0.0/8", "::1/128"),
    )


@dataclass(frozen=True, slots=True)
class Health:
    """Who is notified of the state of the service."""

    webhook: str | None = setting(
        "url", "none", "address to which changes of state are posted as JSON with `text` and `events`"
    )
    mail: tuple[str, ...] = setting(
        "texts",
        "[]",
        "addresses to which changes of state are sent as `mail` says; errors never stand in the news",
    )
    metrics: str | None = setting(
        "text",
        "none",
        "address and port of the metrics for Prometheus, as 127.0.0.1:9464; not that of the pages",
    )
