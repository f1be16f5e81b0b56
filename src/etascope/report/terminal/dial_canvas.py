"""Where things stand on a dial (`Scale`), and how they are drawn with characters (`Canvas`)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from etascope.core.choice import Basin, Walls
from etascope.core.numbers import rate
from etascope.report.charts.colour import rate_colour

#: A run of characters with a rich style.
Span = tuple[str, str]
Line = tuple[Span, ...]

#: Columns to both sides of the lowest and the highest rate.
MARGIN = 3
EIGHTHS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Scale:
    """Where a learning rate stands.

    Attributes
    ----------
    low, high
        Ends of the axis, in decades (log10).
    columns
        Columns, of which `MARGIN` stay free at both sides.
    """

    low: float
    high: float
    columns: int

    @classmethod
    def over(cls, rates: Sequence[float], columns: int) -> Scale:
        """Return the scale from the lowest to the highest of these rates, or a decade around a single one."""
        known = [math.log10(value) for value in rates]
        low, high = min(known), max(known)
        return cls(low, high, columns) if high - low > 0.01 else cls(low - 0.5, high + 0.5, columns)

    def column(self, learning_rate: float) -> int:
        """Return the column of a rate, counted from 0."""
        share = (math.log10(learning_rate) - self.low) / (self.high - self.low)
        return MARGIN + round(share * (self.columns - 1 - 2 * MARGIN))


class Canvas:
    """Rows of cells over a scale, and what can be drawn on them."""

    def __init__(self, scale: Scale, height: int, ascii: bool) -> None:
        self.scale, self.height, self.ascii = scale, height, ascii
        self.cells: list[list[Span]] = [[(" ", "")] * scale.columns for _ in range(height)]

    def hatch(self, walls: Walls) -> None:
        """Hatch the rates beyond the walls."""
        mark: Span = (
            "/" if self.ascii else "\N{BOX DRAWINGS LIGHT DIAGONAL UPPER RIGHT TO LOWER LEFT}",
            "bright_black",
        )
        last = -1 if walls.low is None else self.scale.column(walls.low)
        first = self.scale.columns if walls.high is None else self.scale.column(walls.high)
        for i, row in enumerate(self.cells):
            for column in itertools.chain(range(last + 1), range(first, self.scale.columns)):
                if (i + column) % 3 == 0:
                    row[column] = mark

    def bars(self, learning_rates: Sequence[float], losses: Sequence[float], heights: Sequence[float]) -> None:
        """Draw a bar a rate (ascending) of a height in [0, 1]; a cross where the loss is inf, nothing where it is NaN.

        Of rates that share a column, the lowest loss is seen.
        """
        columns = [self.scale.column(value) for value in learning_rates]
        gaps = [b - a for a, b in itertools.pairwise(columns)] or [9]
        side = min(2, max(0, (sorted(gaps)[len(gaps) // 2] - 1) // 2))
        drawn = [i for i, loss in enumerate(losses) if not math.isnan(loss)]
        for i in sorted(drawn, key=lambda i: (not math.isinf(losses[i]), -losses[i])):
            if math.isinf(losses[i]):
                cross = "x" if self.ascii else "\N{MULTIPLICATION SIGN}"
                self.cells[-1][columns[i]] = (cross, "bold red")
                continue
            before = side if i == 0 else min(side, max(0, (gaps[i - 1] - 1) // 2))
            after = side if i == len(columns) - 1 else min(side, max(0, (gaps[i] - 2) // 2))
            colour = rate_colour(learning_rates[i], learning_rates[0], learning_rates[-1], dark=True)
            self._bar(columns[i] - before, columns[i] + after, heights[i], colour)

    def _bar(self, first: int, last: int, share: float, colour: str) -> None:
        eighths = max(1, round(share * self.height * 8))
        for row in range(self.height):
            full = min(max(eighths - 8 * (self.height - 1 - row), 0), 8)
            if not full:
                continue
            sign = ".::#"[(full - 1) // 2] if self.ascii else EIGHTHS[full]
            for column in range(max(first, 0), min(last + 1, self.scale.columns)):
                self.cells[row][column] = (sign, colour)

    def rows(self) -> list[Line]:
        """Return the rows from the top to the bottom."""
        return [
            tuple(("".join(sign for sign, _ in run), style) for style, run in itertools.groupby(row, _style_of))
            for row in self.cells
        ]

    def axis(self, needle: float | None) -> tuple[str, str]:
        """Return the axis with a tick at each 1, 2 and 5, and the names of the decades under it."""
        floor, tick, small, up = ("-", "+", "+", "^") if self.ascii else ("─", "┼", "┴", "▲")
        axis, names = [floor] * self.scale.columns, [" "] * (self.scale.columns + 8)
        powers = range(math.floor(self.scale.low), math.ceil(self.scale.high) + 1)
        ticks = [(digit * 10.0**power, digit) for power in powers for digit in (1, 2, 5)]
        ticks = [(value, digit) for value, digit in ticks if 0 <= self.scale.column(value) < self.scale.columns]
        named = [value for value, digit in ticks if digit == 1]
        for value, digit in ticks:
            axis[self.scale.column(value)] = tick if digit == 1 else small
        free = 0
        for value in named if len(named) > 1 else [value for value, _ in ticks]:
            name = rate(value)
            start = max(self.scale.column(value) - (len(name) - 1) // 2, 0)
            if start >= free and start + len(name) <= self.scale.columns:
                names[start : start + len(name)] = name
                free = start + len(name) + 2
        if needle is not None:
            axis[self.scale.column(needle)] = up
        return "".join(axis), "".join(names).rstrip()

    def bracket(self, basin: Basin, walls: Walls) -> Line:
        """Return the basin bracketed, with its name, and the names of the walls where there is room."""
        left, line, right = ("\\", "_", "/") if self.ascii else ("╰", "─", "╯")
        first, last = self.scale.column(basin.low), self.scale.column(basin.high)
        first, last = (first, last) if last > first else (first - 1, last + 1)
        drawn = left + line * (last - first - 1) + right
        name = f"basin {rate(basin.low)} .. {rate(basin.high)}"
        low = "" if walls.low is None else "too slow"
        high = "" if walls.high is None else "too large"
        room = self.scale.columns - last - 2 - len(name)
        behind = room >= 0 and (room >= len(high) + 2 or first <= len(name) + len(low) + 2)
        if behind:
            drawn, last = f"{drawn} {name}", last + 1 + len(name)
        elif first > len(name):
            drawn, first = f"{name} {drawn}", first - 1 - len(name)
        elif len(drawn) > len(name) + 4:
            drawn = left + f" {name} ".center(last - first - 1, line) + right
        before = low if len(low) + 2 <= first else ""
        rest = high if last + 1 + 2 + len(high) <= self.scale.columns else ""
        gap = self.scale.columns - last - 1 - len(rest)
        return (
            (before + " " * (first - len(before)), "bright_black"),
            (drawn, "green"),
            (" " * gap + rest, "bright_black"),
        )


def _style_of(cell: Span) -> str:
    return cell[1]
