import pytest

from etascope.core.recipe import OPTIMIZERS, Recipe
from etascope.selection.customary import CUSTOMARY, customary_middle, customary_rate


def test_every_optimizer_has_a_row_and_its_own_rate_is_a_decade_or_more_below_where_the_walls_are_sought():
    assert set(CUSTOMARY) == set(OPTIMIZERS)
    assert all(row.rate < 10**row.walls * 1.01 and row.rate < row.halving for row in CUSTOMARY.values())


@pytest.mark.parametrize(
    ("optimizer", "usual"), [("sgd", 0.01), ("nesterov", 0.01), ("adam", 0.001), ("adagrad", 0.01)]
)
def test_what_people_take(optimizer, usual):
    assert customary_rate(Recipe(optimizer=optimizer)) == usual


def test_the_middle_goes_with_the_size_of_a_step():
    assert customary_middle(Recipe(optimizer="momentum", momentum=0.9)) == pytest.approx(0.03)
    assert customary_middle(Recipe(optimizer="momentum", momentum=0.99)) == pytest.approx(0.003)
    assert customary_middle(Recipe(optimizer="sgd")) == 0.1
