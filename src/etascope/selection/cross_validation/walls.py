"""Where cross-validation saw walls, `measured_walls` and `hardly_wall`, and what it measured at its rate, `at_rate`."""

from __future__ import annotations

import math

import numpy as np

from etascope.core.choice import Basin, Landscape, Walls
from etascope.core.recipe import Task
from etascope.selection.basin import high_wall, low_wall
from etascope.selection.estimate import Settled
from etascope.selection.landscape import best_index
from etascope.selection.words.verdicts import HARDLY, above_chance


def measured_walls(scored: Landscape, within: Basin | None = None) -> Walls:
    """Return the nearest rates around the best, none within the basin, that are clearly worse, or diverged.

    None where there is none. Within the basin a rate can have clearly more loss, and hardly less accuracy.
    """
    best = best_index(scored)
    if best is None:
        return Walls()
    ends = within or Basin(math.inf, 0.0)
    places = low_wall(scored, best, ends.low), high_wall(scored, best, ends.high)
    return Walls(*(None if place is None else float(scored.learning_rates[place]) for place in places))


def hardly_wall(task: Task, measured: Landscape, within: Basin) -> float | None:
    """Return the highest rate below a basin that hardly beats a blind guess, where the best one does.

    Where even the best has learned little, no loss is clearly worse (`measured_walls`): a blind guess is as bad as it
    gets.
    """
    best, blind = best_index(measured), HARDLY * task.blind.loss
    if best is None or not measured.mean_loss[best] < blind:
        return None
    loss, right = measured.mean_loss, measured.mean_accuracy
    hardly = (measured.learning_rates < within.low) & np.isfinite(loss) & (loss > blind) & ~(right > above_chance(task))
    rates = measured.learning_rates[hardly].tolist()
    return rates[-1] if rates else None


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
