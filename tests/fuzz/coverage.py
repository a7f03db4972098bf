"""Which code was reached, by the interpreter's own monitoring (PEP 669): each place tells once, and then costs nothing.

Before Python 3.12 there is none, and nothing is ever new.
"""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any

_OURS = ("/aggregator/", "/feedparser/")
_OFTEN = 200  # after so many times one way, a branch is no longer asked which


class Watch:
    """Counts places reached for the first time: lines, and both ways of each branch."""

    def __init__(self) -> None:
        self._seen: dict[tuple[CodeType, int, int], int] = {}
        self._told = 0
        monitoring: Any = getattr(sys, "monitoring", None)
        if monitoring is None:
            return
        self._off = monitoring.DISABLE
        tool = monitoring.COVERAGE_ID
        monitoring.use_tool_id(tool, "fuzz")
        events = monitoring.events
        monitoring.register_callback(tool, events.LINE, self._line)
        monitoring.register_callback(tool, events.BRANCH, self._branch)
        monitoring.set_events(tool, events.LINE | events.BRANCH)

    @property
    def places(self) -> int:
        return len(self._seen)

    def news(self) -> bool:
        """Whether something was reached since the last call that was not before."""
        before, self._told = self._told, len(self._seen)
        return self._told > before

    def _line(self, code: CodeType, line: int) -> Any:
        if any(ours in code.co_filename for ours in _OURS):
            self._seen[code, -1, line] = 1
        return self._off

    def _branch(self, code: CodeType, offset: int, destination: int) -> Any:
        if not any(ours in code.co_filename for ours in _OURS):
            return self._off
        key = (code, offset, destination)
        self._seen[key] = times = self._seen.get(key, 0) + 1
        return self._off if times > _OFTEN else None
