"""Reads feeds.yaml into a Config, or raises ConfigError with everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path

from aggregator.config.complaints import Complaints, Wrong, shown
from aggregator.config.durations import duration_text
from aggregator.config.mappings import Values, is_nothing, section_values, values_of
from aggregator.config.subscriptions import EXAMPLE, subscriptions
from aggregator.config.table import SECTION_RECORDS, SECTIONS, TOP
from aggregator.config.tree import Mapping, compose
from aggregator.config.urls import base_url, is_ours
from aggregator.settings import Config, Dedupe, Polling, Subscription

_BEGINNING = f"write `feeds:` and under it `{EXAMPLE}`"


def load(path: Path) -> Config:
    """What the file says; `data` is resolved against the file's own folder.

    Raises ConfigError, its complaints in file order, where the file cannot be used as it stands.
    """
    complaints = Complaints(str(path))
    root = compose(_text_of(path, complaints), complaints)
    if root is None or is_nothing(root):
        complaints.stop(0, "", "is empty", _BEGINNING)
    if not isinstance(root, Mapping):
        complaints.stop(root.line, "", "does not begin with a key", _BEGINNING)
    values = values_of(root, "", TOP, complaints, ("feeds", *SECTIONS))
    sections = {name: section_values(root, name, complaints) for name in SECTIONS}
    feeds = subscriptions(root, complaints, Dedupe(**sections["dedupe"]))
    _check_base_url(root, values, complaints)
    _check_intervals(root, sections["polling"], complaints)
    _check_templates(root, values, path, complaints)
    _check_loops(values.get("base_url", TOP["base_url"].default), feeds, complaints)
    complaints.raise_any()
    file = path.absolute()
    values["data"] = file.parent / values.get("data", TOP["data"].default)
    if values.get("templates"):
        values["templates"] = file.parent / values["templates"]
    records = {name: SECTION_RECORDS[name](**sections[name]) for name in SECTIONS}
    return Config(file=file, feeds=feeds, **values, **records)


def _text_of(path: Path, complaints: Complaints) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        complaints.stop(0, "", "there is no such file", "check the path, or write the file")
    except IsADirectoryError:
        complaints.stop(0, "", "is a folder", "name the file in it")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        complaints.stop(0, "", f"cannot be read: {getattr(error, 'strerror', None) or error}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        complaints.stop(
            line, "", f"is not UTF-8: byte 0x{content[error.start]:02X}", "save the file as UTF-8"
        )


def _check_base_url(root: Mapping, values: Values, complaints: Complaints) -> None:
    if "base_url" in values:
        try:
            values["base_url"] = base_url(values["base_url"])
        except Wrong as wrong:
            complaints.add(root.entries["base_url"].value.line, "base_url", wrong.wrong, wrong.right)


def _check_templates(root: Mapping, values: Values, path: Path, complaints: Complaints) -> None:
    folder = values.get("templates")
    if folder and not _is_folder(path.absolute().parent / folder):
        line = root.entries["templates"].value.line
        complaints.add(line, "templates", f"`{shown(str(folder))}` is no folder", "make it, or write `none`")


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long, a folder that is closed to us
        return False


def _check_loops(base: str, feeds: tuple[Subscription, ...], complaints: Complaints) -> None:
    """Whoever follows what he publishes publishes it again, for ever."""
    for sub in feeds:
        if is_ours(sub.url, base):
            complaints.add(
                sub.line, "feeds", f"`{shown(sub.url)}` is what this very program publishes", "remove it"
            )


def _check_intervals(root: Mapping, values: Values, complaints: Complaints) -> None:
    """floor <= every <= ceiling; complains at the key that the file sets, of two at the later."""
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
        complaints.add(
            section.entries[key].value.line,
            f"polling.{key}",
            f"is {side} than polling.{other}, which is {duration_text(bound)}{default}",
            f"write {duration_text(bound)} or {way}, or change polling.{other} too",
        )
