import dataclasses

import numpy as np
import pytest

from etascope.core.history import TEMPERATURES, Status
from etascope.core.plan import Checkpoint, Plan, evaluation_steps, sweep
from etascope.core.recipe import OPTIMIZERS, Recipe, epoch_size, steps_per_epoch
from etascope.core.schedules import SCHEDULES
from etascope.training.dense.engine import DenseEngine
from etascope.training.dense.group import BLOCK_ROWS, FLUSH_STEPS
from etascope.training.random_streams import initial_parameters
from tests.training import made, reference

ENGINE = DenseEngine(1)
#: Rows and image side: many rows of few features keep weights, few rows keep coefficients of examples.
DATA = {"weights": (100, 6), "examples": (100, 10)}


@pytest.mark.parametrize(
    ("start", "steps", "per_epoch", "expected"),
    [
        (0, 10, 5, [5, 10]),
        (0, 12, 5, [5, 10, 12]),
        (3, 4, 5, [5, 7]),
        (5, 5, 5, [10]),
        (6, 2, 5, [8]),
        (5, 0, 5, []),
        (0, 0, 5, []),
        (0, 3, 1, [1, 2, 3]),
    ],
)
def test_evaluations_come_at_the_ends_of_epochs_and_of_the_plan(start, steps, per_epoch, expected):
    ends = evaluation_steps(bare(start, steps), per_epoch)
    assert ends.tolist() == expected
    assert ends.dtype == np.int64


def bare(start, steps, evaluate_at=None):
    resume = (Checkpoint(start, (), {}),) if start else None
    return Plan(np.ones((1, steps)), np.zeros(1, int), np.zeros(1, int), start, resume, evaluate_at=evaluate_at)


def test_evaluations_come_where_the_plan_names_them_and_at_its_end():
    assert evaluation_steps(bare(0, 10, (3, 7)), 4).tolist() == [3, 7, 10]
    assert evaluation_steps(bare(0, 10, (10,)), 4).tolist() == [10]
    assert evaluation_steps(bare(5, 10, (6,)), 4).tolist() == [6, 15]


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_where_a_plan_evaluates_changes_no_training(optimizer):
    split, recipe = made.split(folds=2), Recipe((12,), optimizer, batch_size=4, epochs=2)
    plan = made.kept(made.constant([0.01, 0.1], 20, folds=0))
    ends = ENGINE.train(split, recipe, plan)
    named = ENGINE.train(split, recipe, dataclasses.replace(plan, evaluate_at=(3, 9)))
    assert named.evaluated_at.tolist() == [3, 9, 20]
    np.testing.assert_allclose(named.step_loss, ends.step_loss, rtol=1e-5)
    np.testing.assert_allclose(named.valid_loss[:, -1], ends.valid_loss[:, -1], rtol=1e-5)
    # The last step of an epoch takes fewer examples.
    per_epoch = steps_per_epoch(split, recipe, 0)
    taken = np.full(20, 4.0)
    taken[per_epoch - 1] = epoch_size(split, recipe, 0) - 4 * (per_epoch - 1)
    for column, (began, at) in enumerate([(0, 3), (0, 9), (per_epoch, 20)]):
        since = np.average(named.step_loss[:, began:at], axis=1, weights=taken[began:at])
        np.testing.assert_allclose(named.train_loss[:, column], since, rtol=1e-5)


