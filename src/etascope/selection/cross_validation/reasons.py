"""Which reasons cross-validation gives: for its rate, `reasons`, for none, `no_answer`, and how sure it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from etascope.core.choice import Confidence, Landscape, Walls
from etascope.core.recipe import Task
from etascope.core.sentences import Sentence, Setting
from etascope.core.trials import HOPELESS
from etascope.selection.basin import FREE, Limited, learned
from etascope.selection.cross_validation.walls import at_rate
from etascope.selection.estimate import WORDS, Settled, settled_by_seeds, word_of
from etascope.selection.landscape import best_index
from etascope.selection.scores import LEAST
from etascope.selection.words.reasons import (
    Reason,
    allow,
    basin,
    cut,
    loss_text,
    lower_rates,
    no_wall,
    other_rates,
    window,
)
from etascope.selection.words.refuted import Refuted, lowest_of
from etascope.selection.words.verdicts import NEAR_EDGE, above_chance

#: The optimum of plain loss is told when it is lower than accuracy's by this, in decades, and its loss by this share.
APART, LESS = 0.3, 0.95
#: A score was raised for errors where what was measured is less than this share of it.
RAISED = 0.99
#: What a loss is called, by target.
MEASURES = {"accuracy": "temperature-scaled loss", "loss": "validation loss"}


def confidence(settled: Settled, limited: Limited = FREE) -> Confidence:
    """Return the confidence in words, and what would settle it; a basin that the search's limits cut is not likely."""
    word, settle = word_of(settled.share), Sentence("")
    if word == WORDS[-1][1]:
        seeds, each = len({seed for seed, _ in settled.scores.units}), max(int(settled.scores.counts.max()), 1)
        lost = settled.draws.regret_at(settled.learning_rate, WORDS[0][0])
        which = Reason.SEEDS if settled_by_seeds(settled) else Reason.NO_SEEDS
        settle = which(lost=lost, unit=settled.unit, more=3 * seeds, trainings=3 * each, seeds=seeds)
    elif limited:
        settle = allow(limited.low, limited.high)
    return Confidence(limited.word(word, settled.learning_rate), settled.tolerance, settle, settled.share)


@dataclass(frozen=True, eq=False)
class Measured:
    """What the reasons of an answer are read from.

    Attributes
    ----------
    settled, sure
        The answer, and the confidence in it; None where one rate was allowed.
    plain, scored, measured
        Plain losses at the end, scores, and these as they were measured.
    limits
        The lowest and the highest rate that the search was allowed to try.
    walls, against
        The nearest rates that are clearly worse, and what was measured that speaks against the answer.
    """

    settled: Settled
    sure: Confidence | None
    plain: Landscape
    scored: Landscape
    measured: Landscape
    limits: tuple[float, float]
    walls: Walls
    against: Refuted


def reasons(of: Measured) -> tuple[Sentence, ...]:
    """Return why this rate, what the walls were, basin and confidence, and what to mind if there is anything."""
    settled = of.settled
    loss, right = at_rate(settled)
    chosen, measure = settled.learning_rate, MEASURES[settled.target]
    if of.sure is None:
        words = {"measure": f"mean {measure}", "loss": f"{loss_text(loss)} nats", "right": f" (accuracy {right:.3f})"}
        return Reason.ONLY(rate=chosen, **words), Reason.UNSEEN()
    scores = settled.scores
    units, full = int(scores.counts.max()), int((scores.counts == scores.counts.max()).sum())
    each = "once" if units == 1 else f"{units} times"
    numbers = Reason.FOLDS(measure=measure, loss=loss_text(loss, "about "), right=right)
    limited = Limited.of(settled.basin, of.walls, of.limits)
    return (
        Reason.CURVE(rate=chosen, what=f"{full} rates, each trained to the end {each},", numbers=numbers),
        Reason.SIDES(low=_side(of, low=True), high=_side(of, low=False)),
        basin(
            settled.basin.low, settled.basin.high,
            "" if limited else "about 9 times in 10 where the best was known", f"; {_surely(settled, of.sure)}",
        ),
        *of.against.sentences,
        *([cut(limited.low, limited.high)] if limited else []),
        *_mind(of),
    )  # fmt: skip


