"""Why this rate, in sentences with the numbers behind them, where a curve was fitted: `receipt`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from etascope.core.choice import Basin, Confidence, Landscape, Walls
from etascope.core.numbers import nats, rate
from etascope.core.recipe import Task
from etascope.core.sentences import Sentence, sentences
from etascope.selection.estimate import Settled
from etascope.selection.landscape import best_index
from etascope.selection.scores import LEAST
from etascope.selection.walls import Limited, high_wall, low_wall
from etascope.selection.words.refuted import Refuted, lowest_of
from etascope.selection.words.verdicts import EDGE, HARDLY, above_chance

#: The optimum of plain loss is told when it is lower than accuracy's by this, in decades, and its loss by this share.
APART, LESS = 0.3, 0.95
#: A score was raised for errors where what was measured is less than this share of it.
RAISED = 0.99
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


def hardly_wall(task: Task, measured: Landscape, basin: Basin) -> float | None:
    """Return the highest rate below a basin that hardly beats a blind guess, where the best one does.

    Where even the best has learned little, no loss is clearly worse (`measured_walls`): a blind guess is as bad as it
    gets.

    Parameters
    ----------
    task
        Gives what a blind guess gets right, and its loss.
    measured
        Losses as they were measured.
    basin
        All that lies below it is looked at.
    """
    best, blind = best_index(measured), HARDLY * math.log(task.n_classes)
    if best is None or not measured.mean_loss[best] < blind:
        return None
    loss, right = measured.mean_loss, measured.mean_accuracy
    hardly = (measured.learning_rates < basin.low) & np.isfinite(loss) & (loss > blind) & ~(right > above_chance(task))
    rates = measured.learning_rates[hardly].tolist()
    return rates[-1] if rates else None


def receipt(
    settled: Settled, sure: Confidence | None, plain: Landscape, scored: Landscape, limits: tuple[float, float], *,
    measured: Landscape | None = None, walls: Walls | None = None, against: Refuted | None = None,
) -> tuple[Sentence, ...]:  # fmt: skip
    """Return why this rate, what the walls were, basin and confidence, and what to mind if there is anything.

    Parameters
    ----------
    settled, sure
        The answer, and the confidence in it; None where one rate was allowed.
    plain, scored
        Plain losses at the end, and scores.
    limits
        The lowest and the highest rate that the search was allowed to try.
    measured
        Scores as they were measured. None is `scored`.
    walls
        None is those of `measured_walls`.
    against
        What was measured that speaks against the answer; None is nothing.
    """
    measured, against = measured or scored, against or Refuted()
    loss, accuracy = at_rate(settled)
    if sure is None:
        return sentences(
            f"{rate(settled.learning_rate)} is the only learning rate that was allowed: its mean "
            f"{MEASURES[settled.target]} is {_loss(loss)} nats (accuracy {accuracy:.3f}).",
            "No wall was looked for and no basin is known; allow a range of rates for that.",
        )
    walls = measured_walls(scored, settled.basin) if walls is None else walls
    sides = _Walls(settled, plain, scored, measured, walls, limits, against.as_good)
    return sentences(
        _why(settled, loss, accuracy),
        f"By the same measure, below it {sides.low}; above it {sides.high}.",
        _width(settled, sure, limited := Limited.of(settled.basin, walls, limits)),
        *against.sentences,
        *([limited.sentence] if limited else []),
        *_mind(settled, plain, scored, limits),
    )


def at_rate(settled: Settled) -> tuple[float, float]:
    """Return scored loss in nats and accuracy as a share at the recommended rate, interpolated over log rate."""
    scores = settled.scores
    full = scores.counts == scores.counts.max()
    x, place = np.log10(scores.learning_rates[full]), math.log10(settled.learning_rate)
    # A rate that diverged on some unit has no loss to tell; beside it its score stands in.
    table = np.where(np.isinf(scores.as_measured).any(axis=1, keepdims=True), scores.log_loss, scores.as_measured)[full]
    means = [float(row[~np.isnan(row)].mean()) for row in table]
    loss = math.exp(float(np.interp(place, x, means)))
    return loss, 1 - float(np.interp(place, x, scores.error[full]))


def _why(settled: Settled, loss: float, accuracy: float) -> str:
    scores = settled.scores
    full = scores.counts == scores.counts.max()
    units = int(scores.counts.max())
    each = "once" if units == 1 else f"{units} times"
    return (
        f"{rate(settled.learning_rate)} is where the curve through {int(full.sum())} rates, each trained to the end "
        f"{each}, promises to lose least: {MEASURES[settled.target]} {_about(loss)} nats, accuracy "
        f"{accuracy:.3f}."
    )


@dataclass(frozen=True, eq=False)
class _Walls:
    """What is said of both ends of a search: of plain losses, of scores, and of these as they were measured."""

    settled: Settled
    plain: Landscape
    scored: Landscape
    measured: Landscape
    walls: Walls
    limits: tuple[float, float]
    as_good: tuple[float, ...]

    @property
    def low(self) -> str:
        rates, wall = self.scored.learning_rates, self.walls.low
        if wall is None:
            return self._none([r for r in self.as_good if r < self.settled.basin.low], "down", float(rates[0]))
        loss = float(self.measured.mean_loss[rates == wall][0])
        return f"{rate(wall)} is too slow ({self._why(wall)})" if math.isfinite(loss) else f"{rate(wall)} diverged"

    @property
    def high(self) -> str:
        rates, wall = self.scored.learning_rates, self.walls.high
        if wall is None:
            return self._none([r for r in self.as_good if r > self.settled.basin.high], "up", float(rates[-1]))
        trials = self.scored.valid_loss[rates == wall][0]
        if np.isinf(trials).any():
            count = int((~np.isnan(trials)).sum())
            return f"{rate(wall)} diverged in {np.isinf(trials).sum()} of {count} trial{'s' if count > 1 else ''}"
        return f"{rate(wall)} is too large ({self._why(wall)})"

    def _none(self, other: list[float], way: str, end: float) -> str:
        if other:
            return f"{rate(lowest_of(self.plain, other))} did no worse by accuracy and plain loss"
        limit, name = (self.limits[0], "lowest") if way == "down" else (self.limits[1], "highest")
        reached = end <= limit if way == "down" else end >= limit
        return f"no rate {way} to {rate(end)}{f', the {name} allowed,' if reached else ''} is clearly worse"

    def _why(self, wall: float) -> str:
        """Return the loss at a wall, or what is right there, where errors and no loss made it one."""
        loss, scored = (float(of.mean_loss[of.learning_rates == wall][0]) for of in (self.measured, self.scored))
        right = 1 - float(self.settled.scores.error[self.settled.scores.learning_rates == wall][0])
        if loss < RAISED * scored and right < at_rate(self.settled)[1]:
            return f"{_loss(loss)}, but {100 * right:.1f} % right"
        return _loss(loss)


def _about(loss: float) -> str:
    text = _loss(loss)
    return text if text.startswith("at most") else f"about {text}"


def _loss(loss: float) -> str:
    """Write a loss; scores tell none apart below 0.001 nats."""
    return "at most 0.001" if loss <= LEAST * (1 + 1e-9) else nats(loss)


def _width(settled: Settled, sure: Confidence, limited: Limited) -> str:
    low, high = settled.basin.low, settled.basin.high
    unit = "% of loss" if settled.unit == "%" else "point" if sure.tolerance == 1 else "points"
    within = f"within {sure.tolerance:g} {unit} of the best"
    surely = f"it is {sure.word} {within}" if sure.word != "not settled" else f"whether it is {within} is not settled"
    if low == high:
        return f"No other rate that was allowed comes into question; {surely}."
    span = f"{rate(low)} to {rate(high)} ({math.log10(high / low):.1f} decades)"
    if limited:
        return f"The basin is {span}; {surely}."
    return f"The basin, {span}, held the best rate about 9 times in 10 where the best was known; {surely}."


def _mind(settled: Settled, plain: Landscape, scored: Landscape, limits: tuple[float, float]) -> list[str]:
    sentences, chosen = list[str](), settled.learning_rate
    low, high = settled.window
    if chosen <= limits[0] or chosen >= limits[1]:
        sentences.append("It lies at the end of the window that was allowed, so a better rate may lie beyond.")
    elif (settled.touches(-1) and low > limits[0]) or (settled.touches(1) and high < limits[1]):
        sentences.append("The basin reaches to the end of what was tried, so it may be wider.")
    broken = scored.learning_rates[np.isinf(scored.valid_loss).any(axis=1) & (scored.learning_rates > chosen)]
    if len(broken) and broken[0] <= EDGE * chosen:
        sentences.append(f"Mind the edge: {rate(broken[0])}, only {broken[0] / chosen:.2g} times as large, diverged.")
    if settled.target == "accuracy":
        sentences.extend(_calm(plain, chosen))
    return sentences


def _calm(plain: Landscape, chosen: float) -> list[str]:
    """Say where plain loss is lowest, if that is at a clearly lower rate and clearly less."""
    best, finite = best_index(plain), np.isfinite(plain.mean_loss)
    if best is None or math.log10(chosen / plain.learning_rates[best]) < APART:
        return []
    there = float(plain.mean_loss[best])
    x, place = np.log10(plain.learning_rates[finite]), math.log10(chosen)
    here, right = (float(np.interp(place, x, of[finite])) for of in (plain.mean_loss, plain.mean_accuracy))
    if there > LESS * here or here <= LEAST:
        return []
    better = float(plain.mean_accuracy[best]) > right
    return [
        f"Plain validation loss is lowest at {rate(float(plain.learning_rates[best]))}, {nats(there)} against about "
        f"{nats(here)} nats: probabilities are truer there{'' if better else ', accuracy is not better'}. The target "
        "loss looks for it."
    ]
