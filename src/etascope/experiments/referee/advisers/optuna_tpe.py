"""Optuna's tree-structured Parzen estimator: `OptunaTPE`."""

from __future__ import annotations

import math
from dataclasses import dataclass

from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.plan import Plan, sweep
from etascope.experiments.referee.adviser import Advice, Bench
from etascope.selection.customary import ADAM_KIN


def search_range(optimizer: str) -> tuple[float, float]:
    """Return the range of rates that its users set: 1e-6 to 0.1 for Adam and its kin, 1e-5 to 1 for all others."""
    return (1e-6, 0.1) if optimizer in ADAM_KIN else (1e-5, 1.0)


@dataclass(frozen=True)
class OptunaTPE:
    """Optuna's default sampler, asked as its users ask it: one training after the other, the best one's rate.

    The objective is the validation loss at the end of a training on four folds of five (or on what a holdout leaves),
    in nats; a diverged training has an infinite one. The first ten trials of the sampler are random.

    Source: Akiba et al. 2019, "Optuna", KDD; Bergstra et al. 2011, "Algorithms for hyper-parameter optimization".

    Attributes
    ----------
    trials
        Trainings, at least 1.

    Raises
    ------
    InputError
        If there is no trial.
    """

    trials: int = 20

    def __post_init__(self) -> None:
        """Check the number of trials."""
        if self.trials < 1:
            raise InputError(f"Optuna needs at least 1 trial; found {self.trials}. Try 20.")

    @property
    def name(self) -> str:
        """A name, with the number of trials."""
        return f"Optuna TPE-{self.trials}"

    @property
    def about(self) -> str:
        """How it is asked."""
        return (
            "as many trials as its name says, default sampler on the log axis, 1e-5 .. 1 (Adam and its kin: "
            "1e-6 .. 0.1); objective: final validation loss on one fold"
        )

    @property
    def needs(self) -> tuple[str, ...]:
        """Optuna."""
        return ("optuna",)

    def advise(self, bench: Bench) -> Advice:
        """Return the rate of the trial with the lowest validation loss."""
        import optuna

        before = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=bench.recipe.seed))
        finally:
            optuna.logging.set_verbosity(before)
        low, high = search_range(bench.recipe.optimizer)
        histories = list[History]()
        for number in range(self.trials):
            trial = study.ask()
            rate = trial.suggest_float("learning_rate", low, high, log=True)
            histories.append(bench.engine.train(bench.split, bench.recipe, _training(bench, rate)))
            loss = float(histories[-1].valid_loss[0, -1])
            study.tell(trial, loss if math.isfinite(loss) else math.inf)
            bench.tell(number + 1, self.trials, "trainings")
        return Advice(float(study.best_params["learning_rate"]), bench.equivalents(histories))


def _training(bench: Bench, rate: float) -> Plan:
    """Return one whole training on the first fold, evaluated at its end alone."""
    plan = sweep(bench.recipe, bench.task.steps, [rate], [0])
    return Plan(plan.rates, plan.seeds, plan.folds, evaluate_at=(bench.task.steps,))
