"""How well each learning rate did, averaged over evaluations and temperature-scaled: `read_scores`, `Scores`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import NO_FOLD
from etascope.core.recipe import Task
from etascope.core.trials import Trial
from etascope.selection.log_loss import raised_by_error, unit_adjusted_mean
from etascope.selection.regret import CHEAP

Array = NDArray[np.float64]

#: Losses are held within these, in nats, before the logarithm; a trial that diverged has the upper one. Logarithms,
#: since in the study lost accuracy went with the relative change of the loss, times the error rate (`settle`).
LEAST, MOST = 1e-3, 10.0
WORST = math.log(MOST)
#: No score of a trial that did not diverge is raised further.
ALMOST_WORST = WORST - 0.01
#: Rates whose mean log loss is within this of the best's lend each other their mean.
NEAR = 0.5


@dataclass(frozen=True, eq=False)
class Scores:
    """What each rate scored on each unit, and how sure that is.

    Attributes
    ----------
    learning_rates
        `(rates,)` float64, ascending.
    units
        The `(seed, fold)` pairs, one a column below.
    log_loss
        `(rates, units)` float64: mean over the chosen evaluations of the natural logarithm of the validation loss in
        nats, at most log 10, which is also where the trial diverged; NaN where the rate was not trained on the unit.
    error
        `(rates,)` float64: mean validation error as a share, over evaluations and units; a trial that diverged
        guesses. NaN where nothing was trained.
    example_variance
        `(rates,)` float64: variance of the mean log loss, compared with near rates, by the sampling of validation
        examples.
    run_variance
        `(rates,)` float64: variance of one unit's log loss, compared with near rates, that is left when the sampling
        of examples is taken off; 0 with fewer than two units.
    examples
        Validation examples that a rate was measured on at most.
    measured
        `(rates, units)` float64: the log loss as it was measured, at least 0.001 nats, where `log_loss` may be held at
        log 10 or raised for errors (`raised_by_error`); infinite where the trial diverged. None is `log_loss`.
    """

    learning_rates: Array
    units: tuple[tuple[int, int], ...]
    log_loss: Array
    error: Array
    example_variance: Array
    run_variance: Array
    examples: int
    measured: Array | None = None

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """`(rates,)`: the units that each rate was trained on."""
        return np.asarray((~np.isnan(self.log_loss)).sum(axis=1), np.int64)

    @cached_property
    def mean(self) -> Array:
        """`(rates,)`: mean log loss over all units; what a unit is harder than others is taken off where some lack."""
        return unit_adjusted_mean(self.log_loss)

    @property
    def as_measured(self) -> Array:
        """`(rates, units)`: log loss to tell, as it was measured."""
        return self.log_loss if self.measured is None else self.measured

    @property
    def best(self) -> int:
        """Index of the lowest mean among rates trained on the most units; the lower rate in a tie."""
        return int(np.where(self.counts == self.counts.max(), self.mean, np.inf).argmin())


def tempered_log_loss(example_losses: NDArray[np.floating]) -> Array:
    """Return the log of the validation loss at the temperature that makes it lowest.

        log min over t of (1 / n) sum over i of loss_i(t)

    with the mean held within 1e-3 and 10 nats. The losses are `(..., temperatures, rows)` in nats; rows that are NaN
    are left out, and where all are, the answer is log 10.

    References
    ----------
    Guo et al. 2017, "On calibration of modern neural networks".

    Examples
    --------
    >>> losses = np.array([[0.1, 1.9], [0.2, 0.6], [np.nan, 9.0]])
    >>> bool(np.isclose(tempered_log_loss(losses), np.log(0.4)))
    True
    """
    return _log(_row_means(np.asarray(example_losses, np.float64)).min(axis=-1))


def read_scores(task: Task, trials: Sequence[Trial], fractions: Sequence[float], target: str = "accuracy") -> Scores:
    """Return the scores of trials that went far enough.

    For the target `accuracy` the loss is temperature-scaled: each rate, evaluation and seed takes the temperature
    that makes the loss over all its folds lowest. On overfitting trainings this follows accuracy, where plain loss
    prefers rates up to a decade lower, and it has a loss's low noise. `loss` is the plain loss. Trials that kept no
    example losses are scored by plain loss, and their variances come from units alone.

    Fractions are shares of a whole training, ascending: the evaluation nearest to each is averaged. Trials that hold
    nothing out, or ended before the last fraction without diverging, are left out.
    """
    last = max(round(max(fractions) * task.steps), 1)
    scored = [t for t in trials if t.fold != NO_FOLD and (t.diverged or t.steps >= last)]
    rates = sorted({t.learning_rate for t in scored})
    units = sorted({(t.seed, t.fold) for t in scored})
    table = {(t.learning_rate, t.seed, t.fold): t for t in scored}
    kept = all(t.example_losses is not None for t in scored if not t.diverged) and len(scored) > 0
    seeds, folds = sorted({seed for seed, _ in units}), sorted({fold for _, fold in units})
    width = {f: max((_rows(t) for t in scored if t.fold == f), default=0) for f in folds} if kept else {}
    log_loss = np.full((len(rates), len(units)), np.nan)
    measured = log_loss.copy()
    errors = np.full((len(rates), len(units)), np.nan)
    relative = np.full((len(rates), len(seeds), sum(width.values())), np.nan)
    for k, rate in enumerate(rates):
        for s, seed in enumerate(seeds):
            row = [table.get((rate, seed, fold)) for fold in folds]
            alive = [t for t in row if t is not None and not _failed(t)]
            # As in the study, one temperature for all folds of a seed. Seven trainings to the end lost 0.31 points by
            # this loss, 0.47 by the plain one, which is lowest at too low a rate where a model overfits.
            level = _temperatures(task, alive, fractions, scaled=kept and target == "accuracy") if kept else None
            at = 0
            for fold, trial in zip(folds, row, strict=True):
                here = slice(at, at := at + width.get(fold, 0))
                if trial is None:
                    continue
                u = units.index((seed, fold))
                if _failed(trial):
                    log_loss[k, u], errors[k, u] = WORST, 1 - 1 / task.n_classes
                    measured[k, u] = math.inf
                    continue
                moments = _moments(task, trial, fractions)
                errors[k, u] = 1 - float(trial.valid_accuracy[moments].mean())
                if level is None:
                    log_loss[k, u] = float(_log(trial.valid_loss[moments]).mean())
                    measured[k, u] = _measured_log(trial.valid_loss[moments])
                    continue
                losses = _at(trial, moments, level[0])
                log_loss[k, u] = float(_log(_row_means(losses)).mean())
                measured[k, u] = _measured_log(_row_means(losses))
                share = (losses / np.maximum(level[1], LEAST)[:, None]).mean(axis=0)
                relative[k, s, here][: len(share)] = share
    if target == "accuracy" and rates:
        rows = sum(width.values()) / len(folds) if kept else (task.n_valid or task.n_development / max(task.n_folds, 1))
        raised = np.minimum(log_loss + _raised(log_loss, errors, units, rows)[:, None], ALMOST_WORST)
        log_loss = np.where(log_loss < WORST, raised, log_loss)
    scores = _with_variances(np.array(rates, np.float64), tuple(units), log_loss, errors, relative, task)
    return replace(scores, measured=measured)


def _raised(log_loss: Array, errors: Array, units: Sequence[tuple[int, int]], rows: float) -> Array:
    """Return what `raised_by_error` adds; seeds share their folds, and so their examples."""
    known = ~np.isnan(log_loss)
    counts = known.sum(axis=1)
    folds = np.array([len({fold for (_, fold), there in zip(units, row, strict=True) if there}) for row in known])
    mean, error = unit_adjusted_mean(log_loss), _means(errors, axis=1)
    return raised_by_error(mean, error, rows * folds, counts == counts.max(), CHEAP.slope)


def _with_variances(
    rates: Array, units: tuple[tuple[int, int], ...], log_loss: Array, errors: Array, relative: Array, task: Task
) -> Scores:
    mean, known = unit_adjusted_mean(log_loss), ~np.isnan(log_loss)
    counts = known.sum(axis=1)
    best = np.where(counts == counts.max(initial=0), mean, np.inf)
    near = (mean < best.min(initial=np.inf) + NEAR) & (counts == counts.max(initial=0))
    # What makes a unit or an example hard does so for near rates alike, and drops out where they are compared.
    apart = log_loss - _means(log_loss[near], axis=0)
    between = _variances(apart)
    if relative.shape[-1]:
        by_seed = relative - _means(relative[near], axis=0)
        # Seeds share the validation examples: more of them average the runs, and not this part.
        overall = _means(by_seed, axis=1)
        n = (~np.isnan(overall)).sum(axis=1)
        example = np.divide(_variances(overall), n, out=np.zeros(len(rates)), where=n > 0)
        seeds = max(relative.shape[1], 1)
        rows = np.divide(n * seeds, counts, out=np.ones(len(rates)), where=counts > 0)
        # Units differ by their examples as well, which `example` has already.
        sampled = _means(_variances(by_seed), axis=1) / np.maximum(rows, 1)
        run = np.maximum(between - np.nan_to_num(sampled), 0.0)
    else:
        n = np.array([task.n_valid or task.n_development])
        example = np.divide(between, counts, out=np.zeros(len(rates)), where=counts > 0)
        run = np.zeros(len(rates))
    run[counts < 2] = 0.0
    return Scores(rates, units, log_loss, _means(errors, axis=1), example, run, int(n.max(initial=1)))


def _failed(trial: Trial) -> bool:
    return trial.diverged or not len(trial.valid_loss) or not np.isfinite(trial.valid_loss[-1])


def _rows(trial: Trial) -> int:
    return 0 if trial.example_losses is None else trial.example_losses.shape[-1]


def _moments(task: Task, trial: Trial, fractions: Sequence[float]) -> list[int]:
    steps = [max(fraction * task.steps, 1.0) for fraction in fractions]
    return sorted({int(np.abs(trial.evaluated_at - step).argmin()) for step in steps})


def _temperatures(
    task: Task, alive: Sequence[Trial], fractions: Sequence[float], *, scaled: bool
) -> tuple[NDArray[np.int64], Array] | None:
    """Return the temperature's index of each evaluation, and the loss over all rows at it."""
    if not alive:
        return None
    parts = [np.asarray(t.example_losses)[_moments(task, t, fractions)] for t in alive]
    if not scaled:
        parts = [part[:, :1] for part in parts]
    means = _row_means(np.concatenate(parts, axis=-1).astype(np.float64))
    index = means.argmin(axis=-1)
    return index, np.take_along_axis(means, index[:, None], axis=-1)[:, 0]


