"""Every setting explained: to editors as a JSON Schema, to people as a Markdown table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from aggregator.config.mappings import EXTENSION, FEED, FILTERS, INCLUDE, RULE, SECTIONS, TOP
from aggregator.config.quantities import MOST_COUNT, MOST_SIZE
from aggregator.config.secrets import AUTH_PATTERN, PROXY_PATTERN, SMTP_PATTERN, STORE_PATTERN
from aggregator.config.urls import URL_PATTERN
from aggregator.config.values import ALONE, CLOCK_PATTERN, LISTS, NONE
from aggregator.quantities import DURATION_PATTERN, SIZE_PATTERN
from aggregator.settings import Kind, Setting

Schema = dict[str, Any]

_FEEDS_HELP = "the feeds to follow: each an address, or a mapping with the keys below"
_FEED_URL: Schema = {"type": "string", "pattern": URL_PATTERN}
_TEXT: Schema = {"type": "string", "pattern": r"\S"}


def schema() -> Schema:
    """JSON Schema (2020-12) of feeds.yaml."""
    feed = {**_mapping({key: _property(setting) for key, setting in FEED.items()}), "required": ["url"]}
    feeds = {
        "description": _FEEDS_HELP,
        "type": ["array", "null"],  # null or empty: all feeds may be included
        "items": {"anyOf": [_FEED_URL, feed]},
    }
    sections: Schema = {
        name: {
            **_mapping({key: _property(setting) for key, setting in settings.items()}),
            "type": ["object", "null"],  # null: all its lines may be commented out
        }
        for name, settings in SECTIONS.items()
    }
    top = {key: _property(setting) for key, setting in TOP.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "feeds.yaml",
        "description": "Settings and subscriptions of the news feed aggregator",
        **_mapping({"feeds": feeds, **top, **sections}),
        "patternProperties": {f"^{EXTENSION}": {}},
        "anyOf": [_filled("feeds"), _filled("include")],
    }


def _filled(key: str) -> Schema:
    """That this list is there and has items."""
    return {"required": [key], "properties": {key: {"type": "array", "minItems": 1}}}


def reference() -> str:
    """All settings as a Markdown table: key, default, meaning."""
    rows = [("feeds", "required", _FEEDS_HELP)]
    rows += [
        (f"feeds[].{key}", _default_text(setting) or ("required" if key == "url" else "none"), setting.help)
        for key, setting in FEED.items()
    ]
    rows += [(key, _default_text(setting), setting.help) for key, setting in TOP.items()]
    rows += [
        (f"include[].{key}", _default_text(setting) or "required", setting.help)
        for key, setting in INCLUDE.items()
    ]
    rows += [
        (f"{name}.{key}", _default_text(setting), setting.help)
        for name, settings in SECTIONS.items()
        for key, setting in settings.items()
    ]
    lines = ["| key | default | meaning |", "| --- | --- | --- |"]
    lines += [f"| `{key}` | {default} | {meaning.replace('|', '&#124;')} |" for key, default, meaning in rows]
    return "\n".join(lines) + "\n"


def sample(feeds: str = "feeds: []\n", schema_at: str | Path | None = None) -> str:
    """A feeds.yaml that shows every setting, commented out, with its default and meaning; `feeds`: its last part."""
    lines = [
        f"# yaml-language-server: $schema={schema_at or SCHEMA_FILE}",
        "#",
        "# Which feeds to follow, and how. Only `feeds`, at the end, is needed. Every other line shows a default:",
        "# remove its # to change it. Durations are written 30s, 15m, 2h, 7d, 1w or 1h30m, sizes 500KB or 10MB.",
        "",
        *(_commented(key, setting) for key, setting in TOP.items()),
    ]
    for name, settings in SECTIONS.items():
        lines += ["", *_BEFORE.get(name, ()), f"{name}:"]
        lines += [f"  {_commented(key, setting)}" for key, setting in settings.items()]
    lines += ["", "# A feed is its URL alone, or a mapping:"]
    lines += [f"#   {key:<9} {setting.help.replace('`', '')}" for key, setting in FEED.items()]
    lines += [
        "# Secrets need not be written here: in auth, headers and polling.proxy ${NAME} is an environment variable and",
        "# file:PATH the content of a file.",
    ]
    return "\n".join(lines) + "\n" + feeds


SCHEMA_FILE = Path(__file__).with_name("feeds.schema.json")


def starter_feeds() -> str:
    """The `feeds` part of a first feeds.yaml: a dozen well-known feeds of every format."""
    return Path(__file__).with_name("starter.yaml").read_text(encoding="utf-8")


_BEFORE = {
    "filters": (
        "# A rule is a word or phrase that may stand anywhere, or a mapping of what must hold together, with the keys",
        "# title, link, author, tag, content, any: - {title: sponsored, link: /example\\.(com|org)/}",
    )
}


def _commented(key: str, setting: Setting) -> str:
    choices = f": {', '.join(setting.choices)}" if setting.kind == "choice" else ""
    return f"#{key}: {yaml_default(setting)}  # {setting.help.replace('`', '')}{choices}"


def yaml_default(setting: Setting) -> str:
    """The default as it is written in feeds.yaml."""
    default = setting.default or "none"
    if setting.kind in LISTS:  # an IPv6 network needs quotes in brackets
        items = default.strip("[]").split(", ")
        quoted = (f'"{item}"' if ":" in item else item for item in items)
        default = "[" + ", ".join(quoted) + "]"
    return default


def _default_text(setting: Setting) -> str:
    return f"`{setting.default}`" if setting.default else ""


def _mapping(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _property(setting: Setting) -> Schema:
    shape = _SHAPES[setting.kind](setting)
    if setting.default == NONE:
        shape = {"anyOf": [{"const": NONE}, shape]}
    described = {"description": setting.help, **shape}
    if setting.default:
        described["default"] = _default(setting)
    return described


def _default(setting: Setting) -> Any:
    if setting.kind in LISTS:
        words = setting.default.strip("[]")
        return words.split(", ") if words else []
    return int(setting.default) if setting.kind == "count" else setting.default


def _choices(setting: Setting) -> Schema:
    together = [choice for choice in setting.choices if choice not in ALONE]
    lists = [{"items": {"enum": together}}, {"items": {"enum": list(setting.choices)}, "maxItems": 1}]
    return {"anyOf": [{"enum": list(setting.choices)}, {"type": "array", "minItems": 1, "anyOf": lists}]}


def _rules(_: Setting) -> Schema:
    rule = {**_mapping({key: _property(setting) for key, setting in RULE.items()}), "minProperties": 1}
    return {"type": "array", "items": {"anyOf": [_TEXT, rule]}}


def _includes(_: Setting) -> Schema:
    described = {
        **_mapping({key: _property(setting) for key, setting in INCLUDE.items()}),
        "required": ["from"],
    }
    return {"type": "array", "items": {"anyOf": [_TEXT, described]}}


def _filters(_: Setting) -> Schema:
    described = _mapping({key: _property(setting) for key, setting in FILTERS.items()})
    return {**described, "type": ["object", "null"]}


def _dedupe(_: Setting) -> Schema:
    settings = SECTIONS["dedupe"]
    described = _mapping({key: _property(setting) for key, setting in settings.items()})
    return {"anyOf": [described, _choices(settings["by"])]}


_SHAPES: dict[Kind, Callable[[Setting], Schema]] = {
    "text": lambda _: _TEXT,
    "url": lambda _: _FEED_URL,
    "iri": lambda _: {"type": "string", "pattern": r"^\s*[A-Za-z][A-Za-z0-9+.-]*:\S+\s*$"},
    "path": lambda _: _TEXT,
    "duration": lambda _: {"type": "string", "pattern": DURATION_PATTERN},
    "size": lambda setting: {
        "type": ["string", "integer"],
        "pattern": SIZE_PATTERN,
        "minimum": int(setting.low),
        "maximum": MOST_SIZE,
    },
    "count": lambda setting: {"type": "integer", "minimum": int(setting.low), "maximum": MOST_COUNT},
    "choice": lambda setting: {"enum": list(setting.choices)},
    "choices": _choices,
    "texts": lambda _: {"type": "array", "items": _TEXT},
    "networks": lambda _: {"type": "array", "items": {"type": "string"}},
    "pattern": lambda _: _TEXT,
    "rules": _rules,
    "filters": _filters,
    "source": lambda _: _TEXT,
    "includes": _includes,
    "dedupe": _dedupe,
    "auth": lambda _: {"type": "string", "pattern": AUTH_PATTERN},
    "extra": lambda _: {
        "type": "object",
        "propertyNames": {"pattern": r"^[A-Za-z][A-Za-z0-9_]*$"},
        "additionalProperties": {"type": ["string", "number", "boolean"]},
    },
    "headers": lambda _: {
        "type": "object",
        "additionalProperties": {"type": ["string", "number", "boolean"]},
    },
    "proxy": lambda _: {"type": "string", "pattern": PROXY_PATTERN},
    "store": lambda _: {"type": "string", "pattern": STORE_PATTERN},
    "smtp": lambda _: {"type": "string", "pattern": SMTP_PATTERN},
    "secret": lambda _: {"type": ["string", "number"]},
    "clock": lambda _: {"type": "string", "pattern": CLOCK_PATTERN},
    "timezone": lambda _: _TEXT,
}
