"""Learning curves in closed form: validation loss is a formula of rate and step, so that the best rate is known."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from etascope.core.history import TEMPERATURES, History, Status
from etascope.core.plan import Checkpoint, Plan, trial_rates
from etascope.core.recipe import Recipe, Task

BLIND = float(np.log(10))
ROWS = 100


def job(steps=320, n_folds=5, **recipe):
    """Return a task of that many steps in five epochs."""
    return Task(Recipe(**recipe), n_classes=10, n_development=1000, n_folds=n_folds, steps_per_epoch=steps // 5)


def moving_valley(best, drift=0.0, floor=0.3, width=1.0, pace=12.0):
    """Log loss is a parabola about a rate that moves by `drift` decades, down to `best` at the end."""

    def loss(x, share):
        level = floor + (BLIND - floor) * np.exp(-pace * share)
        return np.minimum(level * np.exp(((x - best - drift * (1 - share)) / width) ** 2), BLIND)

    return loss


@dataclass
class Curves:
    """Trains by formula, and notes what it was asked for.

    `wall` is the log10 rate from which on trials diverge, at step `at`; `blow` the one from which on the batch loss
    grows a hundredfold and stays finite. A trial goes on only from the checkpoint that it wrote.
    """

    loss: Callable
    wall: float = np.inf
    at: int = 3
    blow: float = np.inf
    noise: float = 0.005
    plans: list = field(default_factory=list)

    def train(self, task: Task, plan: Plan) -> History:
        """Return the history of the plan."""
        self.plans.append(plan)
        assert plan.keep_examples
        rates = trial_rates(task, plan).tolist()
        for rate, checkpoint in zip(rates, plan.resume or (), strict=plan.resume is not None):
            assert checkpoint.step == plan.start
            assert float(checkpoint.parameters[0][0]) == np.float32(rate)
        parts = [self._trial(task, plan, np.log10(rate)) for rate in rates]
        end = plan.start + plan.steps
        failed = np.array([np.log10(rate) >= self.wall and end > self.at for rate in rates])
        valid = np.array([part[1] for part in parts])
        # A guess gets a tenth right.
        right = np.where(valid < 2.25, np.exp(-valid / 4), 0.1)
        return History(
            plan=plan,
            step_loss=np.array([part[0] for part in parts], np.float32),
            evaluated_at=np.array(plan.evaluate_at),
            train_loss=valid,
            train_accuracy=right,
            valid_loss=valid,
            valid_accuracy=right,
            status=tuple(
                Status.DIVERGED if f else Status.FINISHED if end == task.steps else Status.PAUSED for f in failed
            ),
            diverged_at=np.where(failed, self.at, -1),
            examples=np.where(failed, self.at - plan.start, plan.steps) * (task.n_development // task.steps_per_epoch),
            checkpoints=tuple(
                None if f else Checkpoint(end, (np.array([rate], np.float32),), {})
                for f, rate in zip(failed, rates, strict=True)
                if plan.keep_checkpoints
            ),
            seconds=0.5,
            example_losses=np.array([part[2] for part in parts], np.float32),
        )

    def _trial(self, task, plan, x):
        steps = plan.start + np.arange(plan.steps)
        jitter = np.random.default_rng(round((x + 10) * 1e6))
        curve = self.loss(x, steps / task.steps)
        shares = np.array(plan.evaluate_at) / task.steps
        valid = self.loss(x, shares) * np.exp(jitter.normal(size=len(shares)) * self.noise)
        if x >= self.wall:
            curve[max(self.at - plan.start, 0) :] = np.nan
            valid[np.array(plan.evaluate_at) > self.at] = np.nan
        if x >= self.blow:
            curve[steps > 4] *= 100
        rows = np.random.default_rng(1).gamma(0.5, size=ROWS)
        examples = np.repeat((valid[:, None] * rows / rows.mean())[:, None, :], len(TEMPERATURES), axis=1)
        return curve, valid, examples


def run_method(method, task, engine):
    """Run the only loop there is; return the histories and the choice."""
    histories = []
    while (plan := method.propose(task, histories)) is not None:
        histories.append(engine.train(task, plan))
        assert len(histories) < 60
    return histories, method.choose(task, histories)
