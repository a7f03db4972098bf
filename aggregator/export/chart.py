"""A small chart: counts by day as the bars of one SVG path, the same for the same counts."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, HEIGHT = 4, 24  # of a bar with its gap, and of the highest bar; the template's viewBox says the same


def bars(counts: Sequence[int]) -> str:
    """The path, to be filled: a bar for each count, high in proportion to the highest; none for none.

    One line along the bars' outline, since a page may hold hundreds of charts.
    """
    most = max(counts, default=0)
    steps, along = [f"M0 {HEIGHT}"], 0
    for count in counts:
        if count:
            # Never lower than two units: one entry among hundreds is still to be seen.
            height = max(2, round(HEIGHT * count / most))
            steps.append(f"{f'h{along}' if along else ''}v-{height}h{WIDTH - 1}v{height}")
            along = 1
        else:
            along += WIDTH
    return "".join(steps) if most else ""
