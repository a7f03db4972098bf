"""One thing that `aggregator doctor` has looked at."""

from __future__ import annotations

from typing import Literal

from aggregator.records import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `advice`: what to do, where something is to be done."""

    what: str
    level: Literal["ok", "warning", "critical"]
    message: str
    advice: str = ""
