"""What a check finds: one thing to change, at a line of feeds.yaml or of a list that it includes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to change."""

    level: Level
    rule: str  # a slug, for scripts: "feed-moved"
    line: int  # 0: the file as a whole
    message: str
    fix: str = ""
    file: str | None = None  # in which the line is; None: feeds.yaml
