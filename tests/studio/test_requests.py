from itertools import pairwise

import pytest
from pydantic import ValidationError

from etascope import InputError, Recipe
from etascope.studio.requests import Drawing, RaceRequest, RecipeRequest, TraceRequest, dial_rates


def test_the_defaults_are_those_of_a_recipe():
    assert RecipeRequest().recipe() == Recipe()


def test_hidden_layers_are_numbers_with_commas():
    assert RecipeRequest(hidden="").recipe().hidden == ()
    assert RecipeRequest(hidden="128,64").recipe().hidden == (128, 64)
    for wide in ("0", "513", "64,999"):
        with pytest.raises(InputError, match="1 to 512 units"):
            RecipeRequest(hidden=wide).recipe()


@pytest.mark.parametrize(
    "wrong",
    [
        {"hidden": "1,2,3,4"},
        {"hidden": "abc"},
        {"epochs": 21},
        {"batch_size": 1},
        {"optimizer": "lbfgs"},
        {"warmup": float("nan")},
        {"seed": -1},
        {"path": "/etc/passwd"},
        {"page": "x" * 65},
    ],
)
def test_what_is_out_of_bounds_is_refused(wrong):
    with pytest.raises(ValidationError):
        RecipeRequest(**wrong)


def test_learning_rates_are_finite_and_near_the_dial():
    assert TraceRequest(learning_rate=0.1).image == 0
    for wrong in (0, -1, 1e-9, 1e9, float("nan"), float("inf")):
        with pytest.raises(ValidationError):
            TraceRequest(learning_rate=wrong)


def test_runners_are_sorted_and_different():
    assert RaceRequest(rates="0.1,0.001,0.1").runners() == [0.001, 0.1]
    for wrong in ("0.1", "a,b", "0.1,nan", "1e-9,0.1", ",".join(str(i / 100) for i in range(1, 19))):
        with pytest.raises(InputError, match=r"0\.001,0\.01,0\.1"):
            RaceRequest(rates=wrong).runners()


def test_the_dial_goes_from_end_to_end_at_equal_ratios():
    rates = dial_rates()
    assert (rates[0], rates[-1]) == (1e-5, 10)
    assert all(1.7 < b / a < 1.9 for a, b in pairwise(rates))


def test_a_drawing_is_bytes_in_bounds():
    assert Drawing(pixels=[[0, 255]]).pixels == [[0, 255]]
    for wrong in ([], [[]], [[256]], [[-1]], [[0] * 65], [[0]] * 65):
        with pytest.raises(ValidationError):
            Drawing(pixels=wrong)
