"""Questions about a search over learning rates; each returns None when the search cannot answer it clearly."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from etascope.core.choice import Landscape
from etascope.core.numbers import nats, rate
from etascope.core.question import Bands, Question, ask
from etascope.core.run import Run
from etascope.learn.insight import near
from etascope.learn.trace_questions import TOO_HIGH, TOO_HIGH_RIGHT, TOO_HIGH_WRONG

#: A loss this many times the lowest one is clearly worse.
CLEARLY = 1.05
#: Wrong rates are looked for about this factor away from the best.
AWAY = 8.0


def too_high(run: Run, place: int) -> Question:
    """Ask the classic question, and say what this search showed of it."""
    landscape, lost, loss = run.choice.landscape, diverged(run), comparable_loss(run)
    finite = np.flatnonzero(np.isfinite(loss))
    if lost:
        count = f"{len(lost)} of {len(run.trials)} trials" if len(run.trials) > 1 else "the only trial"
        reason = f"In this run {count} diverged, the lowest of them at {rate(min(lost))}."
    elif _given_up(run, landscape):
        reason = _given_up(run, landscape)
    elif finite.size:
        best, highest = int(finite[loss[finite].argmin()]), int(finite[-1])
        shown, ended = rate(float(landscape.learning_rates[highest])), nats(float(loss[highest]))
        reason = f"In this run the highest rate tried, {shown}, ended at a validation loss of {ended}"
        if loss[highest] > CLEARLY * loss[best]:
            reason += f", where {rate(float(landscape.learning_rates[best]))} reached {nats(float(loss[best]))}."
        else:
            reason += ": the search did not go high enough to show it."
    else:
        reason = "This run has no trial to show it."
    return ask(TOO_HIGH, TOO_HIGH_RIGHT, TOO_HIGH_WRONG, reason, place)


def best_of_three(run: Run, place: int) -> Question | None:
    """Ask which of three rates had the lowest mean validation loss."""
    rates, loss = run.choice.landscape.learning_rates, comparable_loss(run)
    finite = np.flatnonzero(np.isfinite(loss))
    if not finite.size:
        return None
    best = int(finite[loss[finite].argmin()])
    worse = [i for i in range(len(rates)) if loss[i] > CLEARLY * loss[best]]
    picked: list[int] = []
    for target in (rates[best] / AWAY, rates[best] * AWAY):
        left = [i for i in worse if i not in picked]
        if left:
            picked.append(min(left, key=lambda i: abs(math.log(rates[i] / target))))
    shown = {i: rate(float(rates[i])) for i in (best, *picked)}
    if len(set(shown.values())) < 3:
        return None
    cited = [f"{shown[i]}: {nats(float(loss[i])) if math.isfinite(loss[i]) else 'diverged'}" for i in sorted(shown)]
    return ask(
        "Which of these learning rates had the lowest mean validation loss in this run?",
        shown[best],
        [shown[i] for i in picked],
        f"Nats at {'; '.join(cited)}.",
        place,
    )


def overshoot(run: Run, place: int) -> Question | None:
    """Ask how far the recommended rate may be overshot before it can be told to be worse."""
    chosen, basin = run.choice.learning_rate, run.choice.basin
    if chosen is None or basin is None:
        return None
    tried = [float(r) for r in run.choice.landscape.learning_rates]
    if max(tried) <= basin.high:
        return None
    beyond = [r for r in tried if r > basin.high and rate(r) != rate(basin.high)][:2]
    beyond += [basin.high * 10 ** (i + 1) for i in range(2 - len(beyond))]

    def written(high: float) -> str:
        return f"up to {rate(high)}" if high > chosen else f"not at all: up to {rate(chosen)} itself"

    within = [chosen] if basin.high > chosen else []
    times = f", {float(f'{basin.high / chosen:.2g}'):,.12g} times the recommended rate," if basin.high > chosen else ""
    return ask(
        f"How far may the recommended rate, {rate(chosen)}, be overshot before this run can tell that it is worse?",
        written(basin.high),
        [written(r) for r in (*beyond, *within)],
        f"{rate(basin.high)}{times} is the upper end of the basin: "
        "the highest rate that could not be told apart from it.",
        place,
    )


def much_smaller(run: Run) -> Question | None:
    """Ask what a rate about ten times smaller would have done to the validation loss."""
    chosen, landscape = run.choice.learning_rate, run.choice.landscape
    here = None if chosen is None else near(landscape, chosen)
    if chosen is None or here is None:
        return None
    loss = comparable_loss(run)
    row = near(landscape, chosen / 10)
    row = 0 if row is None else row
    if row == here or landscape.learning_rates[row] >= chosen or not 0 < loss[here] < math.inf or np.isnan(loss[row]):
        return None
    # The recommended rate may lie between rates that were tried: told is what was measured.
    smaller, there = rate(float(landscape.learning_rates[row])), rate(float(landscape.learning_rates[here]))
    bands = Bands(
        (1.1, 2.0),
        ("lower, or less than a tenth higher", "from a tenth higher to twice as high", "twice as high or more"),
        "not a finite number",
    )
    reached = nats(float(loss[row])) + " nats" if math.isfinite(loss[row]) else "no finite loss"
    lesson = "; smaller steps led less far." if loss[row] > loss[here] else "."
    return bands.ask(
        f"At the end of training, how high was the validation loss at {smaller}, compared with {there}?",
        float(loss[row] / loss[here]),
        f"{smaller} ended at {reached}, {there} at {nats(float(loss[here]))} nats{lesson}",
    )


def how_many_diverged(run: Run) -> Question:
    """Ask how many trials diverged: always clear."""
    count, n = len(diverged(run)), len(run.trials)
    if n == 1:
        return Bands((1,), ("no", "yes")).ask("This run had one trial. Did it diverge?", count, "Its loss " + (
            "blew up, or stopped being a number." if count else "stayed a finite number."
        ))  # fmt: skip
    bands = Bands((1, n / 2, n), ("none", "some, but fewer than half", "half or more, but not all", "all"))
    ended = "their loss blew up, or stopped being a number" if count else "every loss stayed a finite number"
    return bands.ask(f"Of the {n} trials of this run, how many diverged?", count, f"{count} of {n} did: {ended}.")


def diverged(run: Run) -> list[float]:
    """Return the rate of each trial whose loss stopped being a number, or was judged to have diverged."""
    judged = zip(run.trials, run.choice.verdicts, strict=True)
    return [t.learning_rate for t, verdict in judged if t.diverged or verdict.word == "diverged"]


def comparable_loss(run: Run) -> NDArray[np.float64]:
    """Return `(rates,)` mean validation loss in nats, NaN where a rate was stopped before those that went furthest.

    Under halving the last loss of a rate that fell behind is that of a shorter training: no comparison is fair.
    """
    landscape = run.choice.landscape
    loss = landscape.mean_loss
    if run.choice.regime != "dear":
        return loss
    steps = _steps(run, landscape)
    return np.where((steps == steps.max(initial=0)) | np.isinf(loss), loss, np.nan)


def _steps(run: Run, landscape: Landscape) -> NDArray[np.int64]:
    went = {t.learning_rate: t.steps for t in sorted(run.trials, key=lambda t: t.steps)}
    return np.array([went.get(float(r), 0) for r in landscape.learning_rates], np.int64)


def _given_up(run: Run, landscape: Landscape) -> str:
    """Say when the highest rate tried was stopped early; nothing where it was not."""
    highest = float(landscape.learning_rates[-1]) if len(landscape.learning_rates) else 0.0
    steps = _steps(run, landscape)
    if run.choice.regime != "dear" or not len(steps) or steps[-1] == steps.max():
        return ""
    loss = nats(float(landscape.mean_loss[-1]))
    return (
        f"In this run the highest rate tried, {rate(highest)}, was given up at step {steps[-1]} of {run.task.steps}, "
        f"with a validation loss of {loss}."
    )
