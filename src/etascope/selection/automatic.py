"""The default method, `Automatic`: cross-validation where trials are cheap, halving where dear; `method_of` words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from etascope.core.checks import check_values
from etascope.core.choice import Choice
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.plan import Plan
from etascope.core.protocols import Method
from etascope.core.recipe import Task
from etascope.core.sentences import Sentence, Setting, say
from etascope.core.trials import trials
from etascope.selection.cost import cheap_trainings, duration, training_seconds
from etascope.selection.cross_validation.method import CrossValidation
from etascope.selection.halving.method import Halving
from etascope.selection.last_batch import last_batch_advice
from etascope.selection.words.refuted import none_better

#: Predicted seconds of the cheap regime up to which it is taken without being asked for.
PATIENCE = 60.0
#: The lowest budget, in trainings, that asks for the cheap regime: what six rates on five folds cost in the study,
#: where basins still held the best rate in 94, 90 and 78 of 100 (by set of tasks).
CHEAP_BUDGET = 24.0
#: The budget of successive halving where none is given: beyond it hardly less was lost (`PLANS`).
DEAR_BUDGET = 3.0


@dataclass(frozen=True)
class Automatic:
    """Choose the regime by its predicted cost, or by the budget, and leave the rest to it.

    With folds to cross-validate over, and its trainings (about 50 for five folds) predicted to take at most 60 seconds
    (`training_seconds`), the regime is cheap: `CrossValidation`, every trial to the end. Else it is dear: `Halving`, at
    about 3 trainings. Of 22 tasks that nobody tuned on, the first lost 0.17 points of accuracy on average, the second
    0.30.

    Parameters
    ----------
    target
        `accuracy` or `loss`: what "best" means. Default `accuracy`.
    tolerance
        What "within" means for the confidence, above 0. None is 1 accuracy point (a hundredth), or 5 per cent of loss.
    low, high
        Lowest and highest peak rate to try. None is free.
    budget
        What the search may cost, in trainings, at least 1: from 24 on cross-validation where there are folds, below it
        the costliest successive halving that fits. None chooses by the predicted time.

    Raises
    ------
    InputError
        If a field is outside its range.

    Examples
    --------
    >>> from etascope.core.recipe import Recipe
    >>> task = Task(Recipe(), n_classes=10, n_development=800, n_folds=5, steps_per_epoch=40)
    >>> type(Automatic().method(task)).__name__, type(Automatic(budget=3).method(task)).__name__
    ('CrossValidation', 'Halving')
    """

    target: str = "accuracy"
    tolerance: float | None = None
    low: float | None = None
    high: float | None = None
    budget: float | None = None

    def __post_init__(self) -> None:
        """Check every field: those of the method for dear trainings are the same."""
        check_values(self)
        self._halving()

    def method(self, task: Task) -> CrossValidation | Halving:
        """Return the method for a task: the same for the same task, whatever was trained."""
        if self._cheap(task):
            return CrossValidation(target=self.target, tolerance=self.tolerance, low=self.low, high=self.high)
        return self._halving()

    def propose(self, task: Task, histories: Sequence[History]) -> Plan | None:
        """Return the next plan of the method for this task."""
        return self.method(task).propose(task, histories)

    def choose(self, task: Task, histories: Sequence[History]) -> Choice:
        """Return the answer of the method for this task; the last reason says which regime it was, and why."""
        choice = self.method(task).choose(task, histories)
        advice = () if choice.basin is None else last_batch_advice(task, trials(task, histories), choice.basin)
        reasons = *choice.reasons, *none_better(task, choice.landscape), *advice, self.why(task)
        return replace(choice, reasons=reasons)

    def why(self, task: Task) -> Sentence:
        """Return which regime is taken and why, in one sentence with the numbers."""
        trainings = cheap_trainings(task)
        seconds = duration(trainings * training_seconds(task))
        halving = self.method(task)
        if isinstance(halving, Halving):
            plan = f"successive halving of about {halving.budgets.cost:.2g} trainings ({halving.budgets})"
            if task.n_folds <= 1:
                budget = "" if self.budget is None else f" and a budget of {_trainings(self.budget)}"
                taken = say(f"Dear regime: with one holdout{budget}, {plan} was taken.")
                # Where rows to validate on were given, there are no folds to be had.
                foldable = task.n_valid is None and not task.measure.reported
                more = foldable and (self._patient(task) or self._rich)
                return (
                    taken + say(" With {folds}, it would be cross-validation.", Setting("folds", 5)) if more else taken
                )
            if self.budget is not None:
                fits = "fits" if halving.budgets.cost <= self.budget else "is the smallest"
                return say(f"Dear regime: {plan} {fits}, by a budget of {_trainings(self.budget)}.")
            return say(
                f"Dear regime: {trainings} trainings for cross-validation were predicted to take {seconds}, over "
                f"{duration(PATIENCE)}, so {plan} was taken."
            )
        if self.budget is not None:
            return say(
                f"Cheap regime: a budget of {CHEAP_BUDGET:g} trainings and more asks for cross-validation with every "
                f"trial to the end, about {trainings} trainings."
            )
        return say(
            f"Cheap regime: {trainings} trainings were predicted to take {seconds}, no more than "
            f"{duration(PATIENCE)}, so every trial ran to the end under cross-validation."
        )

    def _halving(self) -> Halving:
        budget = DEAR_BUDGET if self.budget is None else self.budget
        return Halving(target=self.target, tolerance=self.tolerance, low=self.low, high=self.high, budget=budget)

    def _cheap(self, task: Task) -> bool:
        if task.n_folds <= 1:
            return False
        return self._patient(task) if self.budget is None else self._rich

    @property
    def _rich(self) -> bool:
        return self.budget is not None and self.budget >= CHEAP_BUDGET

    def _patient(self, task: Task) -> bool:
        return cheap_trainings(task) * training_seconds(task) <= PATIENCE


def method_of(
    method: Method | None,
    *,
    low: float | None = None,
    high: float | None = None,
    budget: float | None = None,
    target: str | None = None,
    tolerance: float | None = None,
    usual: str = "accuracy",
) -> Method:
    """Return a method that was given, or `Automatic` of the words that every door takes; `usual` is its usual target.

    Raises
    ------
    InputError
        If a word is outside its range, or stands beside a method.
    """
    if method is None:
        return Automatic(target or usual, tolerance, low, high, budget)
    words = {"low": low, "high": high, "budget": budget, "target": target, "tolerance": tolerance}
    for name, value in words.items():
        if value is not None:
            raise InputError(
                f"a method knows itself what to look for, and where; found {name} beside it. Leave one of them out."
            )
    return method


def _trainings(budget: float) -> str:
    return f"{budget:g} training{'' if budget == 1 else 's'}"
