"""A store copied to another place, by hand: no configuration is needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aggregator.errors import StoreError
from aggregator.pipeline.store_place import look_up
from aggregator.store.address import is_postgresql


def is_database(place: str) -> bool:
    """Whether it is the address of a database, or names a secret that holds one; else it is a file."""
    return is_postgresql(place) or place.startswith("${")


def copy_store(source: str, target: str, report: Callable[[str, int, int], None]) -> int:
    """Copies a store; how many rows. Secrets in addresses are looked up. Raises StoreError.

    `report` is called with what is being done, and how many rows of how many are.
    """
    from aggregator.store.open import copy_store as copy

    return copy(_place(source), _place(target), report)


def _place(text: str) -> Path | str:
    if is_database(text):
        return look_up(text, Path.cwd(), "on the command line")
    if "://" in text:
        raise StoreError(
            f"{text.partition(':')[0]}:// is not supported as a store: name a file or postgresql://"
        )
    return Path(text).expanduser()
