"""Successive halving: all rates a little, the better ones further, a few nearly to the end: `Halving`, a method."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from etascope.core.checks import check_values
from etascope.core.choice import Basin, Choice, Confidence, Luck, WorthTuning
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.plan import Checkpoint, Plan, trial_rates
from etascope.core.recipe import Task
from etascope.core.renamed import in_new_module
from etascope.core.schedules import schedule_row
from etascope.core.sentences import say
from etascope.core.trials import Trial, trials
from etascope.selection.basin import before_divergence, within_walls
from etascope.selection.cost import search_cost
from etascope.selection.customary import customary_rate
from etascope.selection.estimate import TOLERANCES, UNITS, word_of
from etascope.selection.grid import FIVE_FOLDS, check_fields
from etascope.selection.halving.budgets import Budgets, budgets_for
from etascope.selection.halving.noise import noise_variance, shift_mean
from etascope.selection.halving.outcome import Outcome, beside, walls_to_seek
from etascope.selection.halving.reasons import limited_by, no_answer, reasons, settle, trial_verdict
from etascope.selection.halving.state import Todo, evaluations, first_step, read_state, score_trials, unit_of
from etascope.selection.halving.window import window_of
from etascope.selection.landscape import read_landscape
from etascope.selection.regret import DEAR, Draws, regret_draws
from etascope.selection.words.reasons import not_tried
from etascope.selection.words.refuted import Answered, Refuted, refuted

__getattr__ = in_new_module(__name__, Ladder="Halving")

#: How much accuracy, in points, a winner loses on a fresh seed, and the deviation of that between cases: means
#: over 43 tasks, 0.16 to 0.29 and 1.9 to 3.9 by set. Told as they are, since one run a rate cannot show how
#: runs differ: drawing its validation examples again gave 0.1.
LUCK, LUCK_SPREAD = 0.3, 3.0
#: Where no accuracy is known, noise is judged as if this share were wrong, which is typical of those tasks.
NOMINAL_ERROR = 0.15


@dataclass(frozen=True)
class Halving:
    """Compare about seven rates early, keep the better ones, and train three of them nearly to the end.

    All trials share initial weights, batches and the first fold as their holdout, and follow the recipe's own
    full-length schedule. By default:

    1. Seven rates, evenly spaced over 2.5 decades about the optimizer's customary one, are trained for a sixteenth of
       the steps (20 steps at least, if that is no more than an eighth). While nothing has learned yet, this is doubled.
       While the best rate is an end of the window, one more beyond it is trained.
    2. The five best go on to a quarter of the steps, the three best of them to three quarters. Each goes on from its
       checkpoint.
    3. While no wall was seen on a side (a rate beyond the basin that diverged or is clearly worse), one more rate
       beyond the window is trained as far as the first milestone, for half a training in all.
    4. A trial whose loss is not finite, or whose batch loss exceeds 30 times its first, does not go on.

    A trial's score at a milestone is its log validation loss, averaged over the evaluations of the last 40 % of the
    steps to there. The recommended rate, basin and confidence are read from curves drawn from a Gaussian process
    (`regret_draws`): the rate loses least on average, at most the highest finalist.

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
        Middle of the first window, within the limits. None is the optimizer's customary one.
    budget
        What the search may cost, in trainings, at least 1. Default 3. The costliest of eight plans that fits is taken:
        about 1.4 (which is also taken below), 1.8, 2.2, 2.9, 3.7, 5.3, 7.4 and 15. From 7.4 on all trials run to the
        last step. Validation passes, and trials added to the window, come on top.

    Raises
    ------
    InputError
        If a field is outside its range.

    References
    ----------
    Jamieson and Talwalkar 2016, "Non-stochastic best arm identification" (successive halving).

    Examples
    --------
    >>> from etascope.core.recipe import Recipe
    >>> task = Task(Recipe(), n_classes=10, n_development=800, n_folds=5, steps_per_epoch=64)
    >>> plan = Halving().propose(task, [])
    >>> len(plan), plan.steps, plan.evaluate_at
    (7, 20, (12, 16, 20))
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
        check_fields(self.target, self.tolerance, self.low, self.high, self.budget, least=1.0)

    @property
    def budgets(self) -> Budgets:
        """The plan that the budget pays for."""
        return budgets_for(self.budget)

    def propose(self, task: Task, histories: Sequence[History]) -> Plan | None:
        """Return the next trials to train, or those that go on, with their checkpoints; None at the end.

        A function of its arguments: it goes on with the histories of another process.

        Raises
        ------
        InputError
            If the task holds nothing out to validate on.
        """
        if task.n_folds < 1:
            raise InputError("choosing a learning rate needs validation rows; found 0 folds.", FIVE_FOLDS)
        outcome = self._outcome(task, trials(task, histories))
        todo = outcome.state.todo
        return None if todo is None else _plan(task, todo, _checkpoints(task, histories))

    def choose(self, task: Task, histories: Sequence[History]) -> Choice:
        """Return the recommended rate with its basin, or no answer and why.

        There is no answer where the search is not at its end, every trial diverged, none learned, or the best one is an
        end of what was tried while more was allowed. Validation loss and accuracy of the choice are interpolated
        between the finalists, on the logarithmic axis, at the last step they came to. The landscape has the last
        evaluation of every trial, so that one that was left behind stands there with the loss it had then.
        """
        landscape, every = read_landscape(task, histories), trials(task, histories)
        outcome = self._outcome(task, every)
        choice = Choice(
            not_tried=not_tried(task, landscape) if len(landscape.learning_rates) else say("everything."),
            landscape=landscape,
            verdicts=(),
            cost=search_cost(task, every, histories),
            target=self.target,
            regime="dear",
            measure=task.measure,
        )
        answered = outcome.answered
        choice = self._answer(outcome, choice) if answered else replace(choice, reasons=no_answer(outcome))
        judged = tuple(trial_verdict(outcome, t, choice.learning_rate, choice.basin) for t in every)
        return replace(choice, verdicts=judged)

    def _outcome(self, task: Task, every: Sequence[Trial]) -> Outcome:
        window = window_of(task.recipe, self.budgets.trials, self.low, self.high, self.middle)
        unit = unit_of(task, every)
        scored = score_trials(every, task.recipe.seed, self.target, unit)
        outcome = Outcome(task, window, read_state(task, scored, self.budgets, window), scored, self.target, unit)
        if not outcome.answered:
            return outcome
        wider = beside(outcome)
        answer, _, basin = self._read(wider)
        sought = len(wider.state.rates) - len(outcome.state.rates)
        todo = walls_to_seek(wider, wider.walls(answer, basin), sought)
        return replace(wider, state=replace(wider.state, todo=todo))

    def _read(self, outcome: Outcome) -> tuple[float, Draws, Basin]:
        """Return the answer, what rates may lose, and the basin."""
        rates, finalists = outcome.state.rates, outcome.state.finalists
        # Where the curve is lowest, and not a score: the curve alone is moved by the shift. With both, 0.34 points were
        # lost on the benchmark, and 0.38 by smoothed scores before.
        draws = self._draws(outcome, np.log10(np.array(rates)))
        # Three digits, so that what is printed is what is trained; the ends keep all of theirs. Nothing above the
        # highest finalist: beside it, the next higher rate may diverge.
        answer = min(max(float(f"{draws.best():.3g}"), outcome.window.low), finalists[-1])
        # The curve may be lowest at an end of the window beyond which more is allowed; the best trial is none.
        if outcome.best is not None and outcome.window.beyond(rates, answer) is not None:
            answer = outcome.best
        basin = _basin(outcome, draws, answer)
        return answer, draws, within_walls(basin, answer, outcome.walls(answer, basin))

    def _answer(self, outcome: Outcome, choice: Choice) -> Choice:
        task, state, scored = outcome.task, outcome.state, outcome.scored
        finalists = state.finalists
        answer, draws, basin = self._read(outcome)
        tolerance = TOLERANCES[self.target] if self.tolerance is None else self.tolerance
        share = draws.confidence(answer, tolerance)
        # In 144 searches on 18 jobs that nothing was tuned on, choices called likely were within one point in 95 of 100
        # cases, probable ones in 92, not settled ones in 7 of 12.
        word, limited = word_of(share), limited_by(outcome, answer, basin)
        ends = [(scored[r].trial.valid_loss[-1], scored[r].trial.valid_accuracy[-1]) for r in finalists]
        loss, accuracy = (
            float(np.interp(math.log10(answer), np.log10(finalists), values)) for values in zip(*ends, strict=True)
        )
        customary = customary_rate(task.recipe)
        cost = draws.cost_of(customary, against=answer)
        alone, ours = len(state.rates) == 1, not task.measure.reported
        answered = Answered(answer, basin, loss, accuracy, loss, accuracy, self.target, tolerance)
        against = refuted(task, outcome.finals, answered) if ours and not alone else Refuted()
        sure = against.sure(Confidence(limited.word(word, answer), tolerance, settle(task, word, limited), share))
        return replace(
            choice,
            learning_rate=answer,
            basin=basin,
            valid_loss=loss,
            valid_accuracy=accuracy,
            reasons=reasons(outcome, answer, basin, first_step(task, self.budgets), against),
            confidence=None if alone else sure,
            walls=against.walls(outcome.walls(answer, basin)),
            luck=Luck(LUCK, LUCK_SPREAD, accuracy) if ours and math.isfinite(accuracy) else None,
            worth_tuning=None if alone or cost is None or not ours or against else WorthTuning(customary, *cost),
            curve=None if alone else draws.curve(UNITS[self.target]),
        )

    def _draws(self, outcome: Outcome, x: np.ndarray) -> Draws:
        best = outcome.state.finalists[0] if outcome.best is None else outcome.best
        trial = outcome.scored[best].trial
        rows = 200 if trial.example_losses is None else trial.example_losses.shape[-1]
        # A best without an error would leave nothing to lose: it counts as half an error.
        right = float(trial.valid_accuracy[-1])
        error = max(1 - right, 0.5 / rows) if math.isfinite(right) else NOMINAL_ERROR
        scale = 100 * DEAR.slope * error
        points = scale * (outcome.scores - outcome.scores.min())
        noise = noise_variance(outcome.state, outcome.scored, best, points, scale, outcome.task.steps, self.target)
        # The schedule of a script or a loop is its own affair, so nothing is known of a shift.
        known = not outcome.task.measure.reported
        shift = shift_mean(outcome.task.recipe.schedule, outcome.top / outcome.task.steps) if known else 0.0
        draws = regret_draws(x, points, noise, scale, replace(DEAR, shift_mean=shift), seed=outcome.task.recipe.seed)
        return draws if self.target == "accuracy" else draws.times(100 / scale)


