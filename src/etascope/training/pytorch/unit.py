"""Train one unit: trials that share seed and fold, and so every batch, every augmentation and every dropout mask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from etascope.core.history import TEMPERATURES, History, Status
from etascope.core.plan import Checkpoint, Plan
from etascope.training.chance import step_seed
from etascope.training.group import evaluation_steps
from etascope.training.pytorch.batches import Batch, Batches
from etascope.training.pytorch.library import Tensor, load_torch
from etascope.training.pytorch.live import LARGEST_RATE, Live, Settings
from etascope.training.pytorch.networks import Networks, finite_weights
from etascope.training.pytorch.objective import Objective
from etascope.training.pytorch.random_state import seed_all
from etascope.training.record import Record, Validated


@dataclass(frozen=True, eq=False)
class Training:
    """All that the trials of a search share.

    Attributes
    ----------
    networks
        Makes modules and optimizers, and keeps them.
    batches
        Gives what they train and validate on.
    objective
        The loss.
    settings
        How a step is done.
    epochs
        Passes of a whole training.
    factors
        `(steps,)`, what a plan's rates are multiplied by from the first step of the training to the last, at least 0;
        None leaves them.
    """

    networks: Networks
    batches: Batches
    objective: Objective
    settings: Settings
    epochs: int
    factors: NDArray[np.float64] | None = None

    def start(self, seed: int, rate: float, checkpoint: Checkpoint | None) -> Live:
        """Return a trial at its initial weights, or where a checkpoint stands, on the device."""
        seed_all(seed)
        module = self.networks.build(seed).to(self.settings.device)
        optimizers = self.networks.optimizers(module, rate)
        live = Live(module, optimizers, self.objective, self.settings)
        if checkpoint is not None:
            self.networks.restore(module, optimizers, checkpoint)
        return live


def train_unit(training: Training, plan: Plan, advance: Callable[[int], None]) -> History:
    """Train every trial of a plan whose trials all share seed and fold, with one pass over the batches.

    Before each trial's forward pass the generators of Python, NumPy and PyTorch are seeded with the number of the step,
    so that all trials draw the same, and one that goes on from a checkpoint draws what it would have drawn.

    `advance` is told how many trial-steps were done after each step; it may raise to stop.
    """
    plan = plan if training.objective.per_example else replace(plan, keep_examples=False)
    seed, fold, batches = int(plan.seeds[0]), int(plan.folds[0]), training.batches
    per_epoch = batches.steps_per_epoch(fold)
    record = Record(plan, evaluation_steps(plan, per_epoch), per_epoch, batches.valid_size(fold))
    rates = np.minimum(plan.rates, LARGEST_RATE).astype(np.float32).astype(np.float64)
    peaks, starts = rates.max(axis=1, initial=1e-30).tolist(), plan.resume or (None,) * len(plan)
    lives = {i: training.start(seed, peaks[i], starts[i]) for i in range(len(plan))}
    step, end = plan.start, plan.start + plan.steps
    while step < end and lives:
        epoch, within = divmod(step, per_epoch)
        for parts in batches.steps(seed, fold, epoch, within):
            alive = np.array(list(lives), np.int64)
            now = rates[alive, step - plan.start]
            now = (now if training.factors is None else now * training.factors[step]).tolist()
            losses, rights = _step(list(lives.values()), parts, now, step_seed(seed, fold, step))
            size = np.array([sum(part.size for part in parts)], np.float32)
            record.block(alive, step - plan.start, losses[None] * size, rights[None], size)
            step += 1
            advance(len(plan))
            _drop(lives, record)
            if lives and step in record.evaluated_at:
                _evaluate(training, record, lives, step, (seed, fold), plan.keep_examples)
                _drop(lives, record)
            if step == end or not lives:
                break
    if step < end:
        advance((end - step) * len(plan))
    kept: list[Checkpoint | None] = [None] * len(plan) if plan.keep_checkpoints else []
    for trial, live in lives.items() if plan.keep_checkpoints else ():
        begun = starts[trial]
        last = float(plan.rates[trial, -1]) if plan.steps else begun.last_rate if begun is not None else 0.0
        kept[trial] = training.networks.pack(live.module, live.optimizers, end, last)
    ended = Status.FINISHED if end >= per_epoch * training.epochs else Status.PAUSED
    return record.history(ended, tuple(kept))


def _drop(lives: dict[int, Live], record: Record) -> None:
    """Let go of trials that diverged: their memory is for the others."""
    for trial in [trial for trial in lives if record.diverged_at[trial] >= 0]:
        del lives[trial]


def _step(
    lives: Sequence[Live], parts: Sequence[Batch], rates: Sequence[float], seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean loss and number right of each trial, before its update."""
    torch, found = load_torch(), list[Tensor]()
    for live, rate in zip(lives, rates, strict=True):
        seed_all(seed)
        found.append(torch.stack(live.step([part.fresh() for part in parts], rate)))
    # One look at the device a step: the trials need not wait for each other's numbers.
    table = torch.stack(found).cpu().numpy().astype(np.float32)
    return table[:, 0], table[:, 1]


def _evaluate(
    training: Training, record: Record, lives: dict[int, Live], step: int, unit: tuple[int, int], keep_examples: bool
) -> None:
    living, rows = list(lives.values()), training.batches.valid_size(unit[1])
    finite = np.array([finite_weights(live.module) for live in living], np.bool_)
    valid = _validate(training, living, unit, step, rows, keep_examples) if rows else None
    record.evaluate(np.array(list(lives), np.int64), step, finite, valid)


def _validate(
    training: Training, lives: Sequence[Live], unit: tuple[int, int], step: int, rows: int, keep_examples: bool
) -> Validated:
    sums = np.zeros((2, len(lives)))
    examples = np.empty((len(lives), len(TEMPERATURES), rows), np.float32) if keep_examples else None
    chance, at = step_seed(*unit, step), 0
    for live in lives:
        live.evaluating()
    try:
        for batch in training.batches.valid(*unit):
            for i, live in enumerate(lives):
                seed_all(chance)
                judged = live.judge(batch.fresh())
                sums[:, i] += float(judged.loss), float(judged.right)
                if examples is not None:
                    examples[i, :, at : at + batch.size] = judged.example_losses.float().cpu().numpy()
            at += batch.size
    finally:
        for live in lives:
            live.training()
    return Validated(sums[0] / rows, sums[1] / rows, examples)
