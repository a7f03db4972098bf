"""A real store for each test, of every engine that there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aggregator.store.interfaces import Store
from aggregator.store.open import open_store


@dataclass(frozen=True, slots=True)
class Engine:
    """How a test opens stores of one engine; each name is a store of its own."""

    folder: Path
    suffix: str

    def open(self, name: str = "store", trace: Callable[[str], None] | None = None) -> Store:
        return open_store(self.folder / f"{name}{self.suffix}", trace)


@pytest.fixture(params=[pytest.param(".db", id="sqlite")])
def engine(tmp_path: Path, request: pytest.FixtureRequest) -> Engine:
    return Engine(tmp_path, request.param)


@pytest.fixture
def store(engine: Engine) -> Iterator[Store]:
    opened = engine.open()
    yield opened
    opened.close()
