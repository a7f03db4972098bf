"""The settings by the place where they stand in feeds.yaml, taken from the records' metadata."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from aggregator.settings import Config, FilterRule, Filters, Setting, Subscription


def settings_of(record: type[Any]) -> dict[str, Setting]:
    """The record's settings by key, in the order in which they are declared."""
    return {field.name: field.metadata["setting"] for field in fields(record) if "setting" in field.metadata}


TOP = settings_of(Config)
FEED = settings_of(Subscription)
FILTERS = settings_of(Filters)
RULE = settings_of(FilterRule)

SECTION_RECORDS: dict[str, Any] = {
    field.name: field.default_factory for field in fields(Config) if is_dataclass(field.default_factory)
}
SECTIONS = {name: settings_of(record) for name, record in SECTION_RECORDS.items()}
