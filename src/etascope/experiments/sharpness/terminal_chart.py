"""Where theory and measurement put the wall, on one axis of learning rates: `wall_chart`, `wall_key`."""

from __future__ import annotations

from etascope.experiments.sharpness.record import SharpnessWall
from etascope.report.terminal.dial_canvas import Canvas, Scale


def wall_chart(wall: SharpnessWall, width: int, *, ascii: bool = False) -> list[str]:
    r"""Return a row a moment of the training, marked where its sharpness puts the wall; columns stand for log10 rates.

    A dotted column is the measured wall, hatched beyond it; the mark under the axis is the recommended rate. Nothing
    is drawn where theory gives no limit or no wall was measured.

    Parameters
    ----------
    wall
        What to draw.
    width
        Columns of a line.
    ascii
        Whether to draw with ASCII characters alone.

    Examples
    --------
    >>> from etascope.core.recipe import Recipe
    >>> from etascope.experiments.sharpness.record import SharpnessPoint
    >>> point = SharpnessPoint(0, 2.0, True, 1.0)
    >>> wall = SharpnessWall("digits", "", Recipe(), 0.1, 256, "2 / s", "", (point,), measured=0.1, best=0.02)
    >>> print("\n".join(wall_chart(wall, 60, ascii=True)))
    step 0 |                      : / / / / / / / / / / / / X /
           +---^----------+-------+------+----------+-------+---
                                 0.1                        1
    """
    limits = [point.limit for point in wall.points if point.limit is not None]
    if not limits or wall.measured is None:
        return []
    names_of_steps = [f"step {point.step:,} " for point in wall.points]
    left = max(map(len, names_of_steps))
    scale = Scale.over([*limits, wall.measured, *([] if wall.best is None else [wall.best])], width - left - 1)
    upright, dotted, mark, corner = ("|", ":", "X", "+") if ascii else ("│", "┊", "◆", "└")
    hatch = "/" if ascii else "\N{BOX DRAWINGS LIGHT DIAGONAL UPPER RIGHT TO LOWER LEFT}"
    rows: list[str] = []
    for point, name in zip(wall.points, names_of_steps, strict=True):
        if point.limit is None:
            continue
        cells = [" "] * scale.columns
        first = scale.column(wall.measured)
        for column in range(first + 2, scale.columns, 2):
            cells[column] = hatch
        cells[first] = dotted
        cells[scale.column(point.limit)] = mark
        rows.append(f"{name:>{left}}{upright}{''.join(cells).rstrip()}")
    axis, names = Canvas(scale, 0, ascii).axis(wall.best)
    return [*rows, f"{' ' * left}{corner}{axis}", f"{' ' * (left + 1)}{names}"]


def wall_key(wall: SharpnessWall, *, ascii: bool = False) -> str:
    """Return what the marks of `wall_chart` mean."""
    dotted, mark, needle = (":", "X", "^") if ascii else ("┊", "◆", "▲")
    best = "" if wall.best is None else f", {needle} the recommended rate"
    return f"{dotted} where the wall was measured, {mark} where theory puts it{best}"
