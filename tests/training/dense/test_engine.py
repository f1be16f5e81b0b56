import dataclasses
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.data import NO_FOLD
from etascope.core.errors import InputError
from etascope.core.history import History, Status
from etascope.core.plan import Plan
from etascope.core.recipe import OPTIMIZERS, Recipe, epoch_size, steps_per_epoch
from etascope.images.open import open_images
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.training.dense.engine import GROUP_COLUMNS, GROUP_TRIALS, DenseEngine, group_trials
from tests.training import made, reference

ENGINE = DenseEngine(1)


def units_of(plan, first_units):
    groups = group_trials(plan, first_units)
    return [{(int(plan.seeds[i]), int(plan.folds[i])) for i in group} for group in groups], groups


@st.composite
def plans(draw):
    units = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(-1, 1)), min_size=1, max_size=4, unique=True))
    trials = draw(st.lists(st.sampled_from(units), min_size=1, max_size=80))
    return made.constant(np.ones(len(trials)), 1, seeds=[s for s, _ in trials], folds=[f for _, f in trials])


@given(plan=plans(), first_units=st.sampled_from([1, 10, 64, 128, 500, 5000]))
def test_each_trial_is_in_one_group_with_its_like(plan, first_units):
    units, groups = units_of(plan, first_units)
    assert all(len(u) == 1 for u in units)
    assert sorted(np.concatenate(groups).tolist()) == list(range(len(plan)))
    most = min(max(GROUP_COLUMNS // first_units, 1), GROUP_TRIALS)
    for unit in {u for us in units for u in us}:
        sizes = [len(g) for g, u in zip(groups, units, strict=True) if u == {unit}]
        assert max(sizes) <= most
        assert max(sizes) - min(sizes) <= 1
        assert len(sizes) == -(-sum(sizes) // most)
    for group in groups:
        assert (np.diff(group) > 0).all()


@given(
    plan=plans(),
    first_units=st.sampled_from([10, 128, 300, 600]),
    ends=st.tuples(st.integers(0, 90), st.integers(1, 9)),
)
def test_any_run_of_whole_groups_planned_alone_is_grouped_the_same_way(plan, first_units, ends):
    groups = group_trials(plan, first_units)
    first = ends[0] % len(groups)
    run = groups[first : first + ends[1]]
    trials = np.concatenate(run)
    again = group_trials(plan.take(trials), first_units)
    assert [trials[g].tolist() for g in again] == [g.tolist() for g in run]


#: Recipes that go through every form of the first layer, no, one and two hidden layers, with decay and without.
RECIPES = {
    "sgd, linear": (Recipe((), "sgd", batch_size=8, epochs=2), 10),
    "momentum, wide": (Recipe((128,), "momentum", batch_size=8, epochs=2), 10),
    "nesterov, many rows": (Recipe((128,), "nesterov", batch_size=8, epochs=2), 6),
    "momentum, deep": (Recipe((128, 12), "momentum", batch_size=8, epochs=2), 6),
    "adam, deep": (Recipe((128, 12), "adam", batch_size=8, epochs=2), 6),
    "adamw": (Recipe((128,), "adamw", batch_size=8, epochs=2), 10),
    "rmsprop, decay": (Recipe((128,), "rmsprop", batch_size=8, epochs=2, weight_decay=0.01), 6),
}
each_recipe = pytest.mark.parametrize(("recipe", "side"), RECIPES.values(), ids=RECIPES)


def mixed_plan(split, recipe, trials=48):
    """Return a plan of two folds and two seeds, the trials of a unit not standing together; one diverges."""
    steps = 2 * steps_per_epoch(split, recipe, 0)
    rates = np.repeat(np.logspace(-4, -2, trials)[:, None], steps, axis=1)
    rates[3, steps // 2 :] = 3e38
    numbers = np.arange(trials)
    return made.kept(made.plan(rates, seeds=numbers // 4 % 2, folds=numbers % 2))


@each_recipe
def test_the_same_plan_gives_the_same_bits_for_any_number_of_workers(recipe, side):
    split = made.split(102, side, folds=3)
    plan = mixed_plan(split, recipe)
    one, *others = (made.bits(DenseEngine(workers).train(split, recipe, plan)) for workers in (1, 2, 4))
    assert Status.DIVERGED in one["status"]
    for other in others:
        assert other == one


@each_recipe
def test_a_plan_split_between_groups_and_joined_gives_the_same_bits(recipe, side):
    split = made.split(102, side, folds=3)
    plan = mixed_plan(split, recipe)
    whole = ENGINE.train(split, recipe, plan)
    groups = group_trials(plan, recipe.hidden[0] if recipe.hidden else split.n_classes)
    assert len(groups) >= 4
    for cut in range(1, len(groups)):
        parts = [np.concatenate(groups[:cut]), np.concatenate(groups[cut:])]
        joined = History.stack([DenseEngine(2).train(split, recipe, plan.take(part)) for part in parts])
        assert made.bits(joined) == made.bits(whole, np.concatenate(parts).tolist())


def digits(**how):
    return prepare(divide(open_images("digits"), **how), Recipe())


def test_real_digits_give_the_same_bits_for_any_number_of_workers():
    split, recipe = digits(), Recipe(epochs=1)
    plan = made.kept(made.constant(np.tile(np.logspace(-3, -1, 18), 2), 40, folds=np.repeat([0, 1], 18)))
    one, two = (made.bits(DenseEngine(workers).train(split, recipe, plan)) for workers in (1, 2))
    assert one == two


@pytest.mark.usefixtures("one_torch_thread")
@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_real_digits_follow_pytorch(optimizer):
    split, recipe = digits(), Recipe(optimizer=optimizer)
    plan = made.kept(made.constant([0.01 if optimizer == "momentum" else 0.001], 100, folds=[2]))
    history = ENGINE.train(split, recipe, plan)
    assert history.train_accuracy[0, -1] > 0.75
    reference.agrees(split, recipe, history, 0)


@pytest.mark.parametrize("hidden", [(), (16,), (24, 12)], ids=str)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_trial_alone_and_among_others_agree(optimizer, hidden):
    split = made.split(90, 10 if hidden == (16,) else 6, folds=3)
    recipe = Recipe(hidden, optimizer, batch_size=8, epochs=3)
    plan = made.kept(made.constant(np.logspace(-4, -2, 12), 3 * steps_per_epoch(split, recipe, 0), folds=0))
    together = ENGINE.train(split, recipe, plan)
    for i in (0, 5, 11):
        alone = ENGINE.train(split, recipe, plan.take([i]))
        for name in ("step_loss", "train_loss", "valid_loss"):
            np.testing.assert_allclose(getattr(alone, name)[0], getattr(together, name)[i], rtol=0, atol=1e-5)


@pytest.mark.usefixtures("one_torch_thread")
def test_five_constant_rates_and_one_climbing_row_train_in_one_plan():
    split, recipe = made.split(), Recipe((16,), "momentum", batch_size=8, epochs=8)
    rates = np.repeat(np.array([0.001, 0.003, 0.01, 0.02, 0.03, 1])[:, None], 100, axis=1)
    rates[5] = np.geomspace(1e-5, 0.03, 100)
    history = ENGINE.train(split, recipe, made.kept(made.plan(rates)))
    for trial in range(6):
        reference.agrees(split, recipe, history, trial, rates=rates[trial])
    for trial in range(5):
        alone = ENGINE.train(split, recipe, made.constant([rates[trial, 0]], 100))
        np.testing.assert_allclose(alone.step_loss[0], history.step_loss[trial], rtol=0, atol=1e-5)


def training_bits(history):
    return {k: v for k, v in made.bits(history).items() if not k.startswith("valid")}


@pytest.mark.parametrize("side", [10, 6])
def test_changing_test_images_changes_no_number(side):
    split = made.split(100, side, folds=5)
    recipe = Recipe((8,), batch_size=8, epochs=2)
    plan = made.kept(made.constant([0.01, 0.1], 20, folds=[0, 1]))
    other = dataclasses.replace(split, x_test=1 - split.x_test, y_test=split.y_test[::-1])
    gone = dataclasses.replace(split, x_test=split.x_test[:0], y_test=split.y_test[:0])
    before = made.bits(ENGINE.train(split, recipe, plan))
    assert made.bits(ENGINE.train(other, recipe, plan)) == before
    assert made.bits(ENGINE.train(gone, recipe, plan)) == before


@pytest.mark.parametrize("side", [10, 6])
def test_changing_held_out_rows_changes_no_training_number_of_their_fold(side):
    split = made.split(100, side, folds=5)
    recipe = Recipe((8,), batch_size=8, epochs=2)
    plan = made.kept(made.constant([0.01, 0.1], 20, folds=[0, 1]))
    held = split.folds == 0
    x, y = split.x.copy(), split.y.copy()
    x[held], y[held] = 1 - x[held], (y[held] + 1) % 3
    before, after = (ENGINE.train(s, recipe, plan) for s in (split, dataclasses.replace(split, x=x, y=y)))
    np.testing.assert_array_equal(after.step_loss[0], before.step_loss[0])
    np.testing.assert_array_equal(after.train_loss[0], before.train_loss[0])
    assert made.checkpoint_bits(after.checkpoints[0]) == made.checkpoint_bits(before.checkpoints[0])
    assert (after.valid_loss[0] != before.valid_loss[0]).all()
    assert (after.step_loss[1] != before.step_loss[1]).any()


def test_rows_that_change_their_folds_leave_the_other_folds_alone():
    split = made.split(100, folds=5)
    recipe = Recipe((8,), batch_size=8, epochs=2)
    plan = made.constant([0.01] * 3, 20, folds=[0, 1, 2])
    folds = split.folds.copy()
    folds[[np.flatnonzero(folds == 0)[0], np.flatnonzero(folds == 1)[0]]] = 1, 0
    before, after = (ENGINE.train(s, recipe, plan) for s in (split, dataclasses.replace(split, folds=folds)))
    for name in ("step_loss", "valid_loss"):
        changed = (getattr(before, name) != getattr(after, name)).any(axis=1)
        assert changed.tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("rows", "folds"), [(100, 5), (101, 5), (103, 4)], ids=["equal folds", "one row more", "one row less"]
)
@pytest.mark.parametrize("hidden", [(), (8, 6)], ids=str)
def test_validation_is_what_the_checkpoint_does_on_the_held_out_rows(rows, folds, hidden):
    split = made.split(rows, folds=folds)
    recipe = Recipe(hidden, batch_size=8, epochs=2)
    trials = np.arange(2 * folds)
    steps = steps_per_epoch(split, recipe, 0)
    plan = made.kept(made.constant(np.where(trials % 2, 0.1, 0.01), 2 * steps, folds=trials // 2))
    history = ENGINE.train(split, recipe, plan)
    assert set(np.bincount(split.folds)) <= {rows // folds, rows // folds + 1}
    assert (history.examples == 2 * epoch_size(split, recipe, 0)).all()
    for trial, checkpoint in enumerate(history.checkpoints):
        held = split.folds == plan.folds[trial]
        logits = ENGINE.explain(checkpoint, split.x[held])[-1].values.astype(np.float64)
        loss = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(held.sum()), split.y[held]]
        np.testing.assert_allclose(history.valid_loss[trial, -1], loss.mean(), rtol=1e-5)
        right = logits.argmax(axis=1) == split.y[held]
        np.testing.assert_allclose(history.valid_accuracy[trial, -1], right.mean(), rtol=1e-12)


def test_the_last_evaluation_before_any_learning_shows_the_first_weights():
    """At a rate that moves nothing, train loss is that of the initial weights on the training rows of the fold."""
    split = made.split(101, folds=5)
    recipe = Recipe((8,), "sgd", batch_size=101, epochs=3)
    history = ENGINE.train(split, recipe, made.kept(made.constant([1e-30] * 5, 3, folds=np.arange(5))))
    for fold, checkpoint in enumerate(history.checkpoints):
        train = split.folds != fold
        logits = ENGINE.explain(checkpoint, split.x[train])[-1].values.astype(np.float64)
        loss = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(train.sum()), split.y[train]]
        surplus = train.sum() - epoch_size(split, recipe, fold)
        if surplus == 0:
            np.testing.assert_allclose(history.train_loss[fold], loss.mean(), rtol=1e-5)
        else:
            assert surplus == 1
            without = (loss.sum() - loss) / (len(loss) - 1)
            for mean_loss in history.train_loss[fold]:
                assert np.abs(without - mean_loss).min() < 1e-6


def test_a_holdout_validates_and_all_other_rows_train():
    split = made.split(100, folds=1)
    recipe = Recipe((8,), batch_size=10, epochs=1)
    assert (split.folds == NO_FOLD).sum() == 90
    history = ENGINE.train(split, recipe, made.kept(made.constant([0.05], 9, folds=0)))
    assert history.examples.tolist() == [90]
    held = split.folds == 0
    logits = ENGINE.explain(history.checkpoints[0], split.x[held])[-1].values
    assert history.valid_accuracy[0, 0] == (logits.argmax(axis=1) == split.y[held]).mean()
    everything = ENGINE.train(split, recipe, made.constant([0.05], 10))
    assert everything.examples.tolist() == [100]
    assert np.isnan(everything.valid_loss).all()


def test_many_held_out_rows_are_evaluated_in_pieces():
    split = made.split(1300, 4, folds=2)
    recipe = Recipe((4,), batch_size=100, epochs=1)
    history = ENGINE.train(split, recipe, made.kept(made.constant([0.05], 7, folds=0)))
    held = split.folds == 0
    logits = ENGINE.explain(history.checkpoints[0], split.x[held])[-1].values.astype(np.float64)
    loss = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(held.sum()), split.y[held]]
    np.testing.assert_allclose(history.valid_loss[0, 0], loss.mean(), rtol=1e-6)


@pytest.mark.usefixtures("one_torch_thread")
@pytest.mark.parametrize("hidden", [(), (16,), (24, 12)], ids=str)
def test_explaining_is_what_pytorch_computes(hidden):
    import torch

    checkpoint = made.checkpoint(sizes=(36, *hidden, 3))
    x = made.split(20, 6).x
    layers = ENGINE.explain(checkpoint, x)
    kinds = ["input", *["relu"] * len(hidden), "logits"]
    assert [layer.kind for layer in layers] == kinds
    names = ["input", *(f"dense {i} + ReLU" for i in range(1, len(hidden) + 1)), "output"]
    assert [layer.name for layer in layers] == names
    np.testing.assert_array_equal(layers[0].values, x)
    model, values = reference.network(checkpoint.parameters), torch.from_numpy(x)
    outputs = []
    for module in model:
        values = module(values)
        outputs.append(values.detach().numpy())
    outputs = [*outputs[1:-1:2], outputs[-1]]
    for layer, theirs, shape in zip(layers[1:], outputs, made.pairs(36, *hidden, 3), strict=True):
        np.testing.assert_allclose(layer.values, theirs, rtol=1e-5, atol=1e-6)
        assert layer.weights == shape
        assert layer.values.dtype == np.float32


def test_pictures_are_flattened_before_they_are_explained():
    checkpoint, x = made.checkpoint(sizes=(36, 3)), made.split(20, 6).x
    flat, pictures = (ENGINE.explain(checkpoint, a)[-1].values for a in (x, x.reshape(-1, 6, 6, 1)))
    np.testing.assert_array_equal(flat, pictures)


@pytest.mark.parametrize("workers", [1, 2])
def test_progress_never_goes_back_and_ends_at_the_total(workers):
    split, recipe = made.split(folds=5), Recipe((64,), batch_size=8, epochs=30)
    rates = np.full((40, 300), 0.01)
    rates[3, 20:] = 3e38
    events, when = [], []

    def progress(event):
        events.append(event)
        when.append(time.perf_counter())

    history = DenseEngine(workers).train(split, recipe, made.plan(rates, folds=np.arange(40) % 2), progress)
    assert history.status[3] is Status.DIVERGED
    done = [p.done for p in events]
    assert done == sorted(done)
    assert 0 < done[0] < done[-1] == 40
    assert {(p.stage, p.total, p.unit) for p in events} == {("training", 40, "trainings")}
    events = [p for p in events if p.part is None]
    assert len(events) >= 3
    assert len(events) <= 3 + (when[-1] - when[0]) / 0.05


@pytest.mark.parametrize("steps", [0, 1, 9])
def test_progress_of_short_plans_ends_at_the_total_too(steps):
    events = []
    split, recipe = made.split(), Recipe((4,))
    ENGINE.train(split, recipe, made.constant([0.01, 0.02, 3e38], steps), events.append)
    assert events[-1].done == events[-1].total == 3
    assert [p.done for p in events if p.part is None].count(3) == 1


@pytest.mark.parametrize("workers", [0, -1])
def test_an_engine_needs_a_worker(workers):
    with pytest.raises(InputError, match=rf"workers must be at least 1; found {workers}\. Leave it out"):
        DenseEngine(workers)


def test_without_a_number_every_core_works():
    split, recipe = made.split(), Recipe((4,))
    plan = made.kept(made.constant([0.01], 3))
    assert made.bits(DenseEngine().train(split, recipe, plan)) == made.bits(ENGINE.train(split, recipe, plan))


BAD = {
    "no trials": (Plan(np.empty((0, 3)), np.empty(0, np.int64), np.empty(0, np.int64)), "the plan has no trials"),
    "a negative seed": (made.constant([0.1], 3, seeds=-2), "seed must be a whole number of at least 0; found -2"),
    "a fold too far": (made.constant([0.1], 3, folds=5), "the split has 5 folds; the plan holds out fold 5"),
    "a fold below none": (made.constant([0.1, 0.1], 3, folds=[-7, 0]), "-1 holds nothing out; found -7"),
    "a fold and none": (made.constant([0.1, 0.1], 3, folds=[-1, 0]), "must all hold a fold out, or none"),
    "too many steps": (made.constant([0.1], 15, folds=0), "the recipe has 14 steps; the plan goes to step 15"),
    "too far on": (
        made.constant([0.1], 5, folds=0, start=10, resume=(made.checkpoint(10, (100, 8, 3), state=("velocity",)),)),
        "the recipe has 14 steps; the plan goes to step 15",
    ),
    "another model": (
        made.constant([0.1], 2, resume=(made.checkpoint(0, (100, 9, 3), state=("velocity",)),)),
        "fit the recipe: weights 100x8, 8x3 and optimizer state velocity; found weights 100x9, 9x3 and state velocity",
    ),
    "another depth": (
        made.constant([0.1], 2, resume=(made.checkpoint(0, (100, 3), state=("velocity",)),)),
        "found weights 100x3 and state velocity. Go on with the recipe that it was trained with",
    ),
    "another optimizer": (
        made.constant([0.1], 2, resume=(made.checkpoint(0, (100, 8, 3)),)),
        "optimizer state velocity; found weights 100x8, 8x3 and state none",
    ),
}


@pytest.mark.parametrize(("plan", "message"), BAD.values(), ids=BAD)
def test_a_plan_that_cannot_be_trained_is_refused_in_a_sentence(plan, message):
    split, recipe = made.split(70, folds=5), Recipe((8,), batch_size=8, epochs=2)
    with pytest.raises(InputError) as refused:
        ENGINE.train(split, recipe, plan)
    assert message in str(refused.value)
    assert str(refused.value).endswith(".")


def test_a_split_that_is_not_prepared_is_refused_in_a_sentence():
    split = divide(open_images("digits"))
    with pytest.raises(InputError, match=r"features \(n, features\); found \(800, 28, 28, 1\)\. Prepare the split\."):
        ENGINE.train(split, Recipe(), made.constant([0.1], 3))


def test_a_seed_of_the_plan_counts_and_that_of_the_recipe_does_not():
    split = made.split()
    plan = made.kept(made.constant([0.01] * 3, 20, seeds=[0, 1, 0]))
    one, two = (ENGINE.train(split, Recipe((8,), batch_size=8, epochs=2, seed=s), plan) for s in (0, 5))
    assert made.bits(one) == made.bits(two)
    np.testing.assert_allclose(one.step_loss[0], one.step_loss[2], rtol=0, atol=1e-6)
    assert np.abs(one.step_loss[0] - one.step_loss[1]).max() > 1e-3


def test_time_is_measured():
    began = time.perf_counter()
    history = ENGINE.train(made.split(), Recipe((8,)), made.constant([0.01], 7))
    assert 0 < history.seconds <= time.perf_counter() - began
