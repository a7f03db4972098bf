"""What feeds.yaml can say, as frozen records: one table of every setting, its kind, default and meaning.

`config` reads the file into these and makes the JSON Schema from them; each field's metadata carries
its `Setting`, so that the loader, the schema and the README's table cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from aggregator.quantities import parse_duration, parse_size
from aggregator.records import dataclass

Kind = Literal[
    "text",
    "url",
    "path",
    "duration",  # 30s, 15m, 2h, 7d
    "size",  # 500KB, 10MB
    "count",  # whole number, `low` or more
    "choice",  # one of `choices`
    "choices",  # a list of them
    "texts",  # a list of texts
    "networks",  # a list of IP networks in CIDR form
    "pattern",  # a word, a phrase or a /regular expression/
    "rules",  # a list of FilterRule
    "filters",  # a mapping as `filters` is at the top
    "auth",  # basic NAME:PASSWORD or bearer TOKEN
    "headers",  # a mapping of names to values
    "timezone",  # an IANA name
    "proxy",  # an http URL whose parts may be secrets
    "smtp",  # smtp://HOST:PORT or smtps://HOST:PORT
    "secret",  # a text that no message repeats
    "clock",  # a time of day, as "07:00"
    "dedupe",  # a mapping as `dedupe` is at the top, or what its `by` says
    "source",  # an http(s) URL, or the path of a file
    "includes",  # a list of Include
    "extra",  # a mapping of keys of one's own to texts
]


@dataclass(frozen=True, slots=True)
class Setting:
    """How one key is read, checked and explained."""

    kind: Kind
    default: str  # as a person would write it in feeds.yaml; "none": none, which can be written, too
    help: str
    choices: tuple[str, ...] = ()
    low: float = 0  # least value, in seconds, bytes or as a count


_DEFAULT = object()


def setting(
    kind: Kind, default: str, help: str, *, value: Any = _DEFAULT, secret: bool = False, **more: Any
) -> Any:
    """A dataclass field with its Setting. `default` is written once, as in feeds.yaml, and parsed here.

    `value`: the default of a kind that cannot be written as one word. `secret`: never in the record's repr.
    """
    if value is _DEFAULT:
        value = _default_value(kind, default)
    return field(default=value, repr=not secret, metadata={"setting": Setting(kind, default, help, **more)})


def _default_value(kind: Kind, default: str) -> Any:
    if default == "[]" or kind == "headers":
        return ()
    if default in ("", "none"):
        return None
    return _PARSERS.get(kind, str)(default)


_PARSERS: dict[Kind, Callable[[str], Any]] = {
    "path": Path,
    "duration": parse_duration,
    "size": parse_size,
    "count": int,
    "choices": lambda text: tuple(text.strip("[]").split(", ")),
}


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
        "count", "16", "hosts asked at the same time; one that takes over 0.5 s is not counted", low=1
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
        "url", "none", "WebSub hub that the feeds name and that is told when they change"
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
        "host names that requests may be for, beside that of base_url, addresses and localhost",
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
    """Who is told how the service stands."""

    webhook: str | None = setting(
        "url", "none", "address to which changes of state are posted as JSON with `text` and `events`"
    )
    metrics: str | None = setting(
        "text",
        "none",
        "address and port of the metrics for Prometheus, as 127.0.0.1:9464; not that of the pages",
    )


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
        "filters", "", "`keep` and `block` rules of its own, beside those for all feeds", value=Filters()
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
        "duration", "6h", "how often a URL is asked again; its last good copy is used meanwhile", low=900
    )
    line: int = field(default=0, compare=False, repr=False)  # where it stands in feeds.yaml

    @property
    def is_remote(self) -> bool:
        return "://" in self.from_


@dataclass(frozen=True, slots=True)
class Config:
    file: Path
    feeds: tuple[Subscription, ...]
    title: str = setting("text", "News Feed", "title of the merged feed and the digest")
    description: str | None = setting(
        "text", "none", "a sentence on what is published, for search engines and feed readers"
    )
    icon: Path | None = setting(
        "path",
        "none",
        "picture for browser tabs and feed readers: an SVG, PNG or ICO file, relative to this file",
    )
    theme: Literal["plain", "newspaper", "terminal", "planet"] = setting(
        "choice",
        "plain",
        "how the pages look; files of `templates` go before it",
        choices=("plain", "newspaper", "terminal", "planet"),
    )
    timezone: str = setting("timezone", "UTC", "zone of the times on the pages, as Europe/Berlin")
    base_url: str = setting("url", "http://127.0.0.1:8080/", "where subscribers find the outputs")
    data: Path = setting(
        "path",
        "data",
        "folder of the store and, in `public/`, of the outputs; relative to this file. "
        "The default of a file in ~/.config or /etc is the state folder",
    )
    templates: Path | None = setting(
        "path",
        "none",
        "folder with templates of your own for the pages; those not in it are the program's",
    )
    allow_addresses: tuple[str, ...] = setting(
        "networks", "[]", "networks beyond the public internet where feeds may live, as 127.0.0.0/8"
    )
    include: tuple[Include, ...] = setting(
        "includes", "[]", "further subscriptions: paths or URLs of OPML or YAML files, as [members.opml]"
    )
    related: Literal["on", "off"] = setting(
        "choice",
        "on",
        "whether stories of different outlets that probably tell of one event are linked to each other",
        choices=("on", "off"),
    )
    polling: Polling = field(default_factory=Polling)
    dedupe: Dedupe = field(default_factory=Dedupe)
    publish: Publish = field(default_factory=Publish)
    filters: Filters = field(default_factory=Filters)
    keep: Keep = field(default_factory=Keep)
    web: Web = field(default_factory=Web)
    health: Health = field(default_factory=Health)
    mail: Mail = field(default_factory=Mail)
    digest: DigestMail = field(default_factory=DigestMail)

    @property
    def store_path(self) -> Path:
        return self.data / "aggregator.db"

    @property
    def public_path(self) -> Path:
        return self.data / "public"
