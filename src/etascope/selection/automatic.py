"""The default method, `Automatic`: cross-validation where trials are cheap, else rehearsals; `method_of` words."""

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
from etascope.selection.cost import cheap_trainings, duration, training_seconds
from etascope.selection.cross_validation.method import CrossValidation
from etascope.selection.rehearsals.lengths import lengths_for
from etascope.selection.rehearsals.method import Rehearsals

#: Predicted seconds of the cheap regime up to which it is taken without being asked for.
PATIENCE = 60.0
#: The lowest budget, in trainings, that asks for the cheap regime: what six rates on five folds cost in the study,
#: where basins still held the best rate in 94, 90 and 78 of 100 (by set of tasks).
CHEAP_BUDGET = 24.0
#: The budget of rehearsals where none is given: beyond it hardly less was lost.
DEAR_BUDGET = 3.0
#: And where there is one holdout, and so many trainings are predicted to take no longer than patience: whole ones.
QUICK_BUDGET = 12.0


@dataclass(frozen=True)
class Automatic:
    """Choose the regime by its predicted cost, or by the budget, and leave the rest to it.

    With folds to cross-validate over, and its trainings (about 50 for five folds) predicted to take at most 60 seconds
    (`training_seconds`), the regime is cheap: `CrossValidation`, every trial to the end. Else it is dear: `Rehearsals`,
    for 3 trainings at most, or for 12 where there is one holdout and they are predicted to take no longer.

    Parameters
    ----------
    target
        `accuracy` or `loss`: what "best" means. Default `accuracy`.
    tolerance
        What "within" means for the confidence, above 0. None is 1 accuracy point (a hundredth), or 5 per cent of loss.
    low, high
        Lowest and highest peak rate to try. None is free.
    budget
        What the search may cost, in trainings, at least 0.02: from 24 on cross-validation where there are folds, below
        it rehearsals. None chooses by the predicted time.

    Raises
    ------
    InputError
        If a field is outside its range.

    Examples
    --------
    >>> from etascope.core.recipe import Recipe
    >>> task = Task(Recipe(), n_classes=10, n_development=800, n_folds=5, steps_per_epoch=40)
    >>> type(Automatic().method(task)).__name__, type(Automatic(budget=3).method(task)).__name__
    ('CrossValidation', 'Rehearsals')
    """

    target: str = "accuracy"
    tolerance: float | None = None
    low: float | None = None
    high: float | None = None
    budget: float | None = None

    def __post_init__(self) -> None:
        """Check every field: those of the method for dear trainings are the same."""
        check_values(self)
        self._rehearsals()

    def method(self, task: Task) -> CrossValidation | Rehearsals:
        """Return the method for a task: the same for the same task, whatever was trained."""
        if self._cheap(task):
            return CrossValidation(target=self.target, tolerance=self.tolerance, low=self.low, high=self.high)
        # Of a loader of one's own nothing is known beforehand of how long a training takes.
        quick = task.n_folds <= 1 and task.n_valid is None and self._patient(task)
        return self._rehearsals(QUICK_BUDGET if quick else DEAR_BUDGET)

    def propose(self, task: Task, histories: Sequence[History]) -> Plan | None:
        """Return the next plan of the method for this task."""
        return self.method(task).propose(task, histories)

    def choose(self, task: Task, histories: Sequence[History]) -> Choice:
        """Return the answer of the method for this task; the last reason says which regime it was, and why."""
        choice = self.method(task).choose(task, histories)
        return replace(choice, reasons=(*choice.reasons, self.why(task)))

    def why(self, task: Task) -> Sentence:
        """Return which regime is taken and why, in one sentence with the numbers."""
        trainings = cheap_trainings(task)
        seconds = duration(trainings * training_seconds(task))
        method = self.method(task)
        if isinstance(method, Rehearsals):
            lengths = lengths_for(task, method.budget)
            plan = f"rehearsals for at most {_trainings(method.budget)}"
            plan += "" if lengths is None else f" ({lengths})"
            if task.n_folds <= 1:
                taken = say(f"Dear regime: with one holdout, {plan}.")
                # Where rows to validate on were given, there are no folds to be had.
                more = task.n_valid is None and (self._patient(task) or self._rich)
                return (
                    taken + say(" With {folds}, it would be cross-validation.", Setting("folds", 5)) if more else taken
                )
            if self.budget is not None:
                return say(f"Dear regime: {plan}.")
            return say(
                f"Dear regime: {trainings} trainings for cross-validation were predicted to take {seconds}, over "
                f"{duration(PATIENCE)}, so it was {plan}."
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

    def _rehearsals(self, usual: float = DEAR_BUDGET) -> Rehearsals:
        budget = usual if self.budget is None else self.budget
        return Rehearsals(target=self.target, tolerance=self.tolerance, low=self.low, high=self.high, budget=budget)

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
