"""Nothing lost, overwritten, repeated, or old as new: every scenario is played, and no harm may come of it."""

from __future__ import annotations

import pytest

from . import mishaps, ordinary
from .judge import HARMS, judge
from .player import play
from .report import _MEANS, BEFORE, DOCUMENT, report
from .scenario import SCENARIOS

assert mishaps.__doc__
assert ordinary.__doc__  # importing them registers their scenarios


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if found.quick else pytest.mark.slow) for name, found in SCENARIOS.items()],
)
def test_no_harm_comes_of(name: str) -> None:
    harms = judge(SCENARIOS[name], play(SCENARIOS[name]))
    assert {harm: found for harm, found in harms.items() if found} == {}


def test_the_document_is_that_of_the_scenarios() -> None:
    assert DOCUMENT.read_text() == report()
    assert set(BEFORE) <= set(SCENARIOS)
    readme = (DOCUMENT.parents[1] / "README.md").read_text()
    assert f"[{len(SCENARIOS)} scenarios](docs/feeds-over-time.md)" in readme


def test_there_are_enough_scenarios() -> None:
    assert len(SCENARIOS) >= 40
    assert sum(found.ordinary for found in SCENARIOS.values()) >= 15
    assert set(_MEANS) == set(HARMS)
