"""Reads feeds.yaml into a Config, or raises ConfigError with all its errors."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from dataclasses import replace
from keyword import iskeyword
from pathlib import Path

from aggregator.config.issues import InvalidValue, Issues, redact
from aggregator.config.mappings import (
    FEED,
    SECTION_RECORDS,
    SECTIONS,
    TOP,
    Values,
    is_nothing,
    section_values,
    value_of,
    values_of,
)
from aggregator.config.places import default_data
from aggregator.config.tree import Mapping, Node, Sequence, compose
from aggregator.config.urls import base_url, feed_key, is_ours_by_key
from aggregator.errors import ConfigError, ConfigIssue
from aggregator.files import LARGEST, read_bounded
from aggregator.quantities import duration_text
from aggregator.settings import Config, Dedupe, Polling, Subscription

_ALIAS = re.compile(r"(?:/[A-Za-z0-9._~-]+)+/?")
_XML = re.compile(r"\s*<(\?xml|!--|!DOCTYPE|opml)", re.I)
_EXAMPLE = "- https://example.org/feed"
_BEGINNING = f"write `feeds:` and under it `{_EXAMPLE}`"


def load(path: Path) -> Config:
    """The configuration; `data` is resolved against the directory of the file.

    Raises ConfigError, its issues in file order, where the file cannot be used as it stands.
    """
    return parse(_text_of(path, Issues(str(path))), path)


def parse(text: str, path: Path, no_feeds: bool = False) -> Config:
    """As `load`, of a text that stands, or is to stand, at this path. `no_feeds`: an empty list is fine."""
    issues = Issues(str(path))
    root = compose(text.removeprefix("\ufeff"), issues)
    if (root is None or is_nothing(root)) and no_feeds:
        root = Mapping(1, {})
    if root is None or is_nothing(root):
        issues.stop(0, "", "is empty", _BEGINNING)
    if not isinstance(root, Mapping):
        issues.stop(root.line, "", "must start with a key", _BEGINNING)
    values = values_of(root, "", TOP, issues, ("feeds", *SECTIONS))
    sections = {name: section_values(root, name, issues) for name in SECTIONS}
    optional = no_feeds or bool(values.get("include"))
    ours = feed_key(values.get("base_url", TOP["base_url"].default))
    feeds = read_subscriptions(root, issues, Dedupe(**sections["dedupe"]), optional, ours)
    _check_base_url(root, values, issues)
    _check_intervals(root, sections["polling"], issues)
    _check_templates(root, values, path, issues)
    _check_icon(root, values, path, issues)
    _check_aliases(root, sections["publish"], issues)
    issues.raise_any()
    file = path.absolute()
    values["data"] = file.parent / values["data"] if "data" in values else default_data(file)
    if values.get("templates"):
        values["templates"] = file.parent / values["templates"]
    if values.get("icon"):
        values["icon"] = file.parent / values["icon"]
    records = {
        name: SECTION_RECORDS[name](
            **{f"{key}_" if iskeyword(key) else key: sections[name][key] for key in sections[name]}
        )
        for name in SECTIONS
    }
    values["include"] = tuple(
        include if include.is_remote else replace(include, from_=str(file.parent / include.from_))
        for include in values.get("include", ())
    )
    return Config(file=file, feeds=feeds, **values, **records)


def not_found(path: Path, also: str = "") -> ConfigIssue:
    """The answer where there is no such file; `also`: where else it was looked for."""
    place = f"{redact(path.name)} not found in {redact(str(path.absolute().parent))}{also}"
    return ConfigIssue("", 0, "", f"{place}. Create one with `aggregator init`, or name one with -c FILE")


def _text_of(path: Path, issues: Issues) -> str:
    try:
        content = read_bounded(path)
    except FileNotFoundError:
        raise ConfigError((not_found(path),)) from None
    except IsADirectoryError:
        issues.stop(0, "", "is a directory", "name the file in it")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        issues.stop(0, "", f"cannot be read: {getattr(error, 'strerror', None) or error}")
    if len(content) > LARGEST:
        issues.stop(0, "", f"is larger than {LARGEST // 1_000_000} MB", "name a list of feeds")
    content = content.removeprefix(BOM_UTF8)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        issues.stop(line, "", f"is not UTF-8: byte 0x{content[error.start]:02X}", "save the file as UTF-8")
    if _XML.match(text):
        issues.stop(
            1, "", "is XML, not YAML", f"if it is an OPML list, type `aggregator feeds import {path}`"
        )
    return text


def _check_base_url(root: Mapping, values: Values, issues: Issues) -> None:
    if "base_url" in values:
        try:
            values["base_url"] = base_url(values["base_url"])
        except InvalidValue as invalid:
            issues.add(root.entries["base_url"].value.line, "base_url", invalid.problem, invalid.fix)


def _check_templates(root: Mapping, values: Values, path: Path, issues: Issues) -> None:
    folder = values.get("templates")
    if folder and not _is_folder(path.absolute().parent / folder):
        line = root.entries["templates"].value.line
        issues.add(
            line, "templates", f"`{redact(str(folder))}` is not a directory", "create it, or write `none`"
        )


def _check_icon(root: Mapping, values: Values, path: Path, issues: Issues) -> None:
    icon = values.get("icon")
    if icon and not (
        icon.suffix.lower() in (".svg", ".png", ".ico") and _is_file(path.absolute().parent / icon)
    ):
        line = root.entries["icon"].value.line
        issues.add(
            line, "icon", f"`{redact(str(icon))}` is not an SVG, PNG or ICO file", "name one, or write `none`"
        )


def _check_aliases(root: Mapping, publish: Values, issues: Issues) -> None:
    for alias in publish.get("aliases", ()):
        if not _ALIAS.fullmatch(alias):
            line = root.entries["publish"].value.line
            issues.add(
                line,
                "publish.aliases",
                f"`{redact(alias)}` is not a path",
                "write it as /atom.xml or /blog/feed/",
            )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long, a folder that is closed to us
        return False


def _check_intervals(root: Mapping, values: Values, issues: Issues) -> None:
    """floor <= every <= ceiling; reported at the key that the file sets, of two at the later."""
    section = root.entries["polling"].value if "polling" in root.entries else None
    if not isinstance(section, Mapping):
        return
    polling = Polling(**values)
    for less, more in (("floor", "every"), ("every", "ceiling")):
        least, most = getattr(polling, less), getattr(polling, more)
        present = [name for name in (less, more) if name in section.entries]
        if least <= most or any(name not in values for name in present):
            continue
        key = max(present, key=lambda name: section.entries[name].line)
        other, bound, side, way = (
            (more, most, "more", "less") if key == less else (less, least, "less", "more")
        )
        default = "" if other in present else " by default"
        issues.add(
            section.entries[key].value.line,
            f"polling.{key}",
            f"is {side} than polling.{other}, which is {duration_text(bound)}{default}",
            f"write {duration_text(bound)} or {way}, or change polling.{other} too",
        )


# ---------------------------------------------------------------- feeds


def read_subscriptions(
    root: Mapping, issues: Issues, general: Dedupe, no_feeds: bool, ours: str = ""
) -> tuple[Subscription, ...]:
    """The valid items of `feeds`, in file order, with their lines.

    `general`: the settings of `dedupe` that a feed with its own goes by for the rest. `ours`: the key of where our
    own outputs are served, to which subscribing would publish every story again.
    """
    found: list[Subscription] = []
    lines: dict[str, int] = {}
    for index, item in enumerate(_items(root, issues, no_feeds)):
        at = f"feeds[{index}]"
        values = _feed_values(item, at, issues)
        if "url" not in values:
            continue
        key = feed_key(values["url"])
        if key in lines:
            issues.add(
                item.line,
                f"{at}.url" if isinstance(item, Mapping) else at,
                f"`{redact(values['url'])}` is the same feed as on line {lines[key]}",
                "remove one of them",
            )
        lines.setdefault(key, item.line)
        if ours and is_ours_by_key(key, ours):
            issues.add(
                item.line, "feeds", f"`{redact(values['url'])}` is one of our own outputs", "remove it"
            )
        if "dedupe" in values:
            values["dedupe"] = replace(general, **values["dedupe"])
        found.append(Subscription(**values, line=item.line))
    return tuple(found)


def _items(root: Mapping, issues: Issues, no_feeds: bool) -> tuple[Node, ...]:
    if no_feeds and ("feeds" not in root.entries or is_nothing(root.entries["feeds"].value)):
        return ()
    if "feeds" not in root.entries:
        issues.add(0, "feeds", "is missing", f"write `feeds:` and under it `{_EXAMPLE}`")
        return ()
    line, node = root.entries["feeds"]
    if isinstance(node, Sequence) and (node.items or no_feeds):
        return node.items
    if isinstance(node, Sequence) or is_nothing(node):
        issues.add(line, "feeds", "is empty", "add a feed with `aggregator feeds add URL`")
    else:
        issues.add(line, "feeds", "is not a list", f"start each feed with a dash, for example `{_EXAMPLE}`")
    return ()


def _feed_values(item: Node, at: str, issues: Issues) -> Values:
    if isinstance(item, Mapping):
        values = values_of(item, at, FEED, issues)
        if "url" not in item.entries:
            issues.add(item.line, f"{at}.url", "is missing", "write `url: https://example.org/feed`")
        return values
    if isinstance(item, Sequence):
        issues.add(item.line, at, "is a list, but must be a feed", "write its URL, or a mapping with `url`")
        return {}
    url = value_of(item, FEED["url"], at, issues)
    return {} if url is None else {"url": url}
