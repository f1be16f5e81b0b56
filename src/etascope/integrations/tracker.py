"""A search as a tracker logs it: `Tracker`, the base of them all, and the names and numbers that all of them use."""

from __future__ import annotations

import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

from etascope.core.choice import Choice
from etascope.core.errors import first_line
from etascope.core.history import History
from etascope.core.numbers import rate
from etascope.core.recipe import Recipe, Task
from etascope.core.run import DataSummary, Run
from etascope.core.trials import Trial, trials

#: Losses in nats, accuracies shares in [0, 1].
METRICS = ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")


@dataclass(frozen=True, eq=False)
class Update:
    """What is new of one trial.

    Attributes
    ----------
    number
        Of the trial, counted from 0 in the order in which trials come.
    new
        Whether nothing of it was logged before.
    trial
        All that is known of it.
    points
        New evaluations, as `curve` returns them.
    verdict, ending
        Empty while the search goes on.
    """

    number: int
    new: bool
    trial: Trial
    points: Sequence[tuple[int, dict[str, float]]]
    verdict: str = ""
    ending: str = ""

    @property
    def identity(self) -> dict[str, float | int]:
        """What tells the trial from others, by name."""
        return {"learning_rate": self.trial.learning_rate, "fold": self.trial.fold, "seed": self.trial.seed}

    @property
    def end(self) -> dict[str, str]:
        """How the trial ended, by name."""
        return {"verdict": self.verdict, "ending": self.ending, "status": self.trial.status.value}


class Tracker(ABC):
    """Logs a search while it happens, each evaluation of each trial once.

    A search may have trained for hours when a server is away for a minute: what cannot be logged is a `RuntimeWarning`,
    and the search goes on without its tracker.
    """

    #: Its name, for people.
    tracker: ClassVar[str]
    _works = True

    def begin(self, data: DataSummary, task: Task) -> None:
        """Open what the search is logged to.

        Raises
        ------
        InputError
            If the library is missing, or cannot log there.
        """
        self._task, self._works = task, True
        self._histories = list[History]()
        self._logged = dict[tuple[float, int, int], tuple[int, set[int]]]()
        self._open(data)

    def append(self, history: History) -> None:
        """Log what a plan came to: each new trial, and new points of all."""
        self._histories.append(history)
        self._safely(self._log_plan)

    def finish(self, run: Run) -> None:
        """Log the rest, how each trial ended, and the answer."""
        self._safely(lambda: self._log_answer(run))

    def log(self, run: Run) -> None:
        """Log a finished run at once.

        Raises
        ------
        InputError
            As `begin`; whatever else the library raises is raised too.
        """
        self.begin(run.data, run.task)
        self._log_answer(run)

    @abstractmethod
    def _open(self, data: DataSummary) -> None:
        """Open what the search is logged to; a reason why it cannot be is an `InputError`."""

    @abstractmethod
    def _log_trial(self, update: Update) -> None:
        """Log what is new of a trial, and how it ended where that is known."""

    @abstractmethod
    def _close(self, run: Run, updates: Sequence[Update]) -> None:
        """Log the answer, after each of these last updates was logged, and close."""

    def _log_plan(self) -> None:
        for update in [self._update(trial) for trial in trials(self._task, self._histories)]:
            if update.new or update.points:
                self._log_trial(update)

    def _log_answer(self, run: Run) -> None:
        verdicts = zip(run.trials, run.choice.verdicts, strict=True)
        updates = [self._update(trial, str(verdict), ending(trial, run.trials)) for trial, verdict in verdicts]
        for update in updates:
            self._log_trial(update)
        self._close(run, updates)

    def _update(self, trial: Trial, verdict: str = "", end: str = "") -> Update:
        key = trial.learning_rate, trial.seed, trial.fold
        new = key not in self._logged
        number, steps = self._logged.setdefault(key, (len(self._logged), set[int]()))
        points = [(step, values) for step, values in curve(trial, self._task.steps_per_epoch) if step not in steps]
        steps.update(step for step, _ in points)
        return Update(number, new, trial, points, verdict, end)

    def _safely(self, log: Callable[[], None]) -> None:
        if not self._works:
            return
        try:
            log()
        except Exception as error:
            self._works = False
            reason = first_line(error) or type(error).__name__
            warnings.warn(
                f"{self.tracker} cannot log any more: {reason}. The search goes on; log the finished run again.",
                RuntimeWarning,
                stacklevel=4,
            )