def _side(of: Measured, *, low: bool) -> Sentence:
    """Return what was seen on a side: a wall, no wall, or a rate that contradicts that there is one."""
    rates, within = of.scored.learning_rates, of.settled.basin
    wall = of.walls.low if low else of.walls.high
    if wall is None:
        even = [r for r in of.against.as_good if (r < within.low if low else r > within.high)]
        if even:
            return Reason.AS_GOOD(rate=lowest_of(of.plain, even))
        return no_wall(float(rates[0 if low else -1]), of.limits, low=low)
    trials = of.scored.valid_loss[rates == wall][0]
    diverged, count = int(np.isinf(trials).sum()), int((~np.isnan(trials)).sum())
    if diverged:
        return Reason.ENDED(rate=wall, how="diverged", of=f" in {diverged} of {count} trial{'s' * (count > 1)}")
    # What is right is told where errors and no loss made it a wall.
    loss, scored = (float(table.mean_loss[rates == wall][0]) for table in (of.measured, of.scored))
    right = 1 - float(of.settled.scores.error[of.settled.scores.learning_rates == wall][0])
    raised = loss < RAISED * scored and right < at_rate(of.settled)[1]
    but = f", but {100 * right:.1f} % right" if raised else ""
    return Reason.TOO(rate=wall, word="slow" if low else "large", numbers=loss_text(loss) + but)


def _surely(settled: Settled, sure: Confidence) -> str:
    unit = "% of loss" if settled.unit == "%" else "point" if sure.tolerance == 1 else "points"
    within = f"within {sure.tolerance:g} {unit} of the best"
    return f"it is {sure.word} {within}" if sure.word != "not settled" else f"whether it is {within} is not settled"


def _mind(of: Measured) -> list[Sentence]:
    said, settled, (low, high) = list[Sentence](), of.settled, of.settled.window
    chosen = settled.learning_rate
    if chosen <= of.limits[0] or chosen >= of.limits[1]:
        said.append(Reason.END(what="It"))
    elif (settled.touches(-1) and low > of.limits[0]) or (settled.touches(1) and high < of.limits[1]):
        said.append(Reason.WIDER())
    rates = of.scored.learning_rates
    broken = rates[np.isinf(of.scored.valid_loss).any(axis=1) & (rates > chosen)].tolist()
    if broken and broken[0] <= NEAR_EDGE * chosen:
        said.append(Reason.EDGE(edge=broken[0], times=broken[0] / chosen, how="diverged"))
    return said + (_calm(of.plain, chosen) if settled.target == "accuracy" else [])


def _calm(plain: Landscape, chosen: float) -> list[Sentence]:
    """Say where plain loss is lowest, if that is at a clearly lower rate and clearly less."""
    best, finite = best_index(plain), np.isfinite(plain.mean_loss)
    if best is None or math.log10(chosen / plain.learning_rates[best]) < APART:
        return []
    there = float(plain.mean_loss[best])
    x, place = np.log10(plain.learning_rates[finite]), math.log10(chosen)
    here, right = (float(np.interp(place, x, of[finite])) for of in (plain.mean_loss, plain.mean_accuracy))
    if there > LESS * here or here <= LEAST:
        return []
    better = "" if float(plain.mean_accuracy[best]) > right else ", accuracy is not better"
    return [
        Reason.CALM(
            Setting("target", "loss"), there=float(plain.learning_rates[best]), loss=there, here=here, right=better
        )
    ]


def no_answer(
    task: Task, scored: Landscape, limits: tuple[float, float], measured: Landscape, measure: str = "validation loss"
) -> tuple[Sentence, ...]:
    """Return why nothing can be recommended yet, and the next move.

    Either every rate diverged, or none learned, or the best of them is an end of what was tried. `scored` is what rates
    were compared by, `measured` the losses to tell, `limits` the ends of what the search was allowed to try.
    """
    rates, best, blind = scored.learning_rates.tolist(), best_index(scored), task.blind.loss
    span, measure = window(rates), f"mean {measure}"
    if best is None:
        return Reason.DIVERGED(span=span, where=" in some trial"), lower_rates(rates, limits) + Reason.EXTREMES()
    if learned(task, scored, best):
        side, limit = ("lowest", limits[0]) if best == 0 else ("highest", limits[1])
        so_far = f"{loss_text(float(measured.mean_loss[best]))} nats"
        return (
            Reason.OPEN(rate=rates[best], measure=measure, loss=so_far, side=side, beyond="beyond"),
            Reason.ROUNDS(limit=limit),
        )
    finite = np.where(np.isfinite(measured.mean_loss), measured.mean_loss, np.inf)
    lowest = best if finite[best] <= finite.min() else int(finite.argmin())
    loss, right = float(measured.mean_loss[lowest]), float(measured.mean_accuracy[lowest])
    which, move = Reason.UNLEARNED, Reason.LABELS
    beyond = other_rates(rates, lowest, limits)
    if right > above_chance(task):
        which, move = Reason.UNCLEAR, Reason.LONGER
    elif loss > HOPELESS * blind and not beyond:
        which, move = Reason.HOPELESS, Reason.RECIPE
    numbers = {"rate": rates[lowest], "blind": blind, "right": 100 * right}
    return which(span=span, measure=measure, loss=loss_text(loss), **numbers), beyond + move()
