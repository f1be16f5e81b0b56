"""Ask and tell, inside any loop in Python: `Search`."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from etascope.core.checks import checked
from etascope.core.choice import Choice
from etascope.core.errors import InputError, option
from etascope.core.history import History, Status
from etascope.core.measure import Measure
from etascope.core.plan import Plan, trial_rates
from etascope.core.recipe import Task
from etascope.core.reported import Reported, reported_history
from etascope.core.run import DataSummary, Run
from etascope.core.trials import trials
from etascope.loops.command import MIDDLE, reports_halving
from etascope.loops.one_by_one import first_of, keeps_up, milestones
from etascope.loops.trial import LoopTrial, Report
from etascope.selection.grid import TARGETS
from etascope.selection.halving.state import score_trials, unit_of

LOSS, ACCURACY = Measure("valid_loss"), Measure("valid_accuracy", maximize=True)


@dataclass
class _Going:
    """The trial that the loop is at: the epoch it has to come to, and what it reported."""

    trial: LoopTrial
    least: int
    began: float
    losses: list[float] = field(default_factory=list[float])
    accuracies: list[float] = field(default_factory=list[float])
    answer: Report = field(default_factory=lambda: Report(stop=False))
    diverged: bool = False


class Search:
    """A search for a learning rate in a loop of your own: it says what to train, you report how good it is.

    Trials come one after the other, each a training from its start. First all rates of a `Halving` are trained to its
    first milestone. Then those that may go on are trained again, the best first, and each runs for as long as it keeps
    up: at the epochs where trials are compared, it must be among the best of those that came so far. `Halving` reads
    the answer from what was reported. The same reports give the same search.

    A report that is not finite ends a trial as diverged. A trial that the loop ends before it is told to keeps its
    last value for the rest; without any report it has failed. When the loop itself is left, by `break` or by an
    exception, the trial it was at is forgotten, and iterating again goes on from there.

    Parameters
    ----------
    low, high
        Lowest and highest peak rate to try, within 1e-7 to 1e4. None is free.
    epochs
        Reports of a whole training, at least 1. Default 5. A trial is stopped at three quarters of them at the latest,
        unless the budget is larger.
    seed
        The seed that every trial gets. Default 0.
    budget
        As of `Halving`, at least 1: the plan to take. As no training is gone on with, it costs a fifth more.
    tolerance
        What "within" means for the confidence, in per cent of loss, or of errors. Default 5.
    target
        `accuracy` or `loss`: which of two reported numbers trials are compared by. None (default) takes the accuracy
        where one is reported: on twelve tables of convolutional nets (DeepOBS) basins held the most accurate rate 12
        times by accuracy, and 5 or 6 times by loss.

    Raises
    ------
    InputError
        If a number is outside its range, or the target is another.

    Examples
    --------
    >>> search = Search(low=1e-4, high=1, epochs=8)
    >>> for trial in search:
    ...     for epoch in range(trial.epochs):
    ...         loss = 1 / (epoch + 1) + abs(math.log10(trial.learning_rate / 0.02))
    ...         if trial.report(valid_loss=loss).stop:
    ...             break
    >>> 0.01 < search.choice.learning_rate < 0.04
    True
    """

    @checked
    def __init__(
        self,
        low: float | None = None,
        high: float | None = None,
        epochs: int = 5,
        seed: int = 0,
        *,
        budget: float = 3.0,
        tolerance: float | None = None,
        target: str | None = None,
    ) -> None:
        if target is not None:
            option("target", target, TARGETS)
        self._target = target
        self._method = reports_halving(low, high, budget, tolerance)
        self._settings = {"low": low, "high": high, "epochs": epochs, "seed": seed, "budget": budget}
        self._plain = Task.of_reports(epochs, seed, LOSS)
        self._measure: Measure | None = None
        self._done: list[History] = []
        self._going: _Going | None = None
        self._trials = 0

    def __iter__(self) -> Iterator[LoopTrial]:
        """Yield the trials to run, until enough is known."""
        self._leave()
        while (request := self._next()) is not None:
            rate, least = request
            self._trials += 1
            task = self._task
            trial = LoopTrial(rate, task.recipe.seed, task.recipe.epochs, self._trials, self._tell)
            self._going = _Going(trial, least, time.perf_counter())
            yield trial
            self._end()

    @property
    def choice(self) -> Choice:
        """The recommended rate with its evidence, or why it cannot be told yet.

        Raises
        ------
        InputError
            If nothing was reported.
        """
        return self.run.choice

    @property
    def run(self) -> Run:
        """Everything that was reported, and the choice: what reports, charts and documents are made of.

        Raises
        ------
        InputError
            If nothing was reported.
        """
        done = self._done
        if self._going is not None and self._going.answer.stop:
            done = [*done, self._history(self._going)]
        if not done:
            raise InputError(
                "a choice needs reports; found none. Loop over the search, and call trial.report(valid_loss=loss)."
            )
        task = self._task
        data = DataSummary.unknown("a loop in Python", self._settings)
        seconds = sum(history.seconds for history in done)
        return Run(data, task, tuple(done), self._method.choose(task, done), None, seconds)

    @property
    def _task(self) -> Task:
        recipe = self._plain.recipe
        return Task.of_reports(recipe.epochs, recipe.seed, self._measure or LOSS)

    def _next(self) -> tuple[float, int] | None:
        """Return the rate to train next, and the epoch that it has to come to."""
        task = self._task
        plan = self._method.propose(task, self._done)
        if plan is None:
            return None
        every = trials(task, self._done)
        scored = score_trials(every, task.recipe.seed, "loss", unit_of(task, every))
        rates = trial_rates(task, plan).tolist()
        return first_of(rates, scored, self._method.middle or MIDDLE), plan.start + plan.steps

    def _tell(self, trial: LoopTrial, loss: float | None, accuracy: float | None) -> Report:
        going = self._going
        if going is None or going.trial is not trial:
            raise InputError(
                f"trial {trial.number} is over, because the loop has gone on. Report on the trial that the loop gives."
            )
        if going.answer.stop:
            return going.answer
        by = self._target or ("loss" if accuracy is None else "accuracy")
        measure = self._measure or (ACCURACY if by == "accuracy" else LOSS)
        value = accuracy if measure is ACCURACY else loss
        if value is None:
            why = "as the first one had it" if self._measure else f"which is the {by} that trials are compared by"
            raise InputError(f"each report needs {measure.name}, {why}; found none. Report it, too.")
        self._measure = measure
        going.diverged = not all(math.isfinite(number) for number in (value, loss) if number is not None)
        if not going.diverged:
            going.losses.append(measure.loss(value))
            going.accuracies.append(math.nan if accuracy is None else accuracy)
        going.answer = self._judged(going)
        return going.answer

    def _judged(self, going: _Going) -> Report:
        """Return whether a trial should end now, and why."""
        if going.diverged:
            return Report(stop=True, why="what was reported is not a finite number.")
        task, budgets = self._task, self._method.budgets
        at, top = len(going.losses), milestones(budgets, task.steps)[-1]
        if at >= max(top, going.least):
            return Report(stop=True, why=f"epoch {at} of {task.steps} is as far as any trial goes.")
        every = trials(task, [*self._done, self._history(going)])
        scored = score_trials(every, task.recipe.seed, "loss", unit_of(task, every))
        if keeps_up(scored, budgets, going.trial.learning_rate, task.steps, going.least):
            return Report(stop=False)
        first = at == going.least == milestones(budgets, task.steps)[0]
        why = "all rates are looked at" if first else "others were better"
        return Report(stop=True, why=f"{why} after epoch {at} of {task.steps}.")

    def _end(self) -> None:
        """Keep the trial that the loop was at."""
        going, self._going = self._going, None
        if going is not None:
            self._done.append(self._history(going, ended=True))

    def _leave(self) -> None:
        """Keep the trial that a loop was at which was left, if it was over; else forget it."""
        if self._going is not None and self._going.answer.stop:
            self._end()
        self._going = None

    def _history(self, going: _Going, *, ended: bool = False) -> History:
        """Return the history of one trial; one that the loop `ended` by itself keeps its last value for the rest."""
        task, losses, accuracies = self._task, going.losses, going.accuracies
        at, remark, ending = len(losses), "", Status.DIVERGED if going.diverged else None
        if ended and not going.answer.stop:
            ending, remark = (None, "") if losses else (Status.FAILED, "its loop reported nothing")
            rest = milestones(self._method.budgets, task.steps)[-1] - at
            if losses and rest > 0:
                remark = f"its loop ended after {at} epoch{'' if at == 1 else 's'}"
                losses, accuracies = losses + losses[-1:] * rest, accuracies + accuracies[-1:] * rest
        reported = Reported(tuple(losses), ending, at + going.diverged, remark, tuple(accuracies))
        return reported_history(
            _row(going.trial.learning_rate, max(len(losses) + (ending is not None), 1), task.recipe.seed),
            [reported], task.recipe.epochs, self._measure or LOSS, time.perf_counter() - going.began,
        )  # fmt: skip


def _row(rate: float, epochs: int, seed: int) -> Plan:
    return Plan(np.full((1, epochs), rate), np.array([seed], np.int64), np.zeros(1, np.int64), keep_checkpoints=True)
