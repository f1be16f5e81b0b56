import numpy as np
import pytest

from etascope.core.recipe import OPTIMIZERS, Recipe
from etascope.experiments.sharpness.record import (
    DESCENTS,
    SharpnessPoint,
    SharpnessWall,
    limit_formula,
    stable_limit,
    why_limit,
)
from etascope.training.dense.optimizers import rule_of
from tests.experiments.made import nothing_known


def wall(*limits, measured=None):
    points = tuple(SharpnessPoint(10 * i, 1.0, True, limit) for i, limit in enumerate(limits))
    return SharpnessWall(nothing_known("digits"), Recipe(), None, 256, "2 / s", "Because.", points, measured)


def test_the_ratio_is_the_measured_wall_over_the_limit_at_the_start():
    assert wall(0.5, 0.1, measured=1.0).ratio == pytest.approx(2)


def test_there_is_no_ratio_of_what_is_missing():
    assert wall(0.5).ratio is None
    assert wall(None, 0.5, measured=1.0).ratio is None
    assert wall(measured=1.0).ratio is None


def error_after(recipe, learning_rate, curvature, steps=400):
    """Return how far descent on `curvature / 2 w^2` is from 0 when it began at 1."""
    import torch

    kinds = {
        "sgd": {},
        "momentum": {"momentum": recipe.momentum},
        "nesterov": {"momentum": recipe.momentum, "nesterov": bool(recipe.momentum)},
    }
    w = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=learning_rate, weight_decay=recipe.weight_decay, **kinds[recipe.optimizer])
    sizes = []
    for _ in range(steps):
        w.grad = curvature * w.detach()
        optimizer.step()
        sizes.append(abs(float(w.detach())))
    return max(sizes[-20:])


@pytest.mark.parametrize("optimizer", DESCENTS)
@pytest.mark.parametrize("momentum", [0.5, 0.9])
@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_descent_on_a_quadratic_runs_away_above_the_limit_and_not_below(optimizer, momentum, decay):
    recipe = Recipe(optimizer=optimizer, momentum=None if optimizer == "sgd" else momentum, weight_decay=decay)
    limit = stable_limit(recipe, 3.0)
    assert error_after(recipe, 0.97 * limit, 3.0) < 0.1
    assert error_after(recipe, 1.03 * limit, 3.0) > 10


def test_the_limits_of_the_textbooks():
    assert stable_limit(Recipe(optimizer="sgd"), 4.0) == 0.5
    assert stable_limit(Recipe(optimizer="momentum", momentum=0.0), 4.0) == 0.5
    assert stable_limit(Recipe(optimizer="momentum", momentum=0.9), 4.0) == pytest.approx(0.95)
    assert stable_limit(Recipe(optimizer="nesterov", momentum=0.9), 4.0) == pytest.approx(3.8 / 2.8 / 4)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_limit_a_formula_and_a_reason_go_together(optimizer):
    recipe = Recipe(optimizer=optimizer)
    limit = stable_limit(recipe, 2.0)
    assert (limit is None) is (optimizer not in DESCENTS) is (limit_formula(recipe) == "")
    if limit is None:
        assert "sharpness alone gives no limit" in why_limit(recipe)
    else:
        assert eval(limit_formula(recipe).replace("x", "*"), {"s": 2.0}) == pytest.approx(limit)
        assert "quadratic" in why_limit(recipe)


def test_weight_decay_is_in_the_formula():
    recipe = Recipe(optimizer="sgd", weight_decay=0.5)
    assert limit_formula(recipe) == "2 / (s + 0.5)"
    assert stable_limit(recipe, 1.5) == 1


@pytest.mark.parametrize("sharpness", [0.0, -3.0, float("nan")])
def test_no_curvature_above_0_gives_no_limit(sharpness):
    assert stable_limit(Recipe(optimizer="sgd"), sharpness) is None


def test_where_theory_fails_depends_on_the_recipe():
    reasons = {why_limit(Recipe(optimizer=o, hidden=h)) for o in ("sgd", "momentum") for h in ((), (8,))}
    assert len(reasons) == 3
    assert "ten times lower" in why_limit(Recipe())
    assert "Softmax regression" in why_limit(Recipe(hidden=()))


def test_a_loss_that_is_not_curved_upward_has_no_limit():
    assert [stable_limit(Recipe(optimizer="sgd"), sharpness) for sharpness in (2.0, 0.0, -1.0)] == [1, None, None]


def test_the_optimizers_with_a_limit_are_those_without_second_moments():
    names = {o: rule_of(Recipe(optimizer=o)).state_names for o in OPTIMIZERS}
    assert {o for o in OPTIMIZERS if set(names[o]) <= {"velocity"}} == set(DESCENTS)
    assert np.all([name in OPTIMIZERS for name in DESCENTS])
