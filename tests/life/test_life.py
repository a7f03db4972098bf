"""Nothing lost, overwritten, repeated, or old as new: every scenario is played, and no harm may come of it."""

from __future__ import annotations

import pytest

from . import mishaps, ordinary
from .judge import HARMS, judge
from .player import play
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


def test_there_are_enough_scenarios() -> None:
    assert len(SCENARIOS) >= 40
    assert sum(found.ordinary for found in SCENARIOS.values()) >= 15
    assert set(judge(SCENARIOS["blog"], play(SCENARIOS["blog"]))) == set(HARMS)
