import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.data import NO_FOLD, Split
from etascope.core.errors import InputError
from etascope.core.recipe import OPTIMIZERS, PIXELS, Recipe, Task, steps_per_epoch
from etascope.core.schedules import SCHEDULES


def split(n, folds):
    y = np.zeros(n, np.int64)
    x = np.zeros((n, 2), np.float32)
    return Split(x, y, np.array(folds), x[:2], y[:2], np.arange(n), np.arange(2), ("a", "b", "c"))


def test_the_default_recipe_is_the_one_of_the_lesson():
    recipe = Recipe()
    assert (recipe.hidden, recipe.optimizer, recipe.momentum, recipe.batch_size, recipe.epochs, recipe.seed) == (
        (128,), "momentum", 0.9, 16, 5, 0,
    )  # fmt: skip
    assert (recipe.schedule, recipe.warmup, recipe.weight_decay, recipe.pixels) == ("constant", 0.0, 0.0, "unit")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_momentum_and_weight_decay_default_by_optimizer(optimizer):
    recipe = Recipe(optimizer=optimizer)
    assert recipe.momentum == (0.9 if optimizer in ("momentum", "nesterov") else 0.0)
    assert recipe.weight_decay == (0.01 if optimizer == "adamw" else 0.0)
    assert recipe == Recipe(optimizer=optimizer, momentum=recipe.momentum, weight_decay=recipe.weight_decay)


@given(
    hidden=st.lists(st.integers(1, 999), max_size=4).map(tuple),
    schedule=st.sampled_from(SCHEDULES),
    warmup=st.floats(0, 1, exclude_max=True),
    batch_size=st.integers(1, 10**6),
    epochs=st.integers(1, 10**5),
    momentum=st.floats(0, 1, exclude_max=True),
    weight_decay=st.floats(0, 1e300),
    pixels=st.sampled_from(PIXELS),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_value_in_range_is_kept(**values):
    recipe = Recipe(optimizer="nesterov", **values)
    assert {name: getattr(recipe, name) for name in values} == values
    assert hash(recipe) == hash(Recipe(optimizer="nesterov", **values))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"optimizer": "adm"}, "optimizer must be one of sgd, momentum, nesterov, adam, adamw, rmsprop, adagrad"),
        ({"optimizer": None}, "optimizer must be one of"),
        ({"schedule": "cosin"}, "Did you mean 'cosine'?"),
        ({"pixels": "std"}, "pixels must be one of unit, standard; found 'std'"),
        ({"hidden": (128, 0)}, "hidden units must be a whole number of at least 1; found 0"),
        ({"hidden": (1.5,)}, "hidden must be several whole numbers; found (1.5,)"),
        ({"batch_size": 0}, "the batch size must be a whole number of at least 1; found 0"),
        ({"batch_size": True}, "batch_size must be a whole number; found True"),
        ({"epochs": 0}, "epochs must be a whole number of at least 1; found 0"),
        ({"epochs": "5"}, "epochs must be a whole number; found '5'. Write epochs=5."),
        ({"seed": -1}, "seed must be a whole number of at least 0; found -1"),
        ({"seed": 2**32}, "seed must be at most 4,294,967,295; found 4,294,967,296"),
        ({"epochs": 10**30}, "epochs must be at most 100,000; found 1,000,000"),
        ({"warmup": 1.0}, "warmup must be in [0, 1); found 1.0"),
        ({"warmup": float("nan")}, "warmup must be in [0, 1); found nan"),
        ({"momentum": 1.0}, "momentum must be in [0, 1); found 1.0"),
        ({"momentum": -0.1}, "momentum must be in [0, 1); found -0.1"),
        (
            {"optimizer": "sgd", "momentum": 0.9},
            "found 0.9 with sgd. Leave momentum out, or choose optimizer=",
        ),
        ({"weight_decay": -1.0}, "the weight decay must be finite and at least 0; found -1.0"),
        ({"weight_decay": float("inf")}, "the weight decay must be finite and at least 0; found inf"),
        ({"weight_decay": float("nan")}, "the weight decay must be finite and at least 0; found nan"),
    ],
)
def test_every_value_out_of_range_is_a_sentence(values, sentence):
    with pytest.raises(InputError) as error:
        Recipe(**values)
    assert sentence in str(error.value)


def test_momentum_of_0_is_accepted_by_every_optimizer():
    assert [Recipe(optimizer=o, momentum=0.0).momentum for o in OPTIMIZERS] == [0.0] * len(OPTIMIZERS)


def test_a_task_holds_the_numbers_of_the_split():
    task = Task.of(split(11, [0, 1, 2] * 3 + [0, 1]), Recipe(batch_size=3, epochs=4))
    assert (task.n_classes, task.n_development, task.n_folds) == (3, 11, 3)
    assert task.steps_per_epoch == 3
    assert task.steps == 12


def test_a_task_of_which_nothing_validates_trains_on_all_rows():
    task = Task.of(split(11, [NO_FOLD] * 11), Recipe(batch_size=4))
    assert (task.n_folds, task.steps_per_epoch) == (0, 3)


@pytest.mark.parametrize(("rows", "steps"), [(15, 1), (16, 1), (17, 2), (32, 2)])
def test_the_last_smaller_batch_is_a_step(rows, steps):
    assert steps_per_epoch(split(rows, [NO_FOLD] * rows), Recipe(), NO_FOLD) == steps


def test_a_model_stands_in_place_of_hidden_units():
    assert Recipe(model="cnn").hidden == ()
    assert Recipe(model="cnn") == Recipe(hidden=(), model="cnn") != Recipe(hidden=())
    with pytest.raises(InputError, match=r"hidden units belong to the dense network; found 64, 32 with the model cnn"):
        Recipe(hidden=(64, 32), model="cnn")
    with pytest.raises(InputError, match="model must be a name"):
        Recipe(model=" ")


def test_a_known_forward_pass_gives_the_multiplications():
    assert Task(Recipe(model="cnn", epochs=2), 10, 100, 5, 10, forward=1e3).multiplications == 3e3 * 100 * 2


@pytest.mark.parametrize(
    ("recipe", "rows", "small"),
    [
        (Recipe(batch_size=32), 1000, True),
        (Recipe(batch_size=32), 1200, True),
        (Recipe(batch_size=32), 1216, False),
        (Recipe(batch_size=32), 1240, False),
        (Recipe(batch_size=32, drop_last=True), 1000, False),
        (Recipe(batch_size=32, schedule="cosine"), 1000, False),
        (Recipe(batch_size=32, warmup=0.5), 1000, True),
        (Recipe(batch_size=2000), 1000, False),
    ],
)
def test_a_training_ends_small_where_its_last_batch_is_and_its_rate_is_high(recipe, rows, small):
    task = Task.of(split(rows, [NO_FOLD] * rows), recipe)
    assert task.ends_small == small