def _basin(outcome: Outcome, draws: Draws, answer: float) -> Basin:
    """Return the basin to three digits, with the answer, within what was allowed and below what diverged."""
    wide = draws.basin(0.9, include=answer)
    basin = before_divergence(wide, answer, [r for r in outcome.state.rates if outcome.stopped(r)])
    low, high = (float(f"{end:.3g}") for end in (basin.low, basin.high))
    window = outcome.window
    return Basin(max(min(low, answer), window.low), min(max(high, answer), window.high))


def _checkpoints(task: Task, histories: Sequence[History]) -> dict[tuple[float, int], Checkpoint]:
    """Return the checkpoints of the search's trials by rate and step."""
    kept: dict[tuple[float, int], Checkpoint] = {}
    for history in histories:
        rates = trial_rates(task, history.plan).tolist()
        for row, checkpoint in enumerate(history.checkpoints):
            unit = int(history.plan.seeds[row]), int(history.plan.folds[row])
            if checkpoint is not None and unit == (task.recipe.seed, 0):
                kept[rates[row], checkpoint.step] = checkpoint
    return kept


def _plan(task: Task, todo: Todo, checkpoints: dict[tuple[float, int], Checkpoint]) -> Plan:
    """Return the plan of some trials to their next milestone; without their checkpoints they begin anew."""
    resume = tuple(checkpoints[r, todo.start] for r in todo.rates if (r, todo.start) in checkpoints)
    start = todo.start if todo.start and len(resume) == len(todo.rates) else 0
    shape = schedule_row(task.recipe.schedule, task.recipe.warmup, task.steps)
    return Plan(
        rates=np.outer(todo.rates, shape[start : todo.end]),
        seeds=np.full(len(todo.rates), task.recipe.seed, np.int64),
        folds=np.zeros(len(todo.rates), np.int64),
        start=start,
        resume=resume if start else None,
        keep_checkpoints=True,
        evaluate_at=evaluations(start, todo.end) if not task.measure.reported else None,
        keep_examples=not task.measure.reported,
    )
