"""Landscapes in closed form: a plan goes in, and a history comes out whose losses are a formula of the rate."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from etascope.core.data import NO_FOLD
from etascope.core.history import TEMPERATURES, History, Status
from etascope.core.plan import Plan
from etascope.core.recipe import Recipe, Task

BLIND = float(np.log(10))
ROWS = 160


def task(n_folds=5, classes=10, **recipe):
    return Task(Recipe(**recipe), n_classes=classes, n_development=800, n_folds=n_folds, steps_per_epoch=2)


def valley(best, floor=0.45, width=1.2):
    """Log loss is a parabola of log10 rate that flattens to a blind guess's loss."""

    def loss(x, seed, fold):
        return np.minimum(floor * np.exp(((x - best) / width) ** 2 * np.log(BLIND / floor)), BLIND)

    return loss


def flat(level):
    return lambda x, seed, fold: np.full_like(x, level)


def calibrated(x):
    """At no rate does a temperature take anything off."""
    return 0.0


@dataclass(frozen=True)
class ClosedForm:
    """Trains by formula: `loss(log10 rate, seed, fold)`, times noise of the unit and of the trial.

    `wall` is the log10 rate from which on trials diverge; `noise` the deviation of log loss of a trial beside
    its unit's, `shared` that of a unit. `examples` is the deviation of the log loss of a validation example, which
    all rates share but for a tenth. `overconfident` is how much of the loss, at a rate, a temperature of 2 takes off.
    """

    loss: Callable
    wall: float = np.inf
    noise: float = 0.01
    shared: float = 0.1
    examples: float = 0.5
    overconfident: Callable = calibrated

    def train(self, task: Task, plan: Plan) -> History:
        """Return the history of the plan."""
        x = np.log10(plan.learning_rates)
        valid = np.empty(len(x))
        for i, (seed, fold) in enumerate(zip(plan.seeds.tolist(), plan.folds.tolist(), strict=True)):
            unit = np.random.default_rng([seed, fold + 1]).normal() * self.shared
            trial = np.random.default_rng([seed, fold + 1, round(x[i] * 1e6) + 10**8]).normal() * self.noise
            valid[i] = float(self.loss(x[i : i + 1], seed, fold)[0]) * np.exp(unit + trial)
        diverged = x >= self.wall
        valid[diverged] = np.nan
        epochs = task.recipe.epochs
        ends = task.steps_per_epoch * np.arange(1, epochs + 1)
        evaluated_at = ends if plan.evaluate_at is None else np.array(plan.evaluate_at)
        share = evaluated_at / task.steps
        held_out = plan.folds[:, None] != NO_FOLD
        curve = BLIND + (valid[:, None] - BLIND) * share
        ended = Status.FINISHED if plan.steps == task.steps else Status.PAUSED
        return History(
            plan=plan,
            step_loss=np.repeat(curve[:, -1:], plan.steps, axis=1).astype(np.float32),
            evaluated_at=evaluated_at,
            train_loss=curve,
            train_accuracy=np.exp(-curve),
            valid_loss=np.where(held_out, curve, np.nan),
            valid_accuracy=np.where(held_out, np.exp(-curve), np.nan),
            status=tuple(Status.DIVERGED if d else ended for d in diverged),
            diverged_at=np.where(diverged, min(1, plan.steps - 1), -1),
            examples=np.where(diverged, 32, 640 * epochs * plan.steps // task.steps),
            seconds=0.5,
            example_losses=self._examples(plan, x, curve) if plan.keep_examples else None,
        )

    def _examples(self, plan, x, curve):
        """Spread each loss over the examples of its fold; temperature 2 is best where the loss is overconfident."""
        losses = np.empty((*curve.shape, len(TEMPERATURES), ROWS))
        for i, fold in enumerate(plan.folds.tolist()):
            common = np.random.default_rng(fold + 1).normal(size=ROWS)
            own = np.random.default_rng([fold + 1, round(x[i] * 1e6) + 10**8]).normal(size=ROWS)
            rows = np.exp(self.examples * (common + 0.1 * own))
            scale = 1 + 0.1 * np.abs(np.arange(len(TEMPERATURES)) - 2)
            scale[2] = 1 - self.overconfident(x[i])
            scale[0] = 1.0
            losses[i] = curve[i][:, None, None] * scale[:, None] * (rows / rows.mean())
        return losses.astype(np.float32)


def search(method, task, engine):
    """Run the only loop there is; return the histories and the choice."""
    histories = []
    while (plan := method.propose(task, histories)) is not None:
        histories.append(engine.train(task, plan))
    return histories, method.choose(task, histories)
