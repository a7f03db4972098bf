"""A real store for each test, of every engine that there is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from aggregator.store.interfaces import Store
from aggregator.store.open import open_store
from support.postgres import shared_server
from support.stores import sql


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

    @property
    def broken_constraint(self) -> type[Exception]:
        """What it raises where a row breaks a constraint."""
        if self.kind == "sqlite":
            return sqlite3.IntegrityError
        import psycopg

        return psycopg.IntegrityError

    def ask(self, statement: str, name: str = "store") -> Sequence[tuple[Any, ...]]:
        """What a statement gives, over a connection of the test's own."""
        if self.kind == "sqlite":
            return [tuple(row) for row in sql(Path(self.place(name)), statement)]
        import psycopg

        with psycopg.connect(self.place(name)) as connection:
            return connection.execute(statement.encode()).fetchall()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(tmp_path: Path, request: pytest.FixtureRequest) -> Engine:
    return Engine(request.param, tmp_path)


@pytest.fixture
def store(engine: Engine) -> Iterator[Store]:
    opened = engine.open()
    yield opened
    opened.close()
