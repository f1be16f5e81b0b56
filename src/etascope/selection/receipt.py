"""Why this rate, in sentences with the numbers behind them, where a curve was fitted: `receipt`."""

from __future__ import annotations

import math

import numpy as np

from etascope.core.choice import Basin, Confidence, Landscape, Walls
from etascope.core.numbers import nats, rate
from etascope.selection.curves import best_index
from etascope.selection.limited import Limited
from etascope.selection.settled import Settled
from etascope.selection.verdicts import EDGE
from etascope.selection.walls import high_wall, low_wall

#: The optimum of plain loss is told when it is lower than accuracy's by this, in decades, and its loss by this share.
APART, LESS = 0.3, 0.95
#: What a loss is called, by target.
MEASURES = {"accuracy": "temperature-scaled loss", "loss": "validation loss"}


def measured_walls(scored: Landscape, basin: Basin | None = None) -> Walls:
    """Return the nearest rates around the best, none within the basin, that are clearly worse, or diverged.

    None where there is none. Within the basin a rate can have clearly more loss, and hardly less accuracy.
    """
    best = best_index(scored)
    if best is None:
        return Walls()
    low, high = (
        (low_wall(scored, best), high_wall(scored, best))
        if basin is None
        else (low_wall(scored, best, basin.low), high_wall(scored, best, basin.high))
    )
    rates = scored.learning_rates.tolist()
    return Walls(None if low is None else rates[low], None if high is None else rates[high])


def receipt(
    settled: Settled, sure: Confidence | None, plain: Landscape, scored: Landscape, limits: tuple[float, float]
) -> tuple[str, ...]:
    """Return why this rate, what the walls were, basin and confidence, and what to mind if there is anything.

    Parameters
    ----------
    settled, sure
        The answer, and the confidence in it; None where one rate was allowed.
    plain, scored
        Plain losses at the end, and scores.
    limits
        The lowest and the highest rate that the search was allowed to try.
    """
    loss, accuracy = at_rate(settled)
    if sure is None:
        return (
            f"{rate(settled.learning_rate)} is the only learning rate that was allowed: its mean "
            f"{MEASURES[settled.target]} is {nats(loss)} nats (accuracy {accuracy:.3f}).",
            "No wall was looked for and no basin is known; allow a range of rates for that.",
        )
    walls = measured_walls(scored, settled.basin)
    return (
        _why(settled, loss, accuracy),
        f"By the same measure, below it {_low(scored, walls, limits[0])}; above it {_high(scored, walls, limits[1])}.",
        _width(settled, sure, limited := Limited.of(settled.basin, walls, limits)),
        *([limited.told] if limited else []),
        *_mind(settled, plain, scored, limits),
    )


def at_rate(settled: Settled) -> tuple[float, float]:
    """Return scored loss in nats and accuracy as a share at the recommended rate, interpolated over log rate."""
    scores = settled.scores
    full = scores.counts == scores.counts.max()
    x, place = np.log10(scores.learning_rates[full]), math.log10(settled.learning_rate)
    loss = math.exp(float(np.interp(place, x, scores.mean[full])))
    return loss, 1 - float(np.interp(place, x, scores.error[full]))


def _why(settled: Settled, loss: float, accuracy: float) -> str:
    scores = settled.scores
    full = scores.counts == scores.counts.max()
    units = int(scores.counts.max())
    each = "once" if units == 1 else f"{units} times"
    return (
        f"{rate(settled.learning_rate)} is where the curve through {int(full.sum())} rates, each trained to the end "
        f"{each}, promises to lose least: {MEASURES[settled.target]} about {nats(loss)} nats, accuracy "
        f"{accuracy:.3f}."
    )


def _low(scored: Landscape, walls: Walls, limit: float) -> str:
    rates = scored.learning_rates
    if walls.low is None:
        allowed = ", the lowest allowed," if rates[0] <= limit else ""
        return f"no rate down to {rate(rates[0])}{allowed} is clearly worse"
    loss = _loss(scored, walls.low)
    return f"{rate(walls.low)} is too slow ({nats(loss)})" if math.isfinite(loss) else f"{rate(walls.low)} diverged"


def _high(scored: Landscape, walls: Walls, limit: float) -> str:
    rates = scored.learning_rates
    if walls.high is None:
        allowed = ", the highest allowed," if rates[-1] >= limit else ""
        return f"no rate up to {rate(rates[-1])}{allowed} is clearly worse"
    trials = scored.valid_loss[rates == walls.high][0]
    if np.isinf(trials).any():
        count = int((~np.isnan(trials)).sum())
        return f"{rate(walls.high)} diverged in {np.isinf(trials).sum()} of {count} trial{'s' if count > 1 else ''}"
    return f"{rate(walls.high)} is too large ({nats(_loss(scored, walls.high))})"


def _loss(scored: Landscape, learning_rate: float) -> float:
    return float(scored.mean_loss[scored.learning_rates == learning_rate][0])


def _width(settled: Settled, sure: Confidence, limited: Limited) -> str:
    low, high = settled.basin.low, settled.basin.high
    unit = "% of loss" if settled.unit == "%" else "point" if sure.tolerance == 1 else "points"
    within = f"within {sure.tolerance:g} {unit} of the best"
    told = f"it is {sure.word} {within}" if sure.word != "not settled" else f"whether it is {within} is not settled"
    if low == high:
        return f"No other rate that was allowed comes into question; {told}."
    span = f"{rate(low)} to {rate(high)} ({math.log10(high / low):.1f} decades)"
    if limited:
        return f"The basin is {span}; {told}."
    return f"The basin, {span}, held the best rate about 9 times in 10 where the best was known; {told}."


def _mind(settled: Settled, plain: Landscape, scored: Landscape, limits: tuple[float, float]) -> list[str]:
    told, chosen = list[str](), settled.learning_rate
    low, high = settled.window
    if chosen <= limits[0] or chosen >= limits[1]:
        told.append("It lies at the end of the window that was allowed, so a better rate may lie beyond.")
    elif (settled.touches(-1) and low > limits[0]) or (settled.touches(1) and high < limits[1]):
        told.append("The basin reaches to the end of what was tried, so it may be wider.")
    broken = scored.learning_rates[np.isinf(scored.valid_loss).any(axis=1) & (scored.learning_rates > chosen)]
    if len(broken) and broken[0] <= EDGE * chosen:
        told.append(f"Mind the edge: {rate(broken[0])}, only {broken[0] / chosen:.2g} times as large, diverged.")
    if settled.target == "accuracy":
        told.extend(_calm(plain, chosen))
    return told


def _calm(plain: Landscape, chosen: float) -> list[str]:
    """Say where plain loss is lowest, if that is at a clearly lower rate and clearly less."""
    best, finite = best_index(plain), np.isfinite(plain.mean_loss)
    if best is None or math.log10(chosen / plain.learning_rates[best]) < APART:
        return []
    there = float(plain.mean_loss[best])
    here = float(np.interp(math.log10(chosen), np.log10(plain.learning_rates[finite]), plain.mean_loss[finite]))
    if there > LESS * here:
        return []
    return [
        f"Plain validation loss is lowest at {rate(float(plain.learning_rates[best]))}, {nats(there)} against about "
        f"{nats(here)} nats: probabilities are truer there, accuracy is not better. The target loss looks for it."
    ]
