"""A scenario: what some feeds serve at each step of a clock, and what a subscriber should see of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from polite.sites import Answer

from .items import Document, Item


@dataclass(frozen=True, slots=True)
class Step:
    """A moment at which something changes."""

    at: float  # hours since the start; the program runs until then as the step before left it
    shows: Mapping[str, Sequence[Item] | Document] = field(default_factory=dict)  # by feed; others stay
    fails: frozenset[str] = frozenset()  # feeds that answer 500 from now on
    runs: bool = True  # whether the program runs from now on
    clock: float = 0.0  # hours by which the program's clock is ahead from now on, after a new start
    poll: bool = True  # where polls are forced: poll now


@dataclass(frozen=True, slots=True)
class Scenario:
    """`name` and `about` are for people; the rest says how it is played and what should come of it."""

    name: str
    about: str
    steps: Callable[[], Iterator[Step]]
    feeds: tuple[str, ...] = ("feed",)
    hosts: Mapping[str, str] = field(default_factory=dict)  # by feed, where several share one
    ordinary: bool = False  # everyday life, and nobody's mistake
    as_due: bool = False  # polled when due, as by the service; else at each step
    keep_days: int = 365
    ordered: bool = (
        True  # news of one poll should be in the order of its dates, undated in that of the document
    )
    patience: float = 0.0  # hours after which a feed that was not served is starved; 0: not judged
    gate: Callable[[], Callable[[float, str], Answer | None]] | None = None  # answers before the feed does
    ends: Mapping[str, str] = field(default_factory=dict)  # titles in the merged feed at the end, by key
    top: tuple[str, ...] = ()  # keys that stand first at the end
    quick: bool = False  # one of those that are played in the fast lane


SCENARIOS: dict[str, Scenario] = {}

Steps = Callable[[], Iterator[Step]]


def scenario(about: str, **more: object) -> Callable[[Steps], Steps]:
    """Registers a scenario made of the steps of the decorated function, whose name it bears."""

    def register(steps: Steps) -> Steps:
        name = steps.__name__.replace("_", "-")
        assert name not in SCENARIOS, name
        SCENARIOS[name] = Scenario(name, about, steps, **more)  # type: ignore[arg-type]
        return steps

    return register
