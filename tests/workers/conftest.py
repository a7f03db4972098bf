"""Crews on both engines; each PostgreSQL is a server of its own, which a test may stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.postgres import Server, new_server

from .crew import Crew, Host, hosts

MakeCrew = Callable[[str, int, int], Crew]


@pytest.fixture
def postgres() -> Iterator[Server]:
    with new_server() as server:
        yield server


@pytest.fixture
def make_crew(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[MakeCrew]:
    """A crew on an engine, with so many hosts of so many feeds."""
    with ExitStack() as stack:

        def make(engine: str, count: int, feeds: int) -> Crew:
            site: list[Host] = stack.enter_context(hosts(count, feeds))
            place = request.getfixturevalue("postgres").new_store() if engine == "postgresql" else None
            crew = Crew(tmp_path, site, place)
            stack.callback(crew.close)
            return crew

        yield make
