"""Where the store is: a file, or a database whose address may name secrets."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from aggregator.errors import StoreError
from aggregator.settings import Config
from aggregator.store.address import is_postgresql
from aggregator.uris import database_advice

_USER = re.compile(r"^(postgres(?:ql)?://)([^@/]*)@")


def store_place(config: Config) -> Path | str:
    """As `open_store` takes it, with secrets looked up. Raises StoreError that never repeats one."""
    return config.store_path if config.store is None else look_up(config.store, config.file.parent)


def look_up(store: str, folder: Path, place: str = "in feeds.yaml") -> str:
    """The address of a database with its secrets: ${NAME}, and file:PATH relative to `folder`.

    `place`: where the address is written. Raises StoreError.
    """
    from aggregator.fetch import FetchProblem, Secrets

    secrets = Secrets(folder, place=place)
    user = _USER.match(store)
    try:
        if user is None:
            return _checked(secrets.text(store, "store"))
        # A password may hold any character: what is looked up is written as an address takes it.
        parts = [
            quote(secrets.text(part, "store"), safe="") if "${" in part or part.startswith("file:") else part
            for part in _parts(user[2])
        ]
        return _checked(f"{user[1]}{':'.join(parts)}@{secrets.text(store[user.end() :], 'store')}")
    except FetchProblem as problem:
        raise StoreError(str(problem)) from None


def _checked(place: str) -> str:
    if is_postgresql(place) and (advice := database_advice(place)):
        raise StoreError(f"the address of the database in `store` is wrong: {advice}")
    return place


def _parts(user: str) -> list[str]:
    """Name and password; a password may be file:PATH."""
    return user.split(":", 1)
