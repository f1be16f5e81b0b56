import pytest

from etascope.core.recipe import OPTIMIZERS, Recipe
from etascope.experiments.referee.advisers.plain import CustomaryDefault, OwnPick
from etascope.selection.search import GridSearch
from tests.experiments.referee.made import bench


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_customary_default_is_free_and_by_family(optimizer):
    advice = CustomaryDefault().advise(bench(Recipe(hidden=(), epochs=1, optimizer=optimizer)))
    assert advice.equivalents == 0
    assert advice.learning_rate == (0.001 if optimizer in ("adam", "adamw", "rmsprop") else 0.01)


def test_own_pick_is_the_search_of_its_method():
    asked = bench()
    advice = OwnPick(GridSearch()).advise(asked)
    histories = []
    while (plan := GridSearch().propose(asked.task, histories)) is not None:
        histories.append(asked.train(plan))
    assert advice.learning_rate == GridSearch().choose(asked.task, histories).learning_rate
    assert advice.equivalents > len(histories[0].plan) * 0.8


def test_a_method_that_cannot_tell_gives_no_rate():
    assert OwnPick(GridSearch(low=1e-9, high=2e-9)).advise(bench()).learning_rate is None
