"""What every engine promises; add an engine to `ENGINES` and it is held to it."""

import dataclasses
import threading
from dataclasses import fields
from functools import partial

import numpy as np
import pytest

from etascope.core import search
from etascope.core.data import NO_FOLD
from etascope.core.errors import InputError
from etascope.core.history import History, Status, put_together
from etascope.core.plan import sweep
from etascope.core.recipe import OPTIMIZERS, Recipe, epoch_size, steps_per_epoch
from etascope.core.schedules import SCHEDULES
from etascope.core.search import train_in_parts
from etascope.training.dense.engine import DenseEngine
from etascope.training.pytorch.engine import TorchEngine
from etascope.training.random_streams import initial_parameters
from etascope.training.ray.engine import RayEngine
from tests.training import made

ENGINES = {
    "dense, one worker": DenseEngine(workers=1),
    "dense, two workers": DenseEngine(workers=2),
    "PyTorch": TorchEngine(device="cpu"),
    "PyTorch, two trials at a time": TorchEngine(device="cpu", trials_in_memory=2),
    "dense, on a Ray cluster": RayEngine(DenseEngine()),
}
each_engine = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)

RECIPES = {
    "default": Recipe((6,), batch_size=8, epochs=3),
    "softmax regression": Recipe((), "sgd", batch_size=16, epochs=3),
    "two hidden layers, Adam": Recipe((6, 5), "adam", "cosine", 0.2, batch_size=8, epochs=3),
    "one batch an epoch": Recipe((6,), "adamw", batch_size=200, epochs=3),
}
each_recipe = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)


@pytest.fixture(autouse=True)
def _machines(request):
    if isinstance(request.node.callspec.params.get("engine"), RayEngine):
        request.getfixturevalue("connected")


def job(recipe, folds=3, learning_rates=(0.001, 0.01), seeds=(0, 1)):
    """Return made-up data and a plan of whole trainings for every fold, rate and seed."""
    split = made.split(70, side=5, folds=folds)
    held = range(folds) if folds else [NO_FOLD]
    steps = recipe.epochs * steps_per_epoch(split, recipe, held[0])
    return split, made.kept(sweep(recipe, steps, learning_rates, held, seeds))


def leaping(plan, trials=(1,), at=4):
    """Return the plan with a rate that no network survives in some trials."""
    rates = plan.rates.copy()
    rates[list(trials), at:] = 3e38
    return dataclasses.replace(plan, rates=rates)