def test_the_loss_of_every_validation_example_is_kept_at_every_temperature():
    import torch

    split, recipe = made.split(folds=2), Recipe((12,), batch_size=4, epochs=2)
    plan = dataclasses.replace(made.constant([0.01, 0.1, 1e30], 20, folds=0), evaluate_at=(3,), keep_examples=True)
    history = ENGINE.train(split, recipe, plan)
    assert history.example_losses is not None
    rows = split.valid_rows(0)
    assert history.example_losses.shape == (3, 2, len(TEMPERATURES), len(rows))
    np.testing.assert_allclose(history.example_losses[:2, :, 0].mean(axis=-1), history.valid_loss[:2], rtol=1e-5)
    assert np.isnan(history.example_losses[2]).all()
    checkpoints = ENGINE.train(split, recipe, made.kept(plan.take([0, 1]))).checkpoints
    for trial, checkpoint in enumerate(checkpoints):
        logits = torch.tensor(ENGINE.explain(checkpoint, split.x[rows])[-1].values)
        for i, temperature in enumerate(TEMPERATURES):
            losses = torch.nn.functional.cross_entropy(
                logits / temperature, torch.tensor(split.y[rows]), reduction="none"
            )
            np.testing.assert_allclose(history.example_losses[trial, 1, i], losses.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.usefixtures("one_torch_thread")
@pytest.mark.parametrize("warmup", [0.0, 0.1])
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_schedule_follows_pytorchs_own_schedulers(optimizer, schedule, warmup):
    """120 steps: a number that two warm-ups and three equal stairs divide."""
    split = made.split()
    recipe = Recipe((12,), optimizer, schedule, warmup, batch_size=8, epochs=10)
    rate = {"sgd": 0.1, "momentum": 0.02, "nesterov": 0.02, "adagrad": 0.03}.get(optimizer, 0.005)
    plan = made.kept(sweep(recipe, 120, [rate], folds=[-1]))
    history = ENGINE.train(split, recipe, plan)
    rates = reference.agrees(split, recipe, history, 0)
    np.testing.assert_allclose(plan.rates[0], rates, rtol=1e-6, atol=1e-9)


def cut(plan, step, split, recipe):
    """Train a plan in two: up to the step, and on from the checkpoints."""
    early = ENGINE.train(split, recipe, dataclasses.replace(plan, rates=plan.rates[:, :step]))
    late = dataclasses.replace(plan, rates=plan.rates[:, step:], start=step, resume=early.checkpoints)
    return early, ENGINE.train(split, recipe, late)


def resumable(optimizer, data, hidden=(12,)):
    """Return data and a plan of 3 epochs of 9 steps, the last of them smaller, in blocks of 5 steps."""
    rows, side = DATA[data]
    batch = 12 if data == "weights" else 10
    split = made.split(rows + (25 if data == "weights" else 5), side, folds=5)
    recipe = Recipe(hidden, optimizer, "cosine", batch_size=batch, epochs=3)
    steps = -(-epoch_size(split, recipe, 0) // batch)
    return split, recipe, made.kept(sweep(recipe, 3 * steps, [0.01, 0.003, 0.001], folds=[0, 1])), steps


@pytest.mark.parametrize("hidden", [(), (12,), (12, 6)], ids=str)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_training_cut_at_an_epoch_ends_with_the_same_bits(optimizer, hidden):
    split, recipe, plan, per_epoch = resumable(optimizer, "weights", hidden)
    whole = ENGINE.train(split, recipe, plan)
    for epochs in (1, 2):
        early, late = cut(plan, epochs * per_epoch, split, recipe)
        both = np.hstack([early.step_loss, late.step_loss])
        np.testing.assert_array_equal(both, whole.step_loss)
        for name in ("evaluated_at", "valid_loss", "valid_accuracy", "train_loss", "train_accuracy"):
            parts = [getattr(h, name) for h in (early, late)]
            np.testing.assert_array_equal(np.concatenate(parts, axis=-1), getattr(whole, name))
        assert [made.checkpoint_bits(c) for c in late.checkpoints] == [
            made.checkpoint_bits(c) for c in whole.checkpoints
        ]
        assert (early.examples + late.examples == whole.examples).all()


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "adam"])
@pytest.mark.parametrize("data", DATA)
def test_a_training_cut_anywhere_ends_within_rounding(optimizer, data):
    """Mid-epoch, inside a block of batches and at its edge; and coefficients of examples, wherever they are cut."""
    split, recipe, plan, per_epoch = resumable(optimizer, data)
    block = BLOCK_ROWS // recipe.batch_size
    assert block > 1
    whole = ENGINE.train(split, recipe, plan)
    for step in (1, 2, per_epoch - 1, per_epoch, per_epoch + 4, plan.steps - 1):
        early, late = cut(plan, step, split, recipe)
        np.testing.assert_allclose(np.hstack([early.step_loss, late.step_loss]), whole.step_loss, rtol=0, atol=1e-5)
        np.testing.assert_allclose(late.valid_loss[:, -1], whole.valid_loss[:, -1], rtol=0, atol=1e-5)
        for ours, theirs in zip(late.checkpoints, whole.checkpoints, strict=True):
            for kind in (lambda c: [c.parameters], lambda c: list(c.state.values())):
                for a, b in zip(kind(ours), kind(theirs), strict=True):
                    for x, y in zip(a, b, strict=True):
                        np.testing.assert_allclose(x, y, rtol=0, atol=1e-5)


def test_a_plan_that_stops_early_is_paused_and_the_last_one_finishes():
    split, recipe, plan, per_epoch = resumable("momentum", "weights")
    early, late = cut(plan, per_epoch + 2, split, recipe)
    assert early.status == (Status.PAUSED,) * len(plan)
    assert late.status == (Status.FINISHED,) * len(plan)
    assert early.evaluated_at.tolist() == [per_epoch, per_epoch + 2]
    assert late.evaluated_at.tolist() == [2 * per_epoch, 3 * per_epoch]
    assert {c.step for c in early.checkpoints} == {per_epoch + 2}
    assert {c.step for c in late.checkpoints} == {3 * per_epoch}


