"""What was made before, each beside all that it was made of, and made anew only where that is another."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Memo(Generic[T]):
    """Remembers of each name the last that was made; `make` is a function of its arguments alone."""

    def __init__(self, make: Callable[..., T]) -> None:
        self._make = make
        self._known: dict[Hashable, tuple[tuple[object, ...], T]] = {}

    def of(self, name: Hashable, *given: object) -> T:
        """What is made of `given`; if that is what it was the last time for this name, what was made then."""
        known = self._known.get(name)
        if known is None or known[0] != given:
            known = self._known[name] = given, self._make(*given)
        return known[1]