@each_engine
@each_recipe
def test_a_history_has_the_shapes_and_types_that_its_docstring_says(engine, recipe):
    split, plan = job(recipe)
    history = engine.train(split, recipe, plan)
    assert isinstance(history, History)
    assert history.plan is plan
    n, per_epoch = len(plan), steps_per_epoch(split, recipe, 0)
    assert history.evaluated_at.tolist() == [per_epoch, 2 * per_epoch, 3 * per_epoch]
    expected = {
        "step_loss": ((n, plan.steps), np.float32),
        "evaluated_at": ((3,), np.int64),
        **{name: ((n, 3), np.float64) for name in ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")},
        "diverged_at": ((n,), np.int64),
        "examples": ((n,), np.int64),
    }
    assert {name: (getattr(history, name).shape, getattr(history, name).dtype) for name in expected} == expected
    assert set(expected) | {"plan", "status", "checkpoints", "seconds", "example_losses", "remarks", "part"} == {
        f.name for f in fields(History)
    }
    assert history.status == (Status.FINISHED,) * n
    assert history.diverged_at.tolist() == [-1] * n
    assert history.seconds > 0
    assert history.example_losses is None
    assert (history.examples == recipe.epochs * epoch_size(split, recipe, 0)).all()


@each_engine
@each_recipe
def test_losses_are_in_nats_and_accuracies_are_shares(engine, recipe):
    split, plan = job(recipe)
    history = engine.train(split, recipe, plan)
    for name in ("train_accuracy", "valid_accuracy"):
        assert ((getattr(history, name) >= 0) & (getattr(history, name) <= 1)).all()
    for name in ("step_loss", "train_loss", "valid_loss"):
        assert (getattr(history, name) > 0).all()
    assert np.abs(history.step_loss[:, 0] - np.log(3)).max() < 0.4


@each_engine
@each_recipe
def test_train_loss_is_the_mean_of_the_epochs_steps_by_their_examples(engine, recipe):
    split, plan = job(recipe)
    history = engine.train(split, recipe, plan)
    size, batch = epoch_size(split, recipe, 0), recipe.batch_size
    sizes = np.diff(np.append(np.arange(0, size, batch), size))
    by_epoch = history.step_loss.reshape(len(plan), 3, len(sizes))
    np.testing.assert_allclose(history.train_loss, (by_epoch * sizes).sum(axis=-1) / size, rtol=1e-5)


@each_engine
def test_it_learns(engine):
    recipe = Recipe((16,), batch_size=8, epochs=10)
    split, plan = job(recipe, learning_rates=(1e-6, 0.05), seeds=(0,))
    history = engine.train(split, recipe, plan)
    assert (history.train_accuracy[1::2, -1] > 0.9).all()
    assert (history.train_loss[1::2, -1] < 0.5).all()
    assert (history.train_loss[::2, -1] > 0.9).all()


@each_engine
def test_without_a_fold_nothing_validates(engine):
    recipe = RECIPES["default"]
    split, plan = job(recipe, folds=0)
    history = engine.train(split, recipe, plan)
    assert np.isnan(history.valid_loss).all()
    assert np.isnan(history.valid_accuracy).all()
    assert np.isfinite(history.train_loss).all()
    assert (history.examples == 3 * 70).all()


@each_engine
@each_recipe
def test_a_diverged_trial_is_a_result_and_the_others_do_not_feel_it(engine, recipe):
    split, plan = job(recipe)
    at = 4 if plan.steps > 6 else 1
    history = engine.train(split, recipe, leaping(plan, (1, 2), at))
    others = [i for i in range(len(plan)) if i not in (1, 2)]
    without = engine.train(split, recipe, plan.take(others))
    for i in (1, 2):
        assert history.status[i] is Status.DIVERGED
        assert history.checkpoints[i] is None
        first = history.diverged_at[i]
        assert at <= first <= at + 2
        assert np.isnan(history.step_loss[i, first + 1 :]).all()
        assert np.isfinite(history.step_loss[i, :first]).all()
        over = history.evaluated_at > first
        assert np.isnan(history.train_loss[i, over]).all()
        assert np.isnan(history.valid_loss[i, over]).all()
        assert np.isfinite(history.valid_loss[i, ~over]).all()
        assert history.examples[i] <= history.examples[0]
    np.testing.assert_array_equal(history.diverged, [i in (1, 2) for i in range(len(plan))])
    for name in ("step_loss", "train_loss", "valid_loss"):
        np.testing.assert_allclose(getattr(history, name)[others], getattr(without, name), rtol=0, atol=1e-5)


@each_engine
def test_every_trial_may_diverge(engine):
    recipe = RECIPES["default"]
    split, plan = job(recipe)
    history = engine.train(split, recipe, leaping(plan, range(len(plan)), 0))
    assert set(history.status) == {Status.DIVERGED}
    assert set(history.checkpoints) == {None}
    assert np.isnan(history.valid_loss).all()


@each_engine
@each_recipe
def test_the_same_plan_gives_the_same_bits(engine, recipe):
    split, plan = job(recipe)
    plan = leaping(plan)
    once, again = (made.bits(engine.train(split, recipe, plan)) for _ in range(2))
    assert once == again


@each_engine
def test_trials_with_equal_seed_and_fold_share_weights_and_batches(engine):
    recipe = RECIPES["default"]
    split, plan = job(recipe, learning_rates=(0.001, 0.01, 0.001))
    history = engine.train(split, recipe, plan)
    first = history.step_loss.reshape(2, 3, 3, -1)
    np.testing.assert_allclose(first[:, :, 0, 0], first[:, :, 1, 0], rtol=0, atol=1e-6)
    np.testing.assert_allclose(first[:, :, 0], first[:, :, 2], rtol=0, atol=1e-5)
    assert (np.abs(first[0, :, 0] - first[1, :, 0]).max(axis=-1) > 1e-3).all()
    assert (np.abs(first[:, 0, 0] - first[:, 1, 0]).max(axis=-1) > 1e-3).all()


@each_engine
def test_the_order_of_the_trials_is_that_of_the_plan(engine):
    recipe = RECIPES["default"]
    split, plan = job(recipe)
    shuffled = np.random.default_rng(0).permutation(len(plan))
    history, other = engine.train(split, recipe, plan), engine.train(split, recipe, plan.take(shuffled))
    np.testing.assert_allclose(other.step_loss, history.step_loss[shuffled], rtol=0, atol=1e-5)
    np.testing.assert_allclose(other.valid_loss, history.valid_loss[shuffled], rtol=0, atol=1e-5)


@each_engine
@each_recipe
def test_a_checkpoint_has_weights_and_state_of_every_layer(engine, recipe):
    split, plan = job(recipe)
    history = engine.train(split, recipe, plan)
    begun = initial_parameters((25, *recipe.hidden, 3), seed=0)
    for i, checkpoint in enumerate(history.checkpoints):
        assert checkpoint.step == plan.steps
        assert checkpoint.last_rate == plan.rates[i, -1]
        for arrays in (checkpoint.parameters, *checkpoint.state.values()):
            assert [(a.shape, a.dtype) for a in arrays] == [(p.shape, np.float32) for p in begun]
            assert all(np.isfinite(a).all() for a in arrays)
        assert all((ours != theirs).any() for ours, theirs in zip(checkpoint.parameters, begun, strict=True))


@each_engine
def test_checkpoints_are_kept_only_when_asked_for(engine):
    recipe = RECIPES["default"]
    split, plan = job(recipe)
    history = engine.train(split, recipe, dataclasses.replace(plan, keep_checkpoints=False))
    assert history.checkpoints == ()
    np.testing.assert_array_equal(history.step_loss, engine.train(split, recipe, plan).step_loss)


@each_engine
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("epochs", [1, 2])
def test_a_training_in_two_plans_is_the_training_in_one(engine, optimizer, epochs):
    recipe = Recipe((6,), optimizer, batch_size=8, epochs=3)
    split, plan = job(recipe)
    at = epochs * steps_per_epoch(split, recipe, 0)
    early = engine.train(split, recipe, dataclasses.replace(plan, rates=plan.rates[:, :at]))
    copies = [made.checkpoint_bits(c) for c in early.checkpoints]
    rest = dataclasses.replace(plan, rates=plan.rates[:, at:], start=at, resume=early.checkpoints)
    late, whole = engine.train(split, recipe, rest), engine.train(split, recipe, plan)
    assert set(early.status) == {Status.PAUSED}
    assert set(late.status) == {Status.FINISHED}
    assert [made.checkpoint_bits(c) for c in early.checkpoints] == copies
    for name in ("step_loss", "train_loss", "valid_loss"):
        parts = np.hstack([getattr(h, name) for h in (early, late)])
        np.testing.assert_allclose(parts, getattr(whole, name), rtol=0, atol=1e-5)
    np.testing.assert_array_equal(np.append(early.evaluated_at, late.evaluated_at), whole.evaluated_at)
    np.testing.assert_array_equal(early.examples + late.examples, whole.examples)
    for ours, theirs in zip(late.checkpoints, whole.checkpoints, strict=True):
        for a, b in zip(ours.parameters, theirs.parameters, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)


@each_engine
@each_recipe
def test_a_plan_without_steps_gives_the_initial_weights(engine, recipe):
    split, plan = job(recipe)
    history = engine.train(split, recipe, dataclasses.replace(plan, rates=plan.rates[:, :0]))
    assert set(history.status) == {Status.PAUSED}
    assert history.step_loss.shape == (len(plan), 0)
    for seed, checkpoint in zip(plan.seeds.tolist(), history.checkpoints, strict=True):
        for ours, theirs in zip(checkpoint.parameters, initial_parameters((25, *recipe.hidden, 3), seed), strict=True):
            np.testing.assert_array_equal(ours, theirs)


@each_engine
@each_recipe
def test_an_explanation_ends_in_the_logits_that_validation_saw(engine, recipe):
    split, plan = job(recipe)
    history = engine.train(split, recipe, plan)
    for i, checkpoint in enumerate(history.checkpoints):
        rows = split.valid_rows(int(plan.folds[i]))
        layers = engine.explain(checkpoint, split.x[rows])
        assert [layer.kind for layer in layers] == ["input", *["relu"] * len(recipe.hidden), "logits"]
        assert [layer.values.shape for layer in layers] == [(len(rows), n) for n in (25, *recipe.hidden, 3)]
        assert all((layer.values >= 0).all() for layer in layers if layer.kind == "relu")
        logits = layers[-1].values.astype(np.float64)
        loss = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(rows)), split.y[rows]]
        np.testing.assert_allclose(loss.mean(), history.valid_loss[i, -1], rtol=1e-5)
        assert (logits.argmax(axis=1) == split.y[rows]).mean() == pytest.approx(history.valid_accuracy[i, -1])