def test_checkpoints_remember_the_last_rate_through_plans_without_steps():
    split, recipe, plan, _ = resumable("adam", "weights")
    early, late = cut(plan, 5, split, recipe)
    assert [c.last_rate for c in early.checkpoints] == plan.rates[:, 4].tolist()
    assert [c.last_rate for c in late.checkpoints] == plan.rates[:, -1].tolist()
    nothing = dataclasses.replace(plan, rates=plan.rates[:, :0], start=5, resume=early.checkpoints)
    again = ENGINE.train(split, recipe, nothing).checkpoints
    assert [made.checkpoint_bits(c) for c in again] == [made.checkpoint_bits(c) for c in early.checkpoints]


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
@pytest.mark.parametrize("data", DATA)
def test_a_plan_without_steps_gives_the_initial_weights(data, optimizer):
    rows, side = DATA[data]
    split, recipe = made.split(rows, side, dark=7), Recipe((5,), optimizer)
    history = ENGINE.train(split, recipe, made.kept(made.constant([0.1, 0.2], 0, seeds=[3, 4])))
    assert history.step_loss.shape == (2, 0)
    assert history.valid_loss.shape == (2, 0)
    assert history.status == (Status.PAUSED,) * 2
    assert history.examples.tolist() == [0, 0]
    for checkpoint, seed in zip(history.checkpoints, (3, 4), strict=True):
        assert (checkpoint.step, checkpoint.last_rate) == (0, 0.0)
        for ours, theirs in zip(checkpoint.parameters, initial_parameters((side * side, 5, 3), seed), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert not any(a.any() for arrays in checkpoint.state.values() for a in arrays)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weights_of_features_that_are_always_zero_stay_unless_they_decay(optimizer):
    split = made.split(dark=7)
    begun = initial_parameters((100, 5, 3), seed=0)[0]
    plan = made.kept(made.constant([0.01], 26))
    still, decayed = (
        ENGINE.train(split, Recipe((5,), optimizer, batch_size=8, weight_decay=w), plan).checkpoints[0]
        for w in (0.0, 0.1)
    )
    np.testing.assert_array_equal(still.parameters[0][:7], begun[:7])
    assert (still.parameters[0][7:] != begun[7:]).mean() > 0.5
    assert (decayed.parameters[0][:7] != begun[:7]).all()
    assert np.abs(decayed.parameters[0][:7]).sum() < np.abs(begun[:7]).sum()
    assert not any(arrays[0][:7].any() for arrays in still.state.values())


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("hidden", [(), (12,)], ids=str)
def test_a_trial_that_diverges_disturbs_no_other(optimizer, data, hidden):
    """Two rates leap in the second epoch, in the middle of a block."""
    split, recipe, plan, per_epoch = resumable(optimizer, data, hidden)
    rates = plan.rates.copy()
    sick, well = [1, 5], [0, 2, 3, 4]
    rates[sick, per_epoch + 3 :] = 3e38
    plan = dataclasses.replace(plan, rates=rates)
    history, without = ENGINE.train(split, recipe, plan), ENGINE.train(split, recipe, plan.take(well))
    assert [history.status[i] for i in sick] == [Status.DIVERGED] * 2
    assert [history.status[i] for i in well] == [Status.FINISHED] * 4
    assert (history.diverged_at[well] == -1).all()
    for name in ("step_loss", "train_loss", "valid_loss", "train_accuracy", "valid_accuracy"):
        np.testing.assert_allclose(getattr(history, name)[well], getattr(without, name), rtol=0, atol=1e-5)
    assert (history.examples[well] == without.examples).all()
    for i in sick:
        at = history.diverged_at[i]
        assert per_epoch + 3 < at < per_epoch + 6
        assert np.isfinite(history.step_loss[i, :at]).all()
        assert np.isnan(history.step_loss[i, at:]).all()
        gone_through = epoch_size(split, recipe, 0) + (at + 1 - per_epoch) * recipe.batch_size
        assert gone_through <= history.examples[i] < gone_through + BLOCK_ROWS
        assert history.examples[i] < history.examples[0]
        assert np.isfinite(history.valid_loss[i, 0])
        assert np.isnan(history.train_loss[i, 1:]).all()
        assert np.isnan(history.train_accuracy[i, 1:]).all()
        assert np.isnan(history.valid_loss[i, 1:]).all()
        assert np.isnan(history.valid_accuracy[i, 1:]).all()
        assert history.checkpoints[i] is None
    assert all(history.checkpoints[i] is not None for i in well)


@pytest.mark.usefixtures("one_torch_thread")
@pytest.mark.parametrize(("optimizer", "leap"), [("sgd", 1e19), ("momentum", 1e12), ("adamw", 1e37)])
@pytest.mark.parametrize("data", DATA)
def test_a_trial_diverges_at_the_step_where_pytorch_does(data, optimizer, leap):
    rows, side = DATA[data]
    split, recipe = made.split(rows, side), Recipe((16,), optimizer, batch_size=8, epochs=3)
    rates = np.full(30, 0.01)
    rates[7:] = leap
    history = ENGINE.train(split, recipe, made.plan([rates]))
    losses, _, _ = reference.train(split, recipe, 0.01, 30, rates=rates)
    first = np.flatnonzero(~np.isfinite(losses))[0]
    assert history.diverged_at.tolist() == [first]
    np.testing.assert_allclose(history.step_loss[0, :first], losses[:first], rtol=1e-2)


@pytest.mark.usefixtures("one_torch_thread")
def test_a_loss_that_is_finite_again_does_not_heal_a_trial():
    """Adam at 1e37 on a linear model: the loss overflows for two steps, and the weights never do."""
    split, recipe = made.split(rows=100, side=6), Recipe((), "adam", batch_size=8, epochs=20)
    rates = np.full(30, 0.01)
    rates[7:] = 1e37
    losses, _, _ = reference.train(split, recipe, 0.01, 30, rates=rates)
    assert np.isfinite(losses).tolist()[7:11] == [True, False, False, True]
    history = ENGINE.train(split, recipe, made.kept(made.plan([rates])))
    assert history.diverged_at.tolist() == [8]
    assert np.isnan(history.step_loss[0, 8:]).all()
    assert history.checkpoints == (None,)


@pytest.mark.parametrize("data", DATA)
def test_weights_that_overflow_in_the_last_step_are_divergence(data):
    """The loss of every step is finite; only the evaluation can see it, with rows to validate on and without."""
    rows, side = DATA[data]
    split, recipe = made.split(rows, side, folds=5), Recipe((), "sgd", batch_size=8)
    split.x[:, 1] *= 1000
    for fold in (-1, 0):
        plan = made.kept(made.constant([3e38, 0.01], 1, folds=fold))
        history = ENGINE.train(split, recipe, plan)
        assert np.isfinite(history.step_loss).all()
        assert history.status == (Status.DIVERGED, Status.PAUSED)
        assert history.diverged_at.tolist() == [0, -1]
        assert history.checkpoints[0] is None
        assert np.isfinite(history.checkpoints[1].parameters[0]).all()
        assert np.isnan(history.train_loss[:, 0]).tolist() == [True, False]


@pytest.mark.parametrize("data", DATA)
def test_a_validation_loss_that_overflows_is_divergence(data):
    """Held-out rows far brighter than the training rows: the weights are fine, the outputs are not."""
    rows, side = DATA[data]
    split, recipe = made.split(rows, side, folds=5), Recipe((), "sgd", batch_size=8, epochs=1)
    split.x[split.folds == 0] *= 1e5
    plan = made.kept(made.constant([1e33, 0.01], 10, folds=0))
    history = ENGINE.train(split, recipe, plan)
    assert np.isfinite(history.step_loss).all()
    assert history.status == (Status.DIVERGED, Status.FINISHED)
    assert history.diverged_at.tolist() == [9, -1]
    assert history.checkpoints[0] is None
    assert np.isnan(history.valid_loss[:, 0]).tolist() == [True, False]
    dim = ENGINE.train(made.split(rows, side, folds=5), recipe, plan)
    assert dim.status == (Status.FINISHED,) * 2
    np.testing.assert_allclose(dim.step_loss, history.step_loss, rtol=1e-5)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_all_can_diverge(optimizer):
    split, recipe, plan, _ = resumable(optimizer, "examples", (12, 6))
    history = ENGINE.train(split, recipe, dataclasses.replace(plan, rates=np.full_like(plan.rates, 1e38)))
    assert history.status == (Status.DIVERGED,) * len(plan)
    assert (history.diverged_at >= 1).all()
    assert history.checkpoints == (None,) * len(plan)
    assert np.isnan(history.valid_loss).all()
    assert (history.examples <= BLOCK_ROWS).all()


def test_a_long_training_crosses_many_flushes():
    split, recipe = made.split(rows=20, side=6), Recipe((4,), "rmsprop", batch_size=4, epochs=100)
    plan = made.kept(made.constant([1e-4], 500))
    assert plan.steps > 3 * FLUSH_STEPS
    checkpoint = ENGINE.train(split, recipe, plan).checkpoints[0]
    for array in checkpoint.state["square"]:
        assert not ((array > 0) & (array < np.finfo(np.float32).tiny)).any()
