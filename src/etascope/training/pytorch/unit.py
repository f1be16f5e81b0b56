"""Train one unit: trials that share seed and fold, and so every batch, every augmentation and every dropout mask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from etascope.core.history import TEMPERATURES, History, Status
from etascope.core.plan import Checkpoint, Plan, evaluation_steps
from etascope.core.schedules import schedule_row
from etascope.training.pytorch.batches import Batch, Batches
from etascope.training.pytorch.custom.step import refuse_idle, refuse_uneven
from etascope.training.pytorch.generators import seed_all, seed_each
from etascope.training.pytorch.group_rates import LARGEST_RATE
from etascope.training.pytorch.library import Tensor, load_torch
from etascope.training.pytorch.networks import Networks, finite_weights
from etascope.training.pytorch.objective import Objective
from etascope.training.pytorch.running_trial import RunningTrial, Settings
from etascope.training.pytorch.trial_threads import OneByOne, RandomDrawn, TrialPool, TrialThreads, threads_for
from etascope.training.random_streams import step_seed
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
    threads
        Trials that may train beside each other; default 1.
    schedule, warmup
        As of a recipe: what a plan's rates follow, so that one that goes on within it has an optimizer of its peak.
    """

    networks: Networks
    batches: Batches
    objective: Objective
    settings: Settings
    epochs: int
    factors: NDArray[np.float64] | None = None
    threads: int = 1
    schedule: str = "constant"
    warmup: float = 0.0

    def peaks(self, plan: Plan, total: int) -> list[float]:
        """Return the rate that the optimizer of each trial is built with: its largest one, the schedule apart.

        A training has `total` steps, unless the plan is of a shorter one.
        """
        row = schedule_row(self.schedule, self.warmup, plan.length or total)
        rates = plan.rates / row[plan.start : plan.start + plan.steps]
        rates = np.minimum(rates, LARGEST_RATE).astype(np.float32).astype(np.float64)
        return rates.max(axis=1, initial=1e-30).tolist()

    def rates(self, plan: Plan) -> NDArray[np.float64]:
        """Return the rate of every step of every trial of a plan, `(trials, steps)`, as the optimizers have it.

        The factors of a shorter training than the whole are those of the whole, compressed into its steps.
        """
        rates = np.minimum(plan.rates, LARGEST_RATE).astype(np.float32).astype(np.float64)
        if self.factors is None:
            return rates
        factors, total = self.factors, len(self.factors)
        if plan.length is not None:
            whole = factors * schedule_row(self.schedule, self.warmup, total)
            places = np.arange(plan.length) / plan.length * total
            row = schedule_row(self.schedule, self.warmup, plan.length)
            factors = np.interp(places, np.arange(total), whole) / row
            # A shape that is the schedule itself stays that, to the bit.
            factors[np.isclose(factors, 1.0, rtol=1e-9)] = 1.0
        return rates * factors[plan.start : plan.start + plan.steps]

    def start(self, seed: int, rate: float, checkpoint: Checkpoint | None) -> RunningTrial:
        """Return a trial at its initial weights, or where a checkpoint stands, on the device."""
        seed_all(seed)
        seed_each(self.settings.generators or (), seed)
        module = self.networks.build(seed).to(self.settings.device)
        optimizers = self.networks.optimizers(module, rate)
        running = RunningTrial(module, optimizers, self.objective, self.settings)
        if checkpoint is not None:
            self.networks.restore(module, optimizers, checkpoint)
        return running


def beside_each_other(
    training: Training, multiplications: float, batch: Callable[[], Batch], rate: float = 1.0
) -> Training:
    """Return a training whose trials use the threads that the processor has for them, where that is safe and pays.

    Its model is tried on a batch, whose forward pass takes so many multiply-adds, with optimizers built at `rate`.
    """
    threads = threads_for(lambda: training.start(0, rate, None), batch, training.settings, multiplications)
    return replace(training, threads=threads)


def train_unit(training: Training, plan: Plan, advance: Callable[[int], None]) -> History:
    """Train every trial of a plan whose trials all share seed and fold, with one pass over the batches.

    Before each trial's forward pass the generators of Python, NumPy and PyTorch are seeded with the number of the step,
    so that all trials draw the same, and one that goes on from a checkpoint draws what it would have drawn. Trials that
    draw nothing train beside each other on `training.threads`.

    `advance` is told how many trial-steps were done after each step or few; it may raise to stop.
    """
    plan = plan if training.objective.per_example else replace(plan, keep_examples=False)
    threads = min(training.threads, len(plan))
    if threads > 1:
        with suppress(RandomDrawn), TrialThreads(threads) as pool:
            return _train(training, plan, advance, pool)
    return _train(training, plan, advance, OneByOne())