@each_engine
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_engine_gives_the_histories_of_the_dense_one(engine, optimizer, schedule):
    recipe = Recipe((6, 5), optimizer, schedule, 0.2, batch_size=8, epochs=3, weight_decay=0.01)
    split, plan = job(recipe, seeds=(0,))
    plan = dataclasses.replace(plan, keep_examples=True, evaluate_at=(2, 9))
    ours, dense = engine.train(split, recipe, plan), DenseEngine(workers=1).train(split, recipe, plan)
    assert ours.status == dense.status
    for name in ("evaluated_at", "diverged_at", "examples", "train_accuracy", "valid_accuracy"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(dense, name))
    for name in ("step_loss", "train_loss", "valid_loss", "example_losses"):
        np.testing.assert_allclose(getattr(ours, name), getattr(dense, name), rtol=0, atol=2e-5)
    for a, b in zip(ours.checkpoints, dense.checkpoints, strict=True):
        assert set(a.state) == set(b.state)
        for name, state in {"": a.parameters, **a.state}.items():
            for x, y in zip(state, {"": b.parameters, **b.state}[name], strict=True):
                np.testing.assert_allclose(x, y, rtol=0, atol=2e-5)


@each_engine
def test_test_rows_decide_nothing(engine):
    recipe = RECIPES["default"]
    split, plan = job(recipe)
    other = dataclasses.replace(split, x_test=split.x_test * 2, y_test=split.y_test[::-1])
    assert made.bits(engine.train(other, recipe, plan)) == made.bits(engine.train(split, recipe, plan))


