"""The choice from short trainings: `Rehearsals`, a method for trainings that are dear."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from etascope.core.checks import check_values
from etascope.core.choice import Basin, Choice, Confidence, WorthTuning
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.plan import Plan, sweep
from etascope.core.recipe import Task
from etascope.core.sentences import say
from etascope.core.trials import trials
from etascope.selection.basin import CLEARLY_WORSE, before_divergence
from etascope.selection.cost import plan_cost, search_cost
from etascope.selection.customary import customary_rate
from etascope.selection.estimate import TOLERANCES, UNITS, word_of
from etascope.selection.grid import FIVE_FOLDS, check_fields
from etascope.selection.halving.window import Window, window_of
from etascope.selection.landscape import read_landscape
from etascope.selection.regret import Draws
from etascope.selection.rehearsals.drift import drift_of, expected_rate
from etascope.selection.rehearsals.lengths import Lengths, lengths_for
from etascope.selection.rehearsals.levels import Level, learned, points_per_log_loss, read_levels, rehearsed
from etascope.selection.rehearsals.outcome import Outcome, spacing_of
from etascope.selection.rehearsals.reasons import limited_by, no_answer, reasons, settle, too_dear, trial_verdict
from etascope.selection.rehearsals.transfer import transfer_draws
from etascope.selection.words.reasons import not_tried
from etascope.selection.words.refuted import Answered, Refuted, refuted

#: Where no accuracy is known, noise is judged as if this share were wrong, which is typical of the study's tasks.
NOMINAL_ERROR = 0.15
#: Rates of a longer length stand at these quantiles of where the best may lie, at least and at most so far apart, in
#: decades.
QUANTILES, NEAREST, FARTHEST = (0.1, 0.35, 0.65, 0.9), 0.12, 0.35
#: Batches of a rehearsal's epoch at least.
FEWEST_BATCHES = 4
#: Rates beyond the ends of a length's own, at most.
MORE = 3
#: Curves and their spacing where rates are placed, and where the answer is read.
ROUGH, ROUGH_STEP = 400, 0.04
FINE, FINE_STEP = 3000, 0.02


@dataclass(frozen=True)
class Rehearsals:
    """Train many rates briefly, those that may be best for longer, and carry what they came to to the whole length.

    A *rehearsal* is a training of fewer steps, with the whole schedule compressed into them, on a part of the batches,
    in as many epochs. All share initial weights, the first fold as their holdout, and the rows of it that are looked
    at; those of one length share their batches.

    1. Seven rates, evenly spaced over 2.5 decades about where the best one is expected, have the shortest length. While
       the best is an end of them, one beyond it is trained.
    2. At each length three times as long, four rates are trained, where the best may lie by all shorter ones.
    3. What is left of the budget looks for a wall on either side, at the shortest length.

    How far the best rate moves with the length is estimated: from a study of jobs of the optimizer's family, and from
    the lengths of this very job (`transfer_draws`). Rate, basin and confidence are read from the drawn curves.

    Parameters
    ----------
    target
        `accuracy` compares temperature-scaled losses, which have their lowest point where accuracy has its highest;
        `loss` compares plain ones. Default `accuracy`.
    tolerance
        What "within" means for the confidence, above 0. None is 1 accuracy point (a hundredth), or 5 per cent of loss.
    low, high
        Lowest and highest peak rate to try. None is free, within 1e-7 to 1e4.
    middle
        Where the best rate of the whole length is expected. None is `expected_rate`.
    budget
        What the search may cost at most, in trainings, above 0. Default 3.

    Raises
    ------
    InputError
        If a field is outside its range.
    """

    target: str = "accuracy"
    tolerance: float | None = None
    low: float | None = None
    high: float | None = None
    budget: float = 3.0
    middle: float | None = None

    def __post_init__(self) -> None:
        """Check every field."""
        check_values(self)
        check_fields(self.target, self.tolerance, self.low, self.high, self.budget)

    def propose(self, task: Task, histories: Sequence[History]) -> Plan | None:
        """Return the next rehearsals, or None when the budget is spent or buys none.

        Raises
        ------
        InputError
            If the task holds nothing out to validate on.
        """
        if task.n_folds < 1:
            raise InputError("choosing a learning rate needs validation rows; found 0 folds.", FIVE_FOLDS)
        if any(one.plan.length is None and one.plan.start + one.plan.steps < task.steps for one in histories):
            raise InputError(
                "this search was begun by another method: its trials are parts of whole trainings, and those of this "
                "one are shorter trainings. They stay readable; search anew."
            )
        lengths = lengths_for(task, self.budget)
        return None if lengths is None else self._next(task, lengths, histories)

    def choose(self, task: Task, histories: Sequence[History]) -> Choice:
        """Return the recommended rate with its basin, or no answer and why.

        There is no answer where the budget buys no search, the search is not at its end, every trial diverged, none
        learned, or the best one is an end of what was tried while more was allowed. Validation loss and accuracy of the
        choice are those of the longest rehearsals, interpolated on the logarithmic axis.
        """
        landscape, every = read_landscape(task, histories), trials(task, histories)
        choice = Choice(
            not_tried=not_tried(task, landscape) if len(landscape.learning_rates) else say("everything."),
            landscape=landscape,
            verdicts=(),
            cost=search_cost(task, every, histories),
            target=self.target,
            regime="dear",
            measure=task.measure,
        )
        lengths = lengths_for(task, self.budget)
        if lengths is None:
            return replace(choice, reasons=too_dear(task, self.budget))
        levels = read_levels(task, every, lengths, self.target)
        unfinished = self._next(task, lengths, histories) is not None
        outcome = Outcome(task, self._window(task, lengths), lengths, levels, self.target, unfinished)
        choice = (
            self._answer(outcome, choice)
            if outcome.answered
            else replace(choice, reasons=no_answer(outcome, self.budget))
        )
        judged = tuple(trial_verdict(outcome, trial, choice.learning_rate, choice.basin) for trial in every)
        return replace(choice, verdicts=judged)

    def _window(self, task: Task, lengths: Lengths) -> Window:
        """Return the first rates: about the customary middle, moved by the drift that is expected."""
        middle = 10 ** self._middle(task, lengths.steps[0])
        return window_of(task.recipe, lengths.rates[0], self.low, self.high, middle)

    def _middle(self, task: Task, steps: int) -> float:
        """Return where the best rate of a training of `steps` steps is expected, as a decimal logarithm."""
        moved = drift_of(task.recipe).expected(steps, task.steps)
        return math.log10(self.middle or expected_rate(task.recipe)) + moved

    def _next(self, task: Task, lengths: Lengths, histories: Sequence[History]) -> Plan | None:
        every = trials(task, histories)
        levels, window = read_levels(task, every, lengths, self.target), self._window(task, lengths)
        left = self.budget - search_cost(task, every, histories).training_equivalents

        def affordable(rates: Sequence[float], steps: int) -> Plan | None:
            """Return the plan of as many of these trainings, the first ones, as can be paid for."""
            for count in range(len(rates), 0, -1):
                plan = _plan(task, lengths, rates[:count], steps)
                if plan_cost(task, plan) <= left:
                    return plan
            return None

        for number, level in enumerate(levels):
            rates = window.first if not number else self._placed(task, window, lengths, levels[:number], number)
            missing = [rate for rate in rates if rate not in level.scored]
            if missing:
                if plan := affordable(missing, level.steps):
                    return plan
                continue
            own = Window(window.first, spacing_of(sorted(rates)), window.low, window.high)
            more = _beyond(level, own, len(rates), walls=not number)
            if more is not None and (plan := affordable([more], level.steps)):
                return plan
        return None

    def _placed(
        self, task: Task, window: Window, lengths: Lengths, shorter: Sequence[Level], number: int
    ) -> tuple[float, ...]:
        """Return the rates of a length: where the best may lie there, by what shorter ones say; the likeliest first."""
        steps = lengths.steps[number]
        taught = [level for level in shorter if learned(task, level)]
        if not taught:
            return window.first
        draws = self._draws(task, taught, steps, rough=True)
        best = np.sort(np.log10(draws.learning_rates)[draws.regret.argmin(axis=1)])
        centre = float(np.median(best))
        count = lengths.rates[number]
        levels = np.interp(np.linspace(0, len(QUANTILES) - 1, count), np.arange(len(QUANTILES)), QUANTILES)
        marks = np.quantile(best, levels)
        width = float(np.clip((marks[-1] - marks[0]) / max(count - 1, 1), NEAREST, FARTHEST))
        ends = np.log10([window.low, window.high])
        marks = np.clip(centre + width * (np.arange(count) - (count - 1) / 2), *ends)
        placed = list[float]()
        for mark in sorted(marks.tolist(), key=lambda m: (abs(m - centre), m)):
            rate = min(max(float(f"{10**mark:.3g}"), window.low), window.high)
            if rate not in placed:
                placed.append(rate)
        return tuple(placed)

    def _draws(self, task: Task, levels: Sequence[Level], steps: int, *, rough: bool = False) -> Draws:
        scale = points_per_log_loss(levels[-1], steps, NOMINAL_ERROR)
        draws = transfer_draws(
            [rehearsed(level, scale, self.target) for level in levels], steps, drift_of(task.recipe), scale,
            self._middle(task, steps), draws=ROUGH if rough else FINE, seed=task.recipe.seed,
            step=ROUGH_STEP if rough else FINE_STEP,
        )  # fmt: skip
        return draws if self.target == "accuracy" else draws.times(100 / scale)

    def _read(self, outcome: Outcome) -> tuple[float, Draws, Basin]:
        """Return the answer, what rates may lose, and the basin."""
        draws, window = self._draws(outcome.task, outcome.learned_at, outcome.task.steps), outcome.window
        top = outcome.top
        assert top is not None
        # Three digits, so that what is printed is what is trained. Nothing beyond what was tried, nor above the highest
        # rate that trained to the end: beside it, the next higher one may diverge.
        answer = min(max(float(f"{draws.best():.3g}"), outcome.rates[0]), top.alive[-1])
        wide = draws.basin(0.9, include=answer)
        basin = before_divergence(wide, answer, [rate for rate in outcome.rates if outcome.stopped(rate)])
        low, high = (float(f"{end:.3g}") for end in (basin.low, basin.high))
        basin = Basin(max(min(low, answer), window.low), min(max(high, answer), window.high))
        return answer, draws, basin

    def _answer(self, outcome: Outcome, choice: Choice) -> Choice:
        task, top = outcome.task, outcome.top
        assert top is not None
        answer, draws, basin = self._read(outcome)
        tolerance = TOLERANCES[self.target] if self.tolerance is None else self.tolerance
        share = draws.confidence(answer, tolerance)
        word, limited = word_of(share), limited_by(outcome, answer, basin)
        finals = outcome.finals
        x = np.log10(finals.learning_rates)
        loss, accuracy = (
            float(np.interp(math.log10(answer), x, values)) for values in (finals.mean_loss, finals.mean_accuracy)
        )
        customary = customary_rate(task.recipe)
        cost = draws.cost_of(customary, against=answer)
        alone = len(outcome.rates) == 1
        answered = Answered(answer, basin, loss, accuracy, loss, accuracy, self.target, tolerance)
        against = Refuted() if alone else refuted(task, finals, answered)
        sure = against.sure(
            Confidence(limited.word(word, answer), tolerance, settle(self.budget, word, limited), share)
        )
        return replace(
            choice,
            learning_rate=answer,
            basin=basin,
            valid_loss=loss,
            valid_accuracy=accuracy,
            reasons=reasons(outcome, answer, basin, against),
            confidence=None if alone else sure,
            walls=against.walls(outcome.walls(answer, basin)),
            worth_tuning=None if alone or cost is None or against else WorthTuning(customary, *cost),
            curve=None if alone else draws.curve(UNITS[self.target]),
        )


def _beyond(level: Level, window: Window, planned: int, *, walls: bool) -> float | None:
    """Return the next rate beyond the ends of a level: where the best is that end, or with `walls` shows no wall."""
    best, rates = level.best, tuple(level.scored)
    if best is None or len(rates) >= planned + MORE:
        return None
    for end in (rates[0], rates[-1]):
        wall = level.score(end) >= level.score(best) + CLEARLY_WORSE
        if (end == best or (walls and not wall)) and (more := window.beyond(rates, end)) is not None:
            return more
    return None


def _plan(task: Task, lengths: Lengths, rates: Sequence[float], steps: int) -> Plan:
    """Return the plan that trains rates from the start for so many steps, which the whole schedule is compressed into.

    A training of a share of the steps sees the same share of the batches, in as many epochs: what comes of seeing
    examples again and again shows in it, too.
    """
    plan = sweep(task.recipe, steps, rates, [0])
    per_epoch = max(-(-steps // task.recipe.epochs), FEWEST_BATCHES)
    short = steps < task.steps
    return replace(
        plan,
        evaluate_at=lengths.evaluations(steps),
        keep_checkpoints=steps == lengths.steps[-1],
        keep_examples=True,
        valid_rows=lengths.valid_rows,
        length=steps if short else None,
        epoch_steps=per_epoch if short and per_epoch < task.steps_per_epoch else None,
    )
