"""What feeds.yaml can say, as frozen records: one table of every setting, its kind, default and meaning.

`config` reads the file into these and makes the JSON Schema from them; each field's metadata carries
its `Setting`, so that the loader, the schema and the README's table cannot drift apart.
"""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import Literal

from aggregator.records import dataclass
from aggregator.settings.fields import Kind, Setting, setting
from aggregator.settings.sections import (
    Dedupe,
    DedupeBy,
    DigestMail,
    Health,
    Keep,
    Mail,
    Polling,
    Publish,
    Web,
)
from aggregator.settings.subscription import FilterRule, Filters, Include, Subscription

__all__ = [
    "Config",
    "Dedupe",
    "DedupeBy",
    "DigestMail",
    "FilterRule",
    "Filters",
    "Health",
    "Include",
    "Keep",
    "Kind",
    "Mail",
    "Polling",
    "Publish",
    "Setting",
    "Subscription",
    "Web",
    "setting",
]


@dataclass(frozen=True, slots=True)
class Config:
    file: Path
    feeds: tuple[Subscription, ...]
    title: str = setting("text", "News Feed", "title of the merged feed and the digest")
    description: str | None = setting(
        "text", "none", "a sentence on what is published, for search engines and feed readers"
    )
    id: str | None = setting(
        "iri",
        "none",
        "id of the merged feed, as urn:uuid:... in its feed.atom; else one is made, and is lost with the store",
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
    store: str | None = setting(
        "store",
        "none",
        "PostgreSQL database to keep all in, as postgresql://NAME:${PASSWORD}@HOST/DATABASE; "
        "`none`: a file in `data`",
        secret=True,
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
        """The store's file, where `store` names no database."""
        return self.data / "aggregator.db"

    @property
    def public_path(self) -> Path:
        return self.data / "public"
