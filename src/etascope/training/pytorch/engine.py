"""The PyTorch engine: plans of any `nn.Module`, all trials of a unit over the same batches: `TorchEngine`."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.core.checks import check_values
from etascope.core.data import Split
from etascope.core.errors import InputError, renamed
from etascope.core.history import History, in_plan_order
from etascope.core.plan import Checkpoint, Plan
from etascope.core.protocols import OnProgress, Progress, ignore
from etascope.core.recipe import Recipe
from etascope.core.trace import Layer
from etascope.training.pytorch.batches import SplitBatches
from etascope.training.pytorch.custom.model import refuse_same
from etascope.training.pytorch.dense_network import DenseNetworks, dense_module
from etascope.training.pytorch.explain import explain_module
from etascope.training.pytorch.factory import Factory, ImageNetworks, made_again
from etascope.training.pytorch.generators import random_state_kept
from etascope.training.pytorch.library import check_settings, device_of, one_thread
from etascope.training.pytorch.memory import in_memory_groups
from etascope.training.pytorch.named_models import factory_of
from etascope.training.pytorch.networks import load_weights
from etascope.training.pytorch.objective import CrossEntropy
from etascope.training.pytorch.rehearsal import rehearsed
from etascope.training.pytorch.running_trial import Settings
from etascope.training.pytorch.unit import Training, beside_each_other, train_unit
from etascope.training.record import check_rows, units_of

#: Below so many multiply-adds of a forward pass of a batch, PyTorch's threads cost more than they give.
ONE_THREAD = 2e8
#: From so many multiply-adds of the forward passes of a trial on, sharing the batches of a split saves next to nothing,
#: and trials that are done one after the other can be kept one after the other.
DEAR = 3e9


@dataclass(frozen=True)
class TorchEngine:
    """Trains plans with PyTorch, on the processor or a GPU.

    Trials with equal seed and fold share one pass over the batches: the same pixels and the same dropout masks. The
    generators of Python, NumPy and PyTorch are left as they were.

    Attributes
    ----------
    factory
        Called with the number of classes and the shape `(channels, height, width)` of an image, returns an
        `nn.Module` with a score for each class. PyTorch's generator is seeded with the trial's seed before. None
        takes the recipe's `model` by its name, or else its dense network, on features.
    device
        `cpu`, `cuda`, `cuda:1`, `mps`. None takes CUDA where there is any, else the processor.
    precision
        `bf16-mixed` runs forward passes in bfloat16 where PyTorch holds that safe. None keeps the model's.
    accumulate
        Parts that each batch goes through the model in, at least 1: less memory, the same gradient. Default 1.
    clip_norm
        Length that the gradient of all weights together is shortened to, above 0. None leaves it.
    trials_in_memory
        Trials that are trained at once, at least 1; the rest wait. None takes all of a unit. Where memory runs out,
        half as many are tried.

    Raises
    ------
    InputError
        If a field is outside its range.

    Examples
    --------
    >>> TorchEngine(precision="float8")
    Traceback (most recent call last):
    etascope.core.errors.InputError: precision must be one of bf16-mixed; found 'float8'.
    """

    factory: Factory | None = None
    device: str | None = None
    precision: str | None = None
    accumulate: int = 1
    clip_norm: float | None = None
    trials_in_memory: int | None = None

    def __post_init__(self) -> None:
        """Check every field."""
        check_values(self)
        check_settings(self.precision, self.accumulate, self.clip_norm, self.trials_in_memory)

    @renamed(watch="progress")
    def train(self, split: Split, recipe: Recipe, plan: Plan, progress: OnProgress = ignore) -> History:
        """Train every trial of the plan.

        Parameters
        ----------
        split
            Prepared: `x` is `(n, channels, height, width)` float32, or `(n, features)` for the dense network.
        recipe
            How to train; its seed is not looked at, the plan has one a trial.
        plan
            Learning rates of every step of every trial. Trials must all hold a fold out, or none.
        progress
            Receives `Progress` in trainings; its unit says how many trials are in memory, where not all are.

        Returns
        -------
        History
            In the order of the plan; a trial that diverged is a `Status`.

        Raises
        ------
        InputError
            If PyTorch, the device, the model or the plan cannot be used, or memory does not hold one trial.
        """
        check_rows(split, recipe, plan)
        with random_state_kept():
            networks, batches, training = self._training(split, recipe)
            forward = networks.forward * recipe.batch_size / self.accumulate
            training = beside_each_other(training, forward, lambda: batches.first)
        with random_state_kept(), one_thread(where=forward < ONE_THREAD):
            dear = networks.forward * recipe.batch_size * plan.steps > DEAR
            return train_plan(training, plan, self.trials_in_memory, progress, training.threads if dear else None)

    def rehearse(self, split: Split, recipe: Recipe, plan: Plan) -> tuple[str, ...]:
        """Train a trial of a plan for a few steps, where the model is one's own; return what to mind, in sentences.

        Raises `InputError` if trials of the model share what they train, or one does not go on as if it had not been
        interrupted.
        """
        factory = self._factory(recipe)
        if factory is None or (self.factory is None and ".py:" not in (recipe.model or "")):
            return ()
        check_rows(split, recipe, plan)
        with random_state_kept():
            networks, _, training = self._training(split, recipe)
            refuse_same(networks, recipe.seed, networks.build(recipe.seed))
            return rehearsed(training, plan)

    def explain(self, checkpoint: Checkpoint, x: NDArray[np.float32]) -> tuple[Layer, ...]:
        """Return what each layer makes of inputs `(n, ...)`; the last layer holds the logits."""
        device = device_of(self.device)
        with random_state_kept(), one_thread(where="module" not in checkpoint.state):
            if "module" not in checkpoint.state:
                module, x = dense_module(checkpoint.parameters), x.reshape(len(x), -1)
            else:
                module = made_again(checkpoint, self.factory, factory_of)
                load_weights(module, checkpoint)
            return explain_module(module.to(device), x, device)

    def multiplications(self, split: Split, recipe: Recipe) -> float:
        """Return the multiply-adds of one forward pass of one example, as PyTorch counts them.

        Matrix products, convolutions and attention count; sums, activations and norms do not.
        """
        with random_state_kept():
            networks = self._networks(split, recipe)
        return networks.forward

    def _training(self, split: Split, recipe: Recipe) -> tuple[ImageNetworks | DenseNetworks, SplitBatches, Training]:
        device, networks = device_of(self.device), self._networks(split, recipe)
        batches = SplitBatches(split, recipe, device, self.accumulate)
        settings, objective = Settings(device, self.precision, self.clip_norm), CrossEntropy(split.n_classes)
        return networks, batches, Training(networks, batches, objective, settings, recipe.epochs)

    def _factory(self, recipe: Recipe) -> Factory | None:
        return factory_of(recipe.model) if self.factory is None and recipe.model is not None else self.factory

    def _networks(self, split: Split, recipe: Recipe) -> ImageNetworks | DenseNetworks:
        factory = self._factory(recipe)
        if factory is not None:
            return ImageNetworks.checked(factory, split, recipe)
        if split.x.ndim != 2:
            raise InputError(
                f"a dense network trains on features (n, features); found {split.x.shape}. Prepare the split, or give "
                "the recipe a model."
            )
        return DenseNetworks((split.x.shape[1], *recipe.hidden, split.n_classes), recipe)


def train_plan(
    training: Training, plan: Plan, trials_in_memory: int | None, progress: OnProgress, at_once: int | None = None
) -> History:
    """Train a plan unit by unit, in groups that memory holds, and return its history in the plan's order.

    `at_once` is how many trials have to train beside each other; None is as many as memory holds.
    """
    began = time.perf_counter()
    reporter = _Reporter(plan, progress)
    trained = list[tuple[NDArray[np.int64], History]]()
    most, at_once = trials_in_memory or len(plan), at_once or len(plan)
    for unit in units_of(plan):
        reporter.together(most, len(unit))

        def run(group: NDArray[np.int64]) -> History:
            history = train_unit(training, plan.take(group), reporter.advance)
            reporter.part(history.as_part(plan, group))
            return history

        def fewer(size: int, unit: NDArray[np.int64] = unit) -> None:
            reporter.together(size, len(unit))

        groups, held = in_memory_groups(unit, min(most, at_once), run, fewer)
        # What memory did not hold in one unit, it will not hold in the next.
        most = min(most, held) if held < at_once else most
        trained += groups
    reporter.end()
    return in_plan_order(
        plan, [group for group, _ in trained], [history for _, history in trained], time.perf_counter() - began
    )


class _Reporter:
    """What is told of a plan's progress, never going back."""

    def __init__(self, plan: Plan, progress: OnProgress) -> None:
        self._total, self._progress = len(plan), progress
        self._steps, self._done, self._when, self._unit = max(plan.steps, 1), 0, 0.0, "trainings"

    def together(self, most: int, trials: int) -> None:
        """Say how many trials are in memory at once, where not all are."""
        self._unit = f"trainings, {most} at a time" if most < trials else "trainings"

    def advance(self, trial_steps: int) -> None:
        """Count trial-steps; groups that memory did not hold are counted up to the end and no further."""
        self._done = min(self._done + trial_steps, self._steps * self._total)
        now = time.perf_counter()
        if now - self._when > 0.05:
            self._when = now
            self._progress(Progress("training", self._done / self._steps, self._total, self._unit))

    def part(self, history: History) -> None:
        """Hand out trials that are done."""
        self._progress(Progress("training", self._done / self._steps, self._total, self._unit, part=history))

    def end(self) -> None:
        """Say that all is done."""
        self._progress(Progress("training", self._total, self._total, self._unit))
