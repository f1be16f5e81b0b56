"""The search for a learning rate as a sampler and a pruner of Optuna: `LearningRateSampler`, `LearningRatePruner`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from etascope.core.checks import checked
from etascope.core.choice import Choice
from etascope.core.errors import InputError
from etascope.core.extras import load_library
from etascope.core.run import Run
from etascope.integrations.optuna.replay import MARK, Replay, StudyTrial, finished, read_trial
from etascope.integrations.tracker import answer_numbers, answer_words
from etascope.loops.search import Search

#: Classes need their base classes at once; nothing else in etascope loads this module.
_optuna = load_library("optuna")


class LearningRateSampler(_optuna.samplers.BaseSampler):
    """Proposes learning rates as `etascope.Search` does, and stops the study when it knows enough.

    The objective suggests one parameter, on a logarithmic axis, and reports the validation loss (or the accuracy, where
    the study maximises) after each epoch. Everything is read from the study's trials, so a study in a storage goes on
    in another process, and the same reports give the same search. The answer is `choice`, not `study.best_trial`. At
    the end it also stands in `study.user_attrs`, by the names that `optuna_study` gives it.

    Trials come one after the other, since each looks at those before: `n_jobs` is refused. A second process on the same
    study trains the same trials again; the first one that ends counts. A trial that fails is asked for again, and
    counts as failed after the third time. A value that is not finite says that it diverged.

    Parameters
    ----------
    epochs
        Reports of a whole training, as in `Search`. Default 5.
    parameter
        The name under which the objective suggests the rate. Default `learning_rate`.
    seed, budget, tolerance
        As in `Search`. The seed is only written down; the objective seeds its trainings, all alike.

    Raises
    ------
    InputError
        If a number is outside its range; while a study runs, if it cannot be searched so.

    Examples
    --------
    >>> import math, optuna
    >>> def objective(trial):
    ...     rate = trial.suggest_float("learning_rate", 1e-4, 1, log=True)
    ...     for epoch in range(8):
    ...         loss = 1 / (epoch + 1) + abs(math.log10(rate / 0.02))
    ...         trial.report(loss, epoch)
    ...         if trial.should_prune():
    ...             raise optuna.TrialPruned
    ...     return loss
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> sampler = LearningRateSampler(epochs=8)
    >>> study = optuna.create_study(sampler=sampler, pruner=LearningRatePruner(sampler))
    >>> study.optimize(objective)
    >>> 0.01 < sampler.choice(study).learning_rate < 0.04
    True
    """

    @checked
    def __init__(
        self,
        epochs: int = 5,
        parameter: str = "learning_rate",
        *,
        seed: int = 0,
        budget: float = 3.0,
        tolerance: float | None = None,
    ) -> None:
        self._parameter = parameter
        self._settings: dict[str, Any] = {"epochs": epochs, "seed": seed, "budget": budget, "tolerance": tolerance}
        Search(**self._settings)
        self._replay: tuple[Any, Replay] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return the settings: what was searched stands in the study."""
        return {**self.__dict__, "_replay": None}

    def choice(self, study: Any) -> Choice:
        """Return the recommended rate with its evidence, or why it cannot be told yet.

        Raises
        ------
        InputError
            If the study has no trial of this search.
        """
        return self.run(study).choice

    def run(self, study: Any) -> Run:
        """Return everything that was reported, and the choice: what reports, charts and documents are made of.

        Raises
        ------
        InputError
            If the study has no trial of this search.
        """
        window = self._window(study)
        if window is None:
            raise InputError(
                f"an answer needs trials of this sampler that suggest {self._parameter!r}; found none in study "
                f"{study.study_name!r}. Run study.optimize(objective) first."
            )
        return self._follow(study, window).run(study.study_name)

    def done(self, study: Any) -> bool:
        """Return whether the search knows enough: for a loop of `study.ask` and `study.tell`, which nothing stops."""
        window = self._window(study)
        return window is not None and self._follow(study, window).next_trial is None

    def should_end(self, study: Any, trial: Any) -> bool:
        """Return whether a running trial should end now; one whose rate was given by hand goes on."""
        going, window = read_trial(trial, self._parameter), self._window(study)
        if going is None or window is None:
            return False
        stop = self._follow(study, window, going).report(going)
        # A training that has come to its end is complete.
        return stop and (going.diverged or len(going.values) != self._settings["epochs"])

    def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:  # noqa: ANN401, ARG002, RUF100
        """Return nothing: the window is known when the objective suggests. Refuse a study that cannot be searched."""
        if len(study.directions) > 1:
            raise InputError(
                f"a learning rate is searched for one objective; found {len(study.directions)}. Return one value."
            )
        pruner = study.pruner
        if not isinstance(pruner, LearningRatePruner | _optuna.pruners.NopPruner):
            raise InputError(
                "the study must prune as its sampler says, because another rule would stop trials that it compares; "
                f"found {type(pruner).__name__}. Give pruner=LearningRatePruner(sampler)."
            )
        return {}

    def sample_relative(self, study: Any, trial: Any, search_space: dict[str, Any]) -> dict[str, Any]:
        """Return nothing: see `infer_relative_search_space`."""
        return {}

    def sample_independent(self, study: Any, trial: Any, param_name: str, param_distribution: Any) -> float:
        """Return the rate to train next; when there is none any more, end the trial and the study."""
        if param_name != self._parameter:
            raise InputError(
                f"this sampler searches {self._parameter!r} with all else alike; found the parameter {param_name!r}. "
                "Fix it in the objective, or name the parameter of the rate: LearningRateSampler(parameter=...)."
            )
        low, high = self._ends(param_distribution)
        began = self._window(study)
        if began is not None and began != (low, high):
            raise InputError(
                f"the range of {param_name!r} must stay as it was, {began[0]:g} to {began[1]:g}; found {low:g} to "
                f"{high:g}. Begin a new study for another range."
            )
        next_trial = self._follow(study, (low, high)).next_trial
        if next_trial is None:
            self._end(study)
            raise _optuna.TrialPruned("The search knows enough; sampler.choice(study) is its answer.")
        study._storage.set_trial_system_attr(trial._trial_id, MARK, next_trial.number)
        return next_trial.learning_rate

    def after_trial(self, study: Any, trial: Any, state: Any, values: Sequence[float] | None) -> None:
        """Stop the study when it knows enough, and write the answer to its attributes."""
        ended = read_trial(trial, self._parameter, state.name)
        if state.name == "COMPLETE":
            self._check(trial, ended)
        window = self._window(study)
        if ended is None or window is None:
            return
        replay = self._follow(study, window, ended)
        if replay.next_trial is None:
            run = replay.run(study.study_name)
            for key, value in {**answer_words(run), **answer_numbers(run)}.items():
                study.set_user_attr(key, value)
            self._end(study)

    def reseed_rng(self) -> None:
        """Refuse trials at once: Optuna calls this for each of its threads, where `n_jobs` is not 1."""
        raise InputError(
            "n_jobs must be 1, because each trial of this search looks at those before; found another number. Leave it "
            "out, and let each training use all cores."
        )

    def _check(self, trial: Any, ended: StudyTrial | None) -> None:
        if self._parameter not in trial.params:
            names = ", ".join(map(repr, trial.params)) or "none"
            raise InputError(
                f"the objective must suggest {self._parameter!r}; found {names}. Suggest it, or name the parameter: "
                "LearningRateSampler(parameter=...)."
            )
        if ended is None and trial.distributions[self._parameter].single():
            raise InputError(
                f"{self._parameter!r} needs a range to be searched; found {trial.params[self._parameter]:g} alone. "
                f"Try trial.suggest_float({self._parameter!r}, 1e-5, 1, log=True)."
            )
        if ended is not None and not ended.values:
            raise InputError(
                "a search compares trials epoch by epoch and needs their reports; found none. Call "
                "trial.report(value, epoch) after each epoch."
            )

    def _ends(self, axis: Any) -> tuple[float, float]:
        if not isinstance(axis, _optuna.distributions.FloatDistribution) or not axis.log:
            raise InputError(
                f"{self._parameter!r} must be a float on a logarithmic axis; found {axis}. Try "
                f"trial.suggest_float({self._parameter!r}, 1e-5, 1, log=True)."
            )
        return axis.low, axis.high

    def _window(self, study: Any) -> tuple[float, float] | None:
        """Return the ends of the search that the study has begun, or None."""
        for trial in study.get_trials(deepcopy=False):
            if read_trial(trial, self._parameter) is not None:
                return self._ends(trial.distributions[self._parameter])
        return None

    def _follow(self, study: Any, window: tuple[float, float], going: StudyTrial | None = None) -> Replay:
        """Return the search as far as the study has come, with the trial that goes on or is about to end."""
        every = [read_trial(trial, self._parameter) for trial in study.get_trials(deepcopy=False)]
        ended = [trial for trial in every if trial is not None and trial.state != "RUNNING"]
        if going is not None and going.state != "RUNNING":
            ended = [*(trial for trial in ended if trial.study_number != going.study_number), going]
        known, key = finished(ended), (study._storage, study.study_name, window)
        # A replay costs a fifth of a second, and a pruner is asked after each epoch.
        if self._replay is None or self._replay[0] != key or not self._replay[1].agrees(known, going):
            search = Search(*window, **self._settings)
            self._replay = key, Replay(search, maximize=study.direction.name == "MAXIMIZE")
        self._replay[1].catch_up(known)
        return self._replay[1]

    def _end(self, study: Any) -> None:
        try:
            study.stop()
        except RuntimeError:
            # Only `study.optimize` can be stopped; a loop of one's own asks `done`.
            return


class LearningRatePruner(_optuna.pruners.BasePruner):
    """Ends trials when the search of its sampler has seen enough of them.

    Parameters
    ----------
    sampler
        The `LearningRateSampler` of the same study.
    """

    def __init__(self, sampler: LearningRateSampler) -> None:
        self._sampler = sampler

    def prune(self, study: Any, trial: Any) -> bool:
        """Return whether a running trial should end now."""
        return self._sampler.should_end(study, trial)
