"""A finished run as a study of Optuna: `optuna_study`."""

from __future__ import annotations

from typing import Any

from etascope.core.checks import checked
from etascope.core.errors import InputError, first_line
from etascope.core.extras import load_library
from etascope.core.run import Run
from etascope.integrations.tracker import answer_numbers, answer_words, curve, data_words, ending, last, recipe_words


@checked
def optuna_study(run: Run, storage: Any = None, name: str | None = None) -> Any:
    """Return a run as a study, so that Optuna's plots, importances and dashboard show it.

    A study maximises validation accuracy, or minimises validation loss where that was the target. A trial is a trial:
    its parameter `learning_rate`, its value at its end, its intermediate values by training step. One that went to the
    end is `COMPLETE`, one that halving stopped before others is `PRUNED`, one that diverged is `FAIL`.

    `study.best_trial` is the luckiest single trial. What etascope recommends stands in `study.user_attrs`:
    `learning_rate`, `basin_low`, `basin_high` and all else that the answer says, with recipe and data.

    Parameters
    ----------
    run
        A finished run.
    storage
        Where to keep the study: what `optuna.create_study` takes, such as `sqlite:///studies.db`. Default: in memory.
    name
        Of the study. Default: Optuna makes one.

    Returns
    -------
    optuna.Study
        Trials in the order of `run.trials`, each with user attributes `fold`, `seed`, `status` and `verdict`.

    Raises
    ------
    InputError
        If Optuna is missing, the storage cannot be opened, or it has a study of that name.

    Examples
    --------
    >>> import etascope
    >>> run = etascope.pick("digits", recipe=etascope.Recipe(hidden=(), epochs=1))
    >>> study = optuna_study(run)
    >>> len(study.trials) == len(run.trials), study.user_attrs["learning_rate"] == run.choice.learning_rate
    (True, True)
    """
    optuna = load_library("optuna")
    direction = "minimize" if run.choice.target == "loss" else "maximize"
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        opened = optuna.storages.get_storage(storage)
        study = optuna.create_study(storage=opened, study_name=name, direction=direction)
    except optuna.exceptions.DuplicatedStudyError:
        raise InputError(f"a study needs a new name; {name!r} is in {storage} already. Give another name.") from None
    except Exception as error:
        raise InputError(
            f"storage must be one that Optuna opens; found {storage!r}: {first_line(error)}. Try sqlite:///studies.db."
        ) from error
    finally:
        optuna.logging.set_verbosity(before)
    attributes = {**recipe_words(run.recipe), **data_words(run.data), **answer_words(run), **answer_numbers(run)}
    for key, value in attributes.items():
        study.set_user_attr(key, value)
    study.add_trials(_trials(optuna, run))
    return study


def _trials(optuna: Any, run: Run) -> list[Any]:
    rates = [trial.learning_rate for trial in run.trials]
    axis = optuna.distributions.FloatDistribution(min(rates), max(rates), log=True) if rates else None
    states, metric = optuna.trial.TrialState, f"valid_{run.choice.target}"
    known = {"finished": states.COMPLETE, "stopped": states.PRUNED, "diverged": states.FAIL}
    frozen = list[Any]()
    for trial, verdict in zip(run.trials, run.choice.verdicts, strict=True):
        values = curve(trial, run.task.steps_per_epoch)
        value = last(trial).get(metric)
        # A complete trial must have a value.
        state = states.FAIL if value is None else known[ending(trial, run.trials)]
        frozen.append(
            optuna.trial.create_trial(
                state=state,
                value=value if state is states.COMPLETE else None,
                params={"learning_rate": trial.learning_rate},
                distributions={"learning_rate": axis},
                intermediate_values={step: known[metric] for step, known in values if metric in known},
                user_attrs={
                    "fold": trial.fold,
                    "seed": trial.seed,
                    "steps": trial.steps,
                    "status": trial.status.value,
                    "verdict": str(verdict),
                },
            )
        )
    return frozen
