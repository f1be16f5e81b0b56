"""Train one group: trials that share seed and fold, and so initial weights and every batch."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import Split
from etascope.core.history import TEMPERATURES, History, Status
from etascope.core.plan import Checkpoint, Plan, evaluation_steps
from etascope.core.recipe import Recipe, epoch_size, steps_per_epoch
from etascope.training.dense.first_layer import Packed
from etascope.training.dense.optimizers import Sgd, rule_of
from etascope.training.dense.stack import Stack
from etascope.training.random_streams import epoch_order, initial_parameters
from etascope.training.record import Record, Validated

#: Rows of a block of batches (see `first_layer`): enough to run at the speed of large matrix products.
BLOCK_ROWS = 160
#: Validation goes in pieces of this many rows, so that memory does not grow with the data.
PIECE_ROWS = 512
#: Optimizer state is cleared of denormal numbers every so many steps.
FLUSH_STEPS = 128


def train_group(split: Split, packed: Packed, recipe: Recipe, plan: Plan, advance: Callable[[int], None]) -> History:
    """Train every trial of a plan whose trials all share seed and fold.

    `advance` is told how many trial-steps were done after each block; it may raise to stop.
    """
    seed, fold = int(plan.seeds[0]), int(plan.folds[0])
    per_epoch = plan.epoch(steps_per_epoch(split, recipe, fold))
    sizes = (packed.features, *recipe.hidden, split.n_classes)
    rule = rule_of(recipe)
    frozen = initial_parameters(sizes, seed)
    block = max(1, BLOCK_ROWS // recipe.batch_size)
    blocked = isinstance(rule, Sgd) and not rule.weight_decay and block > 1
    starts = list(plan.resume or ()) or [
        Checkpoint(0, frozen, {name: tuple(np.zeros_like(p) for p in frozen) for name in rule.state_names})
    ] * len(plan)
    size = min(epoch_size(split, recipe, fold), per_epoch * recipe.batch_size)
    train_rows = split.train_rows(fold, None if plan.epoch_steps is None else size)
    valid_rows = split.valid_rows(fold, plan.valid_rows)
    record = Record(plan, evaluation_steps(plan, per_epoch), per_epoch, len(valid_rows))
    order = np.empty(0, np.int64)
    step, end, alive = plan.start, plan.start + plan.steps, np.arange(len(plan))
    with np.errstate(all="ignore"):
        rate_table = plan.rates.astype(np.float32)
        # Rows of the example form stand in the order of the first epoch, which so multiplies with those it has met.
        first_order = epoch_order(train_rows, len(train_rows), seed, fold, plan.start // per_epoch)
        stack = Stack(sizes, starts, packed, rule, block * recipe.batch_size if blocked else 0, first_order)
        while step < end and len(alive):
            epoch, within = divmod(step, per_epoch)
            if within == 0 or step == plan.start:
                order = epoch_order(train_rows, size, seed, fold, epoch)
            # Blocks stand at fixed places of an epoch, so that where a plan is cut does not move them.
            pause = int(record.evaluated_at[np.searchsorted(record.evaluated_at, step, "right")])
            count = min(block - within % block, per_epoch - within, pause - step)
            rows = order[within * recipe.batch_size : (within + count) * recipe.batch_size]
            stack.first.begin(rows)
            onehot = packed.onehot[:, None, rows]
            rates = rate_table[alive, step - plan.start : step - plan.start + count]
            bounds = np.minimum(np.arange(count + 1) * recipe.batch_size, len(rows))
            losses, rights = np.empty((2, count, len(alive)), np.float32)
            for i, (a, b) in enumerate(itertools.pairwise(bounds.tolist())):
                losses[i], rights[i] = stack.step(a, b, onehot[:, :, a:b], rates[:, i], step + 1 + i)
            stack.first.end()
            record.block(alive, step - plan.start, losses, rights, np.diff(bounds).astype(np.float32))
            step += count
            if step // FLUSH_STEPS != (step - count) // FLUSH_STEPS:
                stack.flush()
            advance(count * len(plan))
            if step == pause:
                valid = _validate(stack, valid_rows, plan.keep_examples) if len(valid_rows) else None
                record.evaluate(alive, step, stack.finite(), valid)
            healthy = record.diverged_at[alive] < 0
            if not healthy.all():
                alive = alive[healthy]
                if len(alive):
                    stack.keep(np.flatnonzero(healthy))
        checkpoints: list[Checkpoint | None] = [None] * len(plan) if plan.keep_checkpoints else []
        if plan.keep_checkpoints and len(alive):
            last = (plan.rates[:, -1] if plan.steps else np.array([c.last_rate for c in starts]))[alive].tolist()
            kept = stack.unpack(end, [starts[i].parameters for i in alive], last)
            for trial, checkpoint in zip(alive, kept, strict=True):
                checkpoints[trial] = checkpoint
    if step < end:
        advance((end - step) * len(plan))
    whole = plan.length is None and end >= steps_per_epoch(split, recipe, fold) * recipe.epochs
    return record.history(Status.FINISHED if whole else Status.PAUSED, tuple(checkpoints))


def _validate(stack: Stack, rows: NDArray[np.int64], keep_examples: bool) -> Validated:
    loss, right = np.zeros((2, stack.trials))
    examples = np.empty((stack.trials, len(TEMPERATURES), len(rows)), np.float32) if keep_examples else None
    for i in range(0, len(rows), PIECE_ROWS):
        piece = slice(i, i + PIECE_ROWS)
        losses, rights = stack.evaluate(rows[piece], None if examples is None else examples[:, :, piece])
        loss += losses
        right += rights
    return Validated(loss / len(rows), right / len(rows), examples)
