import numpy as np

from etascope import Recipe
from etascope.core.plan import sweep
from etascope.studio.worker import (
    FOLDS,
    describe,
    groups,
    lay_open,
    prepared,
    sharpness_along,
    train,
    train_plan,
)
from etascope.training.dense.engine import DenseEngine
from tests.studio.answers import DIGITS

SMALL = Recipe(hidden=(16,), epochs=2, seed=3)


def test_parts_of_a_landscape_are_the_trials_of_the_engine():
    task, data = describe(DIGITS, SMALL)
    assert (task.n_folds, task.steps_per_epoch, data.images) == (FOLDS, 40, 1000)
    run = train(DIGITS, SMALL, (0.01, 0.1), (0, 1))
    _, split = prepared(DIGITS, SMALL)
    whole = DenseEngine(workers=1).train(split, SMALL, sweep(SMALL, task.steps, [0.01, 0.1], [0, 1]))
    assert run.valid_loss.tobytes() == whole.valid_loss.tobytes()


def test_a_plan_in_groups_is_the_plan():
    task, _ = describe(DIGITS, SMALL)
    plan = sweep(SMALL, task.steps, np.geomspace(1e-3, 1, 9).tolist(), [0])
    parts = groups(DIGITS, SMALL, plan)
    assert sorted(np.concatenate(parts).tolist()) == list(range(9))
    _, split = prepared(DIGITS, SMALL)
    whole = DenseEngine(workers=2).train(split, SMALL, plan)
    for part in parts:
        assert train_plan(DIGITS, SMALL, plan.take(part)).step_loss.tobytes() == whole.step_loss[part].tobytes()


def test_sharpness_is_measured_along_the_training():
    measured = sharpness_along(DIGITS, SMALL, 0.02)
    assert measured["learning_rate"] == 0.02
    assert len(measured["points"]) > 1
    assert all(float(point["sharpness"]) > 0 for point in measured["points"])


def test_the_trace_trains_on_all_development_rows():
    assert lay_open(DIGITS, SMALL, 0.05, 7).stages[3].shape_in[0] == 800