def _train(training: Training, plan: Plan, advance: Callable[[int], None], pool: TrialPool) -> History:
    seed, fold, batches = int(plan.seeds[0]), int(plan.folds[0]), training.batches
    total = batches.steps_per_epoch(fold) * training.epochs
    per_epoch = plan.epoch(batches.steps_per_epoch(fold))
    record = Record(plan, evaluation_steps(plan, per_epoch), per_epoch, batches.valid_size(fold, plan.valid_rows))
    rates = training.rates(plan)
    peaks, starts = training.peaks(plan, total), plan.resume or (None,) * len(plan)
    trials = {i: training.start(seed, peaks[i], starts[i]) for i in range(len(plan))}
    step, end = plan.start, plan.start + plan.steps
    stops = {end, *record.evaluated_at.tolist()}
    while step < end and trials:
        epoch, within = divmod(step, per_epoch)
        last, block = (epoch + 1) * per_epoch, list[list[Batch]]()
        for parts in batches.steps(seed, fold, epoch, within, plan.epoch_steps):
            block.append(parts)
            reached = step + len(block)
            if len(block) < pool.block and reached != last and reached not in stops:
                continue
            alive = np.array(list(trials), np.int64)
            now = rates[alive, step - plan.start : reached - plan.start]
            losses, rights = _steps(pool, list(trials.values()), block, now.tolist(), step_seed(seed, fold, step))
            sizes = np.array([sum(part.size for part in parts) for parts in block], np.float32)
            record.block(alive, step - plan.start, losses * sizes[:, None], rights, sizes)
            step, block = reached, []
            _look_for_updates(trials, plan, step, per_epoch)
            advance(len(plan) * len(sizes))
            _drop(trials, record)
            if trials and step in record.evaluated_at:
                _evaluate(training, record, trials, step, (seed, fold), plan, pool)
                _drop(trials, record)
            if step == end or not trials:
                break
    if step < end:
        advance((end - step) * len(plan))
    kept: list[Checkpoint | None] = [None] * len(plan) if plan.keep_checkpoints else []
    for trial, running in trials.items() if plan.keep_checkpoints else ():
        begun = starts[trial]
        last_rate = float(plan.rates[trial, -1]) if plan.steps else begun.last_rate if begun is not None else 0.0
        kept[trial] = training.networks.pack(running.module, running.optimizers, end, last_rate)
    ended = Status.FINISHED if plan.length is None and end >= total else Status.PAUSED
    return record.history(ended, tuple(kept))


def _look_for_updates(trials: dict[int, RunningTrial], plan: Plan, step: int, per_epoch: int) -> None:
    """Raise `InputError` where a step of the owner's own passes trials by."""
    own = [running.first_update for running in trials.values() if running.first_update is not None]
    # Trials that begin are alike, and so every step must treat them; those that go on may differ for a while.
    over = step == plan.start + plan.steps
    if plan.start == 0 or over:
        refuse_uneven(own)
    if step >= per_epoch and (over or step - plan.start >= per_epoch):
        refuse_idle(own, step - plan.start)


def _drop(trials: dict[int, RunningTrial], record: Record) -> None:
    """Let go of trials that diverged: their memory is for the others."""
    for trial in [trial for trial in trials if record.diverged_at[trial] >= 0]:
        del trials[trial]


def _steps(
    pool: TrialPool,
    trials: Sequence[RunningTrial],
    block: Sequence[Sequence[Batch]],
    rates: Sequence[Sequence[float]],
    seed: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean loss and number right `(steps, trials)`, before each update."""
    torch, rate_of = load_torch(), dict(zip(map(id, trials), rates, strict=True))

    def steps(running: RunningTrial) -> Tensor:
        rows = zip(block, rate_of[id(running)], strict=True)
        return torch.stack([torch.stack(running.step([part.fresh() for part in parts], rate)) for parts, rate in rows])

    # One look at the device a block: the trials need not wait for each other's numbers.
    table = torch.stack(pool.each(trials, seed, steps), dim=1).cpu().numpy().astype(np.float32)
    return table[:, :, 0], table[:, :, 1]


def _evaluate(
    training: Training,
    record: Record,
    trials: dict[int, RunningTrial],
    step: int,
    unit: tuple[int, int],
    plan: Plan,
    pool: TrialPool,
) -> None:
    living, rows = list(trials.values()), training.batches.valid_size(unit[1], plan.valid_rows)
    finite = np.array([finite_weights(running.module) for running in living], np.bool_)
    valid = _validate(training, living, unit, step, rows, plan, pool) if rows else None
    record.evaluate(np.array(list(trials), np.int64), step, finite, valid)
    for running in living:
        running.look()


def _validate(
    training: Training,
    trials: Sequence[RunningTrial],
    unit: tuple[int, int],
    step: int,
    rows: int,
    plan: Plan,
    pool: TrialPool,
) -> Validated:
    sums = np.zeros((2, len(trials)))
    examples = np.empty((len(trials), len(TEMPERATURES), rows), np.float32) if plan.keep_examples else None
    seed, at = step_seed(*unit, step), 0
    for running in trials:
        running.evaluating()
    try:
        for batch in training.batches.valid(*unit, plan.valid_rows):
            judged = pool.each(trials, seed, lambda running, batch=batch: running.judge(batch.fresh()))
            for i, one in enumerate(judged):
                sums[:, i] += float(one.loss), float(one.right)
                if examples is not None:
                    examples[i, :, at : at + batch.size] = one.example_losses.float().cpu().numpy()
            at += batch.size
    finally:
        for running in trials:
            running.training()
    return Validated(sums[0] / rows, sums[1] / rows, examples)