@each_engine
def test_what_comes_in_is_left_as_it_was(engine):
    recipe = RECIPES["default"]
    split, plan = job(recipe)
    arrays = [split.x, split.y, split.folds, split.x_test, plan.rates, plan.seeds, plan.folds]
    before = [a.copy() for a in arrays]
    engine.train(split, recipe, leaping(plan))
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)


@each_engine
def test_who_watches_is_told_from_the_start_to_the_end(engine):
    recipe, events = RECIPES["default"], []
    split, plan = job(recipe)
    engine.train(split, recipe, leaping(plan), events.append)
    done = [p.done for p in events]
    assert done == sorted(done)
    assert done[-1] == events[-1].total > 0


@each_engine
def test_trials_that_are_done_are_handed_out_while_others_train(engine):
    recipe, handed = RECIPES["default"], []
    split, plan = job(recipe)
    plan = dataclasses.replace(leaping(plan, (1, 8)), keep_examples=True)
    history = engine.train(split, recipe, plan, lambda p: handed.append((p.part, threading.current_thread())))
    parts = [part for part, _ in handed if part is not None]
    assert len(parts) >= 6
    assert sorted(row for part in parts for row in part.part.rows) == list(range(len(plan)))
    assert {thread for part, thread in handed if part is not None} == {threading.current_thread()}
    for part in parts:
        assert part.part.of == len(plan)
        np.testing.assert_array_equal(part.plan.rates, plan.rates[list(part.part.rows)])
        assert made.bits(part) == made.bits(history, part.part.rows)
    assert made.bits(put_together(parts)) == made.bits(history)
    np.testing.assert_array_equal(put_together(parts).example_losses, history.example_losses)


@each_engine
@pytest.mark.parametrize("stop", [1, 3, 5])
def test_a_plan_that_was_interrupted_comes_to_the_same_bits_when_the_rest_is_trained(engine, stop, monkeypatch):
    monkeypatch.setattr(search, "SECONDS", 0)
    recipe, kept = RECIPES["default"], []
    split, plan = job(recipe)
    plan = dataclasses.replace(leaping(plan, (1, 8)), keep_examples=True)
    train = partial(engine.train, split, recipe)

    def keep(history):
        kept.append(history)
        if len(kept) == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_in_parts(train, plan, [], lambda event: None, keep)
    rest, left = [], len(plan) - len({row for part in kept for row in part.part.rows})
    assert 0 < left < len(plan)

    def train_rest(plan, progress):
        rest.append(len(plan))
        return train(plan, progress)

    again = train_in_parts(train_rest, plan, kept, lambda event: None, None)
    assert rest == [left]
    history = train(plan)
    assert again.plan is plan
    assert made.bits(again) == made.bits(history)
    np.testing.assert_array_equal(again.example_losses, history.example_losses)


@each_engine
def test_bad_plans_are_refused_in_a_sentence(engine):
    recipe = RECIPES["default"]
    split, plan = job(recipe)
    longer = dataclasses.replace(plan, rates=np.repeat(plan.rates, 2, axis=1))
    elsewhere = dataclasses.replace(plan, folds=plan.folds + 1)
    for bad in (longer, elsewhere, plan.take([])):
        with pytest.raises(InputError, match=r"\.$"):
            engine.train(split, recipe, bad)
