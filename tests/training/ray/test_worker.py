import numpy as np
import pytest

from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.recipe import Recipe
from etascope.core.run import versions
from etascope.training.dense.engine import DenseEngine
from etascope.training.ray.worker import pack_errand, received, run_errand
from tests.training import made

RECIPE = Recipe((6,), batch_size=8, epochs=2)


def errand(split, steps=10):
    plan = made.kept(made.constant([0.01, 0.1], steps, folds=0))
    return plan, pack_errand(DenseEngine(), RECIPE, plan)


def test_an_errand_is_the_history_without_the_plan():
    split = made.split(folds=2)
    plan, packed = errand(split)
    counts = []
    fields = run_errand(packed, "one", lambda: split, counts.append)
    assert "plan" not in fields
    history = DenseEngine(1).train(split, RECIPE, plan)
    assert made.bits(History(plan=plan, **fields)) == made.bits(history)
    assert counts[-1] == 2


def test_a_worker_gets_a_split_once_and_holds_only_the_latest():
    fetched = []

    def fetch(name):
        fetched.append(name)
        return made.split(folds=2)

    _, packed = errand(None)
    for name in ("a", "a", "b", "b", "a"):
        run_errand(packed, name, lambda name=name: fetch(name), lambda trainings: None)
    assert fetched == ["a", "b", "a"]


def test_a_plan_without_steps_has_progress_too():
    plan, packed = errand(None, steps=0)
    fields = run_errand(packed, "none", lambda: made.split(folds=2), lambda trainings: None)
    assert np.array(fields["step_loss"]).shape == (2, 0)
    assert len(plan) == 2


def test_other_versions_are_named_with_ours_beside_them():
    with pytest.raises(InputError) as refused:
        received(("10.0.0.7", {**versions(), "numpy": "1.0", "python": "3.9.1"}))
    numpy, python = versions()["numpy"], versions()["python"]
    assert str(refused.value) == (
        "every machine of a Ray cluster needs the same software, or the answer would not be the same; found on "
        f"10.0.0.7: python 3.9.1 there and {python} here, numpy 1.0 there and {numpy} here. Install the same there."
    )
    assert received({"step_loss": 1}) == {"step_loss": 1}
