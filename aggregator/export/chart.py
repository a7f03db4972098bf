"""A small chart: counts by day as the bars of one SVG path, the same for the same counts."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, HEIGHT = 4, 24  # of a bar with its gap, and of the highest bar; the template's viewBox says the same


def bars(counts: Sequence[int]) -> str:
    """The path: a bar for each count, high in proportion to the highest; a hair's breadth for none."""
    most = max(counts, default=0)
    return "".join(_bar(index, count, most) for index, count in enumerate(counts))


def _bar(index: int, count: int, most: int) -> str:
    # Never lower than two units where there was anything: one entry among hundreds is still to be seen.
    height = max(2, round(HEIGHT * count / most)) if count else 0.5
    return f"M{index * WIDTH} {HEIGHT}v-{height:g}h{WIDTH - 1}v{height:g}z"
