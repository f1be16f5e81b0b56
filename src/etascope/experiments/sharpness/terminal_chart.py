"""Where theory and measurement put the wall, on one axis of learning rates: `wall_chart`, `wall_key`."""

from __future__ import annotations

from etascope.experiments.sharpness.record import SharpnessWall
from etascope.report.terminal.axis import HATCH, Scale, framed


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
    names = [f"step {point.step:,}" for point in wall.points]
    scale = Scale.over(
        [*limits, wall.measured, *([] if wall.best is None else [wall.best])], width - max(map(len, names)) - 2
    )
    dotted, mark, hatch = (":", "X", "/") if ascii else ("┊", "◆", HATCH)
    rows, first = list[tuple[str, str]](), scale.column(wall.measured)
    for point, name in zip(wall.points, names, strict=True):
        if point.limit is None:
            continue
        cells = [" "] * scale.columns
        cells[first + 2 :: 2] = hatch * len(cells[first + 2 :: 2])
        cells[first] = dotted
        cells[scale.column(point.limit)] = mark
        rows.append((name, "".join(cells)))
    return list(framed(rows, scale, wall.best, ascii=ascii))


def wall_key(wall: SharpnessWall, *, ascii: bool = False) -> str:
    """Return what the marks of `wall_chart` mean."""
    dotted, mark, needle = (":", "X", "^") if ascii else ("┊", "◆", "▲")
    best = "" if wall.best is None else f", {needle} the recommended rate"
    return f"{dotted} where the wall was measured, {mark} where theory puts it{best}"