def _at(trial: Trial, moments: list[int], temperatures: NDArray[np.int64]) -> Array:
    losses = np.asarray(trial.example_losses)[moments, temperatures].astype(np.float64)
    return np.where(np.isposinf(losses), np.finfo(np.float32).max, losses)


def _log(loss: Array) -> Array:
    return np.log(np.clip(loss, LEAST, MOST))


def _measured_log(losses: Array) -> float:
    return float(np.log(np.maximum(losses, LEAST)).mean())


def _row_means(losses: Array) -> Array:
    """Return means over the last axis without NaN; infinite where there is nothing but NaN."""
    means = _means(losses, axis=-1)
    return np.where(np.isnan(means), np.inf, means)


def _means(table: Array, axis: int) -> Array:
    known = ~np.isnan(table)
    count: NDArray[np.int64] = np.asarray(known.sum(axis=axis), np.int64)
    total = np.where(known, table, 0.0).sum(axis=axis)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)


def _variances(table: Array) -> Array:
    """Return variances over the last axis without NaN; 0 where fewer than two numbers are known."""
    known = ~np.isnan(table)
    count: NDArray[np.int64] = np.asarray(known.sum(axis=-1), np.int64)
    square = np.where(known, (table - _means(table, axis=-1)[..., None]) ** 2, 0.0).sum(axis=-1)
    return np.divide(square, count - 1, out=np.zeros(count.shape), where=count > 1)
