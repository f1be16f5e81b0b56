"""The dial: a logarithmic learning-rate axis, like a radio's, with what was measured as bars over it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.core.choice import Basin, Choice, Walls
from etascope.core.numbers import nats, rate
from etascope.core.trials import Trial
from etascope.report.terminal.dial_canvas import Canvas, Line, Scale
from etascope.report.words.answer import known_basin

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
    found = choice.landscape
    return Dial(found.learning_rates, found.mean_loss, blind, choice.learning_rate, known_basin(choice), choice.walls)


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

    Parameters
    ----------
    dial
        What to draw.
    width
        Columns to fill, at least 56.
    height
        Rows of the bars, at least 2.
    ascii
        Use ASCII characters alone.

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
    axis, ticks = canvas.axis(dial.learning_rate)
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
