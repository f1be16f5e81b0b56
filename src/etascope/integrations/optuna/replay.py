"""A study of Optuna read as a search, as far as its trials have come: `StudyTrial`, `Replay`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from etascope.core.errors import InputError
from etascope.core.run import Run
from etascope.loops.search import Search
from etascope.loops.trial import LoopTrial

#: Where a trial of a study says which trial of the search it is.
MARK = "etascope:trial"
#: A trial that fails so often has failed for good; less often it may be the machine, and it is trained again.
ATTEMPTS = 3


@dataclass(frozen=True)
class StudyTrial:
    """What one trial of a study says.

    Attributes
    ----------
    number
        Of the search's trial that it is, counted from 1.
    study_number
        Its own in the study.
    learning_rate
        What it was trained at.
    values
        What was reported, in the order of steps.
    state
        `COMPLETE`, `PRUNED`, `FAIL` or `RUNNING`.
    ended
        When, for one that has.
    seconds
        Wall time.
    """

    number: int
    study_number: int
    learning_rate: float
    values: tuple[float, ...]
    state: str
    ended: datetime | None
    seconds: float

    @property
    def diverged(self) -> bool:
        """Whether a value was not a finite number."""
        return not all(map(math.isfinite, self.values))


def read_trial(trial: Any, parameter: str, state: str | None = None) -> StudyTrial | None:
    """Return what a trial says, or None where it is none of the search's; `state` is one that it is about to have."""
    number = trial.system_attrs.get(MARK)
    if number is None or parameter not in trial.params:
        return None
    ended = trial.datetime_complete or (None if state is None else datetime.now())
    began = trial.datetime_start
    return StudyTrial(
        number,
        trial.number,
        trial.params[parameter],
        tuple(value for _, value in sorted(trial.intermediate_values.items())),
        state or trial.state.name,
        ended,
        0.0 if ended is None or began is None else (ended - began).total_seconds(),
    )


def finished(every: Iterable[StudyTrial]) -> dict[int, StudyTrial]:
    """Return the trial that counts for each trial of the search that has ended: the first that did.

    One that failed counts where a value was not finite; otherwise only when it has failed `ATTEMPTS` times.
    """
    counted, failed = dict[int, StudyTrial](), dict[int, int]()
    ended = [trial for trial in every if trial.state != "RUNNING" and trial.ended is not None]
    for trial in sorted(ended, key=lambda trial: (trial.ended, trial.study_number)):
        counts = trial.diverged or trial.state == "PRUNED" or (trial.state == "COMPLETE" and bool(trial.values))
        if trial.state == "FAIL" and not counts:
            failed[trial.number] = failed.get(trial.number, 0) + 1
            trial, counts = replace(trial, values=()), failed[trial.number] >= ATTEMPTS
        if counts:
            counted.setdefault(trial.number, trial)
    return counted


class Replay:
    """A search that is told what the trials of a study reported, one after the other; it has no reports before.

    Where the study maximises, values are accuracies, and losses otherwise.
    """

    def __init__(self, search: Search, *, maximize: bool) -> None:
        self._search, self._maximize = search, maximize
        self._trials = iter(search)
        self._used = list[StudyTrial]()
        self._going: tuple[int, int] = (-1, 0)
        self._stop = False
        self.next_trial: LoopTrial | None = next(self._trials, None)

    def agrees(self, known: Mapping[int, StudyTrial], going: StudyTrial | None = None) -> bool:
        """Return whether what it was told until now is what these trials say, and the one that is going on."""
        number, count = self._going
        if count:
            now = (None if self.next_trial is None else known.get(self.next_trial.number)) or going
            if now is None or now.study_number != number or len(now.values) < count:
                return False
        counted = [known.get(n) for n in range(1, len(self._used) + 1)]
        return [trial and trial.study_number for trial in counted] == [trial.study_number for trial in self._used]

    def catch_up(self, known: Mapping[int, StudyTrial]) -> None:
        """Go on until the search asks for a trial that has not ended.

        Raises `InputError` if a trial was trained at another rate than the search asks for, or a value cannot be used.
        """
        while self.next_trial is not None and (trial := known.get(self.next_trial.number)) is not None:
            self.report(trial)
            self._used.append(trial)
            self._going, self._stop = (-1, 0), False
            self.next_trial = next(self._trials, None)

    def report(self, trial: StudyTrial) -> bool:
        """Tell what is new of the trial that the search asks for, and return whether it should end."""
        next_trial = self.next_trial
        if next_trial is None or next_trial.number != trial.number:
            # Another process has ended it in the meantime.
            return True
        if not math.isclose(trial.learning_rate, next_trial.learning_rate, rel_tol=1e-9):
            raise InputError(
                f"trial {trial.study_number} of the study must be at the rate that the search asks for, "
                f"{next_trial.learning_rate:.6g}; found {trial.learning_rate:.6g}. Give the sampler the settings that "
                "the study began with, or begin a new study."
            )
        number, count = self._going
        if number != trial.study_number:
            count = 0
        for value in trial.values[count:]:
            reply = next_trial.report(valid_accuracy=value) if self._maximize else next_trial.report(valid_loss=value)
            count += 1
            self._going, self._stop = (trial.study_number, count), self._stop or reply.stop
        return self._stop

    def run(self, name: str) -> Run:
        """Return the search as a run, with the wall times of the study's trials.

        Raises `InputError` if nothing was reported.
        """
        run = self._search.run
        # The trial that it is at may have been told to end, and has no time yet.
        times = [*(trial.seconds for trial in self._used), 0.0]
        histories = tuple(replace(history, seconds=time) for history, time in zip(run.histories, times, strict=False))
        seconds = sum(times)
        return replace(
            run,
            data=replace(run.data, source=f"study {name} of Optuna"),
            histories=histories,
            choice=replace(run.choice, cost=replace(run.choice.cost, seconds=seconds)),
            seconds=seconds,
        )
