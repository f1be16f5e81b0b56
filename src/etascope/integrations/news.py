"""What of a search a tracker has not been told yet: `News`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from etascope.core.history import History
from etascope.core.recipe import Task
from etascope.core.run import Run
from etascope.core.trials import Trial, trials
from etascope.integrations.tracker import curve, ending


@dataclass(frozen=True, eq=False)
class Told:
    """What is new of one trial.

    Attributes
    ----------
    number
        Of the trial, counted from 0 in the order in which trials are told.
    new
        Whether nothing was told of it before.
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


class News:
    """Follows a search, and gives each evaluation of each trial once.

    Parameters
    ----------
    task
        What is searched on.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._histories = list[History]()
        self._known = dict[tuple[float, int, int], tuple[int, set[int]]]()

    def append(self, history: History) -> list[Told]:
        """Return what a plan's history adds, a `Told` for each trial that it moved."""
        self._histories.append(history)
        told = [self._tell(trial) for trial in trials(self._task, self._histories)]
        return [news for news in told if news.new or news.points]

    def finish(self, run: Run) -> list[Told]:
        """Return what is left to tell of every trial of a finished run, with its verdict and its end."""
        every = zip(run.trials, run.choice.verdicts, strict=True)
        return [self._tell(trial, str(verdict), ending(trial, run.trials)) for trial, verdict in every]

    def _tell(self, trial: Trial, verdict: str = "", end: str = "") -> Told:
        key = trial.learning_rate, trial.seed, trial.fold
        new = key not in self._known
        number, steps = self._known.setdefault(key, (len(self._known), set[int]()))
        points = [(step, values) for step, values in curve(trial, self._task.steps_per_epoch) if step not in steps]
        steps.update(step for step, _ in points)
        return Told(number, new, trial, points, verdict, end)
