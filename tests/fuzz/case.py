"""What the fuzzer plays: documents that feeds show one after the other to one store."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Document:
    body: bytes
    content_type: str | None = None
    feed: int = 0  # which of the subscriptions shows it


Case = tuple[Document, ...]


def save(case: Case, path: Path) -> None:
    """Writes the case so that it can be looked at and played again; bytes stand as Latin-1."""
    shown = [
        {"feed": each.feed, "content_type": each.content_type, "body": each.body.decode("latin-1")}
        for each in case
    ]
    path.write_text(json.dumps(shown, indent=1), "utf-8")


def load(path: Path) -> Case:
    return tuple(
        Document(each["body"].encode("latin-1"), each["content_type"], each["feed"])
        for each in json.loads(path.read_text("utf-8"))
    )
