import numpy as np
import pytest

from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.training.plan_rows import check_rows, units_of
from tests.training import made

RECIPE = Recipe((), batch_size=8, epochs=2)


def test_units_are_equal_seeds_and_folds_in_the_order_of_the_plan():
    plan = made.constant(np.ones(6), 1, seeds=[0, 1, 0, 0, 1, 0], folds=[0, 0, 1, 0, 0, 1])
    assert [trials.tolist() for trials in units_of(plan)] == [[0, 3], [1, 4], [2, 5]]


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"rates": []}, "no trials"),
        ({"seeds": -1}, "a seed must be"),
        ({"folds": 3}, "the split has 3 folds"),
        ({"folds": -2}, "a fold counts from 0"),
        ({"folds": [0, -1]}, "must all hold a fold out"),
        ({"steps": 17}, "the recipe has 16 steps; the plan goes to step 17"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(how, told):
    split = made.split(90, side=3, folds=3)
    how = {"rates": [0.1, 0.2], "steps": 5, "seeds": 0, "folds": 0, **how}
    plan = made.constant(how["rates"], how["steps"], seeds=how["seeds"], folds=how["folds"])
    with pytest.raises(InputError, match=told):
        check_rows(split, RECIPE, plan)
