"""The dial: what was measured as bars over an axis of learning rates, like a radio's; `Dial` and `draw`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.core.choice import Basin, Choice, Walls
from etascope.core.numbers import nats, rate
from etascope.core.trials import Trial
from etascope.report.charts.theme import rate_colour
from etascope.report.terminal.axis import HATCH, Scale, pillar
from etascope.report.words.answer import known_basin

#: A run of characters with a rich style.
Span = tuple[str, str]
Line = tuple[Span, ...]

LEAST_WIDTH = 56
GUTTER = 8
#: A best loss above this share of a blind guess's does not reach the top: a hill that is none should not look like one.
HILL = 0.7
#: Where the loss of a blind guess is not known, bars end at this many times the best loss, taken to be no less than
#: the second.
MOST_TIMES, LEAST = 10, 1e-9


@dataclass(frozen=True, eq=False)
class Dial:
    """What a dial shows.

    Attributes
    ----------
    learning_rates
        `(rates,)` ascending, above 0, at least one.
    losses
        `(rates,)` validation loss in nats: NaN where there is none yet, inf where it diverged.
    blind
        Loss of a blind guess, where a bar ends; None takes the highest loss, at most ten times the lowest.
    learning_rate, basin, walls
        As in `Choice`; what is None is not drawn.
    """

    learning_rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    blind: float | None = None
    learning_rate: float | None = None
    basin: Basin | None = None
    walls: Walls | None = None


def dial_of(choice: Choice, blind: float | None) -> Dial:
    """Return the dial of an answer; `blind` is the loss of a blind guess in nats, None where it is not known."""
    landscape = choice.landscape
    return Dial(
        landscape.learning_rates, landscape.mean_loss, blind, choice.learning_rate, known_basin(choice), choice.walls
    )


def dial_of_trials(trials: Sequence[Trial]) -> Dial | None:
    """Return the dial of a search that goes on: the mean of each rate's longest trials, where they stand now.

    None where no trial validated.
    """
    by_rate: dict[float, list[Trial]] = {}
    for trial in trials:
        by_rate.setdefault(trial.learning_rate, []).append(trial)
    rates = sorted(by_rate)
    losses = [_standing(by_rate[rate]) for rate in rates]
    if all(math.isnan(loss) for loss in losses):
        return None
    return Dial(np.array(rates), np.array(losses))


def draw(dial: Dial, width: int = 80, height: int = 8, ascii: bool = False) -> tuple[Line, ...]:
    r"""Draw a dial: axis log learning rate to the right, the higher a bar the lower the validation loss.

    Heights are even on log loss, from `blind` (the lowest bar) to the best (a full one). Hatched are the rates beyond
    the walls, bracketed those of the basin; a needle points at the recommended one; a cross is a rate that diverged.
    At least 56 columns are filled, and the bars have at least 2 rows.

    Examples
    --------
    >>> dial = Dial(np.array([0.01, 0.1, 1.0]), np.array([1.2, 0.4, np.inf]), 2.3, 0.1, Basin(0.07, 0.15))
    >>> for line in draw(dial, 56, 3, ascii=True):
    ...     print("".join(text for text, _ in line))
                                  0.1
                                   v
      0.40 |                     #####
      0.72 | .....               #####
           | #####               #####                  x
      2.30 +---+-----+-------+-----^------+-------+-----+---
              0.01                0.1                   1
                                \______/ basin 0.07 .. 0.15
    """
    walls = dial.walls or Walls()
    scale = Scale.over(_shown(dial, walls), max(width, LEAST_WIDTH) - GUTTER)
    canvas = Canvas(scale, max(height, 2), ascii)
    canvas.hatch(walls)
    top, floor = _range(dial)
    losses = dial.losses.tolist()
    canvas.bars(dial.learning_rates.tolist(), losses, [_share(loss, top, floor) for loss in losses])
    rows = canvas.rows()
    labels = {0: _name(top), canvas.height // 2: _name(top * (floor / top) ** ((canvas.height // 2) / canvas.height))}
    wall, corner = ("|", "+") if ascii else ("│", "└")
    lines: list[Line] = []
    if dial.learning_rate is not None:
        column, name = scale.column(dial.learning_rate), rate(dial.learning_rate)
        start = min(max(column - len(name) // 2, 0), scale.columns - len(name))
        lines += [
            ((" " * (GUTTER + start), ""), (name, "bold")),
            ((" " * (GUTTER + column), ""), ("v" if ascii else "▼", "bold")),
        ]
    for i, row in enumerate(rows):
        lines.append(((f"{labels.get(i, ''):>{GUTTER - 2}} {wall}", "dim"), *row))
    axis, ticks = scale.axis(dial.learning_rate, ascii=ascii)
    lines += [((f"{_name(floor):>{GUTTER - 2}} {corner}", "dim"), (axis, "")), ((" " * GUTTER + ticks, ""),)]
    if dial.basin is not None:
        lines.append(((" " * GUTTER, ""), *canvas.bracket(dial.basin, walls)))
    return tuple(_stripped(line) for line in lines)


def _shown(dial: Dial, walls: Walls) -> list[float]:
    """Return every rate that must find room on the axis."""
    marks = [dial.learning_rate, walls.low, walls.high]
    marks += [] if dial.basin is None else [dial.basin.low, dial.basin.high]
    return [*dial.learning_rates.tolist(), *(value for value in marks if value is not None)]


def _standing(trials: Sequence[Trial]) -> float:
    if any(trial.diverged for trial in trials):
        return math.inf
    longest = max(trial.steps for trial in trials)
    ends = [trial.valid_loss[-1] for trial in trials if trial.steps == longest and len(trial.valid_loss)]
    return float(np.mean(ends)) if ends else math.nan


def _range(dial: Dial) -> tuple[float, float]:
    """Return the loss at the top of the bars and the one at their foot."""
    finite = [loss for loss in dial.losses.tolist() if math.isfinite(loss)]
    if not finite:
        return (1.0, dial.blind or 2.0) if (dial.blind or 2.0) > 1 else (0.5, 1.0)
    best = max(min(finite), LEAST)
    floor = dial.blind or max(min(max(finite), MOST_TIMES * best), best)
    return min(best, HILL * floor), floor


def _name(loss: float) -> str:
    return nats(loss) if 0.001 <= loss < 1000 else f"{loss:.0e}"


def _share(loss: float, top: float, floor: float) -> float:
    if not math.isfinite(loss):
        return 0.0
    return min(max(math.log(floor / max(loss, top)) / math.log(floor / top), 0.0), 1.0)


def _stripped(line: Line) -> Line:
    kept = list(line)
    while kept:
        text, style = kept.pop()
        if text.rstrip():
            return (*kept, (text.rstrip(), style))
    return ()


class Canvas:
    """Rows of cells over a scale, and what can be drawn on them."""

    def __init__(self, scale: Scale, height: int, ascii: bool) -> None:
        self.scale, self.height, self.ascii = scale, height, ascii
        self.cells: list[list[Span]] = [[(" ", "")] * scale.columns for _ in range(height)]

    def hatch(self, walls: Walls) -> None:
        """Hatch the rates beyond the walls."""
        mark: Span = ("/" if self.ascii else HATCH, "bright_black")
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
        # However low, a bar is seen.
        signs = pillar(max(share, 1 / (8 * self.height)), self.height, ascii=self.ascii)
        for row, sign in zip(self.cells, signs, strict=True):
            if sign != " ":
                row[max(first, 0) : last + 1] = [(sign, colour)] * (min(last + 1, self.scale.columns) - max(first, 0))

    def rows(self) -> list[Line]:
        """Return the rows from the top to the bottom."""
        return [
            tuple(("".join(sign for sign, _ in run), style) for style, run in itertools.groupby(row, _style_of))
            for row in self.cells
        ]

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
