"""Fixtures that several rooms share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.store.sqlite import SqliteStore
from support.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    store = SqliteStore.open(tmp_path / "aggregator.db")
    yield Bench(tmp_path, store)
    store.close()
