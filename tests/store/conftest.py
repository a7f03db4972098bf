"""A real store for each test, of every engine that there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aggregator.store.interfaces import Store
from aggregator.store.open import open_store
from support.postgres import shared_server


@dataclass(frozen=True, slots=True)
class Engine:
    """How a test opens stores of one engine; each name is a store of its own."""

    kind: str
    folder: Path
    places: dict[str, str] = field(default_factory=dict)

    def open(self, name: str = "store", trace: Callable[[str], None] | None = None) -> Store:
        return open_store(self.place(name), trace)

    def place(self, name: str = "store") -> str:
        """Where the store of this name is, as `open_store` takes it."""
        if name not in self.places:
            file = str(self.folder / f"{name}.db")
            self.places[name] = file if self.kind == "sqlite" else shared_server().new_store()
        return self.places[name]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(tmp_path: Path, request: pytest.FixtureRequest) -> Engine:
    return Engine(request.param, tmp_path)


@pytest.fixture
def store(engine: Engine) -> Iterator[Store]:
    opened = engine.open()
    yield opened
    opened.close()
