"""The one axis of learning rates in characters: `Scale`, and `intervals`, `framed` and `pillar` that stand over it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.core.choice import Choice
from etascope.core.numbers import rate

#: Columns to both sides of the lowest and the highest rate.
MARGIN = 3
#: What hatches the rates beyond a wall.
HATCH = "\N{BOX DRAWINGS LIGHT DIAGONAL UPPER RIGHT TO LOWER LEFT}"
LEAST_WIDTH = 24
_EIGHTHS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Scale:
    """Where a learning rate stands.

    Attributes
    ----------
    low, high
        Ends of the axis, in decades (log10).
    columns
        Columns of the axis.
    margin
        How many of them stay free at both sides.
    """

    low: float
    high: float
    columns: int
    margin: int = MARGIN

    @classmethod
    def over(cls, rates: Sequence[float], columns: int, margin: int = MARGIN) -> Scale:
        """Return the scale from the lowest to the highest of these rates, or a decade around a single one."""
        known = [math.log10(value) for value in rates]
        low, high = min(known), max(known)
        return cls(low, high, columns, margin) if high - low > 0.01 else cls(low - 0.5, high + 0.5, columns, margin)

    def column(self, learning_rate: float) -> int:
        """Return the column of a rate, counted from 0; rates beyond the ends stand at them."""
        return min(max(self._place(learning_rate), 0), self.columns - 1)

    def rates(self, columns: int) -> NDArray[np.float64]:
        """Return the rates of so many columns at equal distances from end to end."""
        return 10 ** np.linspace(self.low, self.high, columns)

    def axis(self, needle: float | None = None, *, ascii: bool = False) -> tuple[str, str]:
        """Return the axis with a tick at each 1, 2 and 5, and the names of the decades under it.

        A needle points at one rate. Names that would touch another are left out; where less than two decades are
        seen, 1, 2 and 5 are named.
        """
        floor, tick, small, up = ("-", "+", "+", "^") if ascii else ("─", "┼", "┴", "▲")
        axis, names = [floor] * self.columns, [" "] * (self.columns + 8)
        powers = range(math.floor(self.low), math.ceil(self.high) + 1)
        ticks = [(digit * 10.0**power, digit) for power in powers for digit in (1, 2, 5)]
        ticks = [(value, digit) for value, digit in ticks if 0 <= self._place(value) < self.columns]
        # Ticks that would touch are none: of many decades, the whole ones alone are seen.
        if self.columns < 9 * (self.high - self.low):
            ticks = [(value, digit) for value, digit in ticks if digit == 1]
        named = [value for value, digit in ticks if digit == 1]
        for value, digit in sorted(ticks, key=lambda one: -one[1]):
            axis[self.column(value)] = tick if digit == 1 else small
        free = 0
        for value in named if len(named) > 1 else [value for value, _ in ticks]:
            name = rate(value)
            start = min(max(self.column(value) - (len(name) - 1) // 2, 0), max(self.columns - len(name), 0))
            if start >= free:
                names[start : start + len(name)] = name
                free = start + len(name) + 2
        if needle is not None:
            axis[self.column(needle)] = up
        return "".join(axis), "".join(names).rstrip()

    def interval(self, low: float, best: float, high: float, *, ascii: bool = False) -> str:
        """Return a row with a basin from `low` to `high` and the best rate in it."""
        line, left, right, mark = ("-", "[", "]", "o") if ascii else ("─", "├", "┤", "●")
        cells, first, last = [" "] * self.columns, self.column(low), self.column(high)
        cells[first : last + 1] = line * (last - first + 1)
        cells[first], cells[last], cells[self.column(best)] = left, right, mark
        return "".join(cells)

    def _place(self, learning_rate: float) -> int:
        share = (math.log10(learning_rate) - self.low) / (self.high - self.low)
        return self.margin + round(share * (self.columns - 1 - 2 * self.margin))


def intervals(choices: Sequence[tuple[str, Choice]], width: int = 80, *, ascii: bool = False) -> tuple[str, ...]:
    """Draw the basin of each answer, its best rate marked, over one axis of learning rates; those without are left out.

    Examples
    --------
    >>> from etascope.core.choice import Basin, Cost, Landscape
    >>> none = Landscape(np.ones(1), ((0, 0),), np.ones((1, 1)), np.ones((1, 1)))
    >>> def chosen(rate, low, high):
    ...     facts = {"landscape": none, "verdicts": (), "cost": Cost(1, 1, 1.0, 1.0)}
    ...     return Choice(learning_rate=rate, basin=Basin(low, high), **facts)
    >>> for line in intervals((("A", chosen(0.03, 0.01, 0.1)), ("B", chosen(1, 0.3, 3))), 48, ascii=True):
    ...     print(line)
    A |   [------o-------]
    B |                         [-------o------]
      +---+---+-----+----+---+-----+----+---+-----+
         0.01           0.1             1
    """
    known = [(name, c.basin, c.learning_rate) for name, c in choices if c.basin is not None and c.learning_rate]
    if not known:
        return ()
    columns = max(width - max(len(name) for name, _, _ in known) - 3, LEAST_WIDTH)
    scale = Scale.over([end for _, basin, best in known for end in (basin.low, best, basin.high)], columns)
    rows = [(name, scale.interval(basin.low, best, basin.high, ascii=ascii)) for name, basin, best in known]
    return framed(rows, scale, ascii=ascii)


def framed(
    rows: Sequence[tuple[str, str]], scale: Scale, needle: float | None = None, *, ascii: bool = False
) -> tuple[str, ...]:
    """Return drawn rows, a name before each, over the axis of their scale."""
    wall, corner = ("|", "+") if ascii else ("│", "└")
    wide = max(len(name) for name, _ in rows)
    axis, names = scale.axis(needle, ascii=ascii)
    named = (f"{name:>{wide}} {wall}{row}".rstrip() for name, row in rows)
    return (*named, f"{'':{wide}} {corner}{axis}", f"{'':{wide}}  {names}")


def pillar(share: float, height: int, *, ascii: bool = False) -> str:
    """Return the characters of a bar from its top row to its lowest: `share` of `height` rows, in eighths of a row.

    Examples
    --------
    >>> pillar(0.5, 3), pillar(0.5, 3, ascii=True)
    (' ▄█', ' :#')
    """
    eighths = round(min(max(share, 0.0), 1.0) * height * 8)
    full = [min(max(eighths - 8 * (height - 1 - row), 0), 8) for row in range(height)]
    return "".join((" " if not n else ".::#"[(n - 1) // 2]) if ascii else _EIGHTHS[n] for n in full)
