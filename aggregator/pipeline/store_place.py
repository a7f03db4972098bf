"""Where the store is: a file, or a database whose address may name secrets."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from aggregator.errors import StoreError
from aggregator.settings import Config

_USER = re.compile(r"^(postgres(?:ql)?://)([^@/]*)@")


def store_place(config: Config) -> Path | str:
    """As `open_store` takes it, with secrets looked up. Raises StoreError that never repeats one."""
    if config.store is None:
        return config.store_path
    from aggregator.fetch import FetchProblem, Secrets

    secrets = Secrets(config.file.parent)
    user = _USER.match(config.store)
    try:
        if user is None:
            return secrets.text(config.store, "store")
        # A password may hold any character: what is looked up is written as an address takes it.
        parts = [
            quote(secrets.text(part, "store"), safe="") if "${" in part or part.startswith("file:") else part
            for part in _parts(user[2])
        ]
        return f"{user[1]}{':'.join(parts)}@{secrets.text(config.store[user.end() :], 'store')}"
    except FetchProblem as problem:
        raise StoreError(str(problem)) from None


def _parts(user: str) -> list[str]:
    """Name and password; a password may be file:PATH."""
    return user.split(":", 1)