def recipe_words(recipe: Recipe) -> dict[str, str | int | float]:
    """Return each field of a recipe as a string or a number; hidden layers as `256-128`, or `none`.

    Examples
    --------
    >>> recipe_words(Recipe(hidden=(256, 128)))["hidden"], recipe_words(Recipe(hidden=()))["hidden"]
    ('256-128', 'none')
    """
    hidden = "-".join(map(str, recipe.hidden)) or "none"
    return {**asdict(recipe), "hidden": hidden, "model": recipe.model or "dense"}


def data_words(data: DataSummary) -> dict[str, str | int]:
    """Return what the data was, in strings and whole numbers."""
    return {
        "source": data.source,
        "fingerprint": data.fingerprint,
        "images": data.images,
        "image_shape": " x ".join(map(str, data.image_shape)),
        "classes": len(data.class_names),
    }


def trial_name(trial: Trial, recipe: Recipe) -> str:
    """Return a name: the rate and the fold, and the seed where it is not the recipe's.

    Examples
    --------
    >>> import numpy as np
    >>> from etascope.core.history import Status
    >>> nothing = np.zeros(0)
    >>> trial = Trial(0.01, 3, 2, Status.PAUSED, 0, *[nothing] * 6, -1, 0)
    >>> trial_name(trial, Recipe()), trial_name(trial, Recipe(seed=3))
    ('0.01 fold 2 seed 3', '0.01 fold 2')
    """
    name = f"{rate(trial.learning_rate)} fold {trial.fold}"
    return name if trial.seed == recipe.seed else f"{name} seed {trial.seed}"


def curve(trial: Trial, steps_per_epoch: int) -> list[tuple[int, dict[str, float]]]:
    """Return each evaluation of a trial: the training steps done, and `METRICS` and `epoch` by name.

    Steps and not epochs number them, because halving evaluates within epochs. What is not finite is left out, and an
    evaluation without any finite metric too.
    """
    points = list[tuple[int, dict[str, float]]]()
    tables = [getattr(trial, name).tolist() for name in METRICS]
    for step, *values in zip(trial.evaluated_at.tolist(), *tables, strict=True):
        known = finite(dict(zip(METRICS, values, strict=True)))
        if known:
            points.append((step, {**known, "epoch": step / steps_per_epoch}))
    return points


def last(trial: Trial) -> dict[str, float]:
    """Return the metrics of a trial's last evaluation, those that are finite; none where it diverged."""
    if trial.diverged or not len(trial.evaluated_at):
        return {}
    return finite({name: float(getattr(trial, name)[-1]) for name in METRICS})


def ending(trial: Trial, trials: Sequence[Trial]) -> str:
    """Return `diverged`, `stopped` for one that went less far than another, else `finished`."""
    if trial.diverged:
        return "diverged"
    return "finished" if trial.steps == max(other.steps for other in trials) else "stopped"


def answer_numbers(run: Run) -> dict[str, float]:
    """Return the numbers of an answer by name, those that are there."""
    choice, test = run.choice, None if run.trace is None else run.trace.evaluation
    numbers: dict[str, float | None] = {
        "learning_rate": choice.learning_rate,
        "basin_low": None if choice.basin is None else choice.basin.low,
        "basin_high": None if choice.basin is None else choice.basin.high,
        "wall_low": choice.walls.low,
        "wall_high": choice.walls.high,
        "valid_loss": choice.valid_loss,
        "valid_accuracy": choice.valid_accuracy,
        "test_loss": None if test is None else test.loss,
        "test_accuracy": None if test is None else test.accuracy,
        "trials": float(choice.cost.trials),
        "training_equivalents": choice.cost.training_equivalents,
        "seconds": run.seconds,
    }
    return finite(numbers)


def answer_words(run: Run) -> dict[str, str]:
    """Return the words of an answer by name."""
    choice = run.choice
    return {
        "answer": headline(choice),
        "confidence": "" if choice.confidence is None else choice.confidence.word,
        "target": choice.target,
        "regime": choice.regime,
        "reason": " ".join(map(str, choice.reasons)),
        "not_tried": str(choice.not_tried),
        **{f"version_{name}": version for name, version in run.versions.items()},
    }


def headline(choice: Choice) -> str:
    """Return the answer in a line."""
    if choice.learning_rate is None:
        return "cannot tell yet"
    basin = "" if choice.basin is None else f", basin {rate(choice.basin.low)} to {rate(choice.basin.high)}"
    return f"learning rate {rate(choice.learning_rate)}{basin}"


def finite(values: dict[str, float | None] | dict[str, float]) -> dict[str, float]:
    """Return the entries that are finite numbers."""
    return {name: value for name, value in values.items() if value is not None and math.isfinite(value)}
