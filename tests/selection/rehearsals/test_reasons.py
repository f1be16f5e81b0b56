import pytest
from tests.selection.learning_curves import Curves, job, moving_valley, run_method

from etascope.core.recipe import Recipe, Task
from etascope.selection.rehearsals.method import Rehearsals
from etascope.selection.rehearsals.reasons import larger, too_dear

TASK = job(steps=4000, batch_size=1)


def said(choice):
    return " ".join(map(str, choice.reasons))


def test_an_answer_says_which_trainings_it_was_read_from_and_where_its_walls_are():
    _, choice = run_method(Rehearsals(budget=1), TASK, Curves(moving_valley(-1.5), wall=-0.6))
    text = said(choice)
    assert "carried to all 4,000 steps" in text
    assert "each with the whole schedule and all epochs compressed into its steps" in text
    assert "Below it," in text
    assert "above it," in text
    words = {verdict.word for verdict in choice.verdicts}
    assert "best" in words
    assert "diverged" in words


def test_a_budget_that_buys_nothing_names_the_smallest_that_does():
    task = Task(Recipe(epochs=1), n_classes=10, n_development=3200, n_folds=1, steps_per_epoch=90, held_out=320)
    first, move = too_dear(task, 0.05)
    assert str(first).startswith("A budget of 0.05 trainings of 90 steps cannot buy five rates")
    assert move.settings[0].name == "budget"


def test_what_is_not_settled_names_a_larger_budget():
    _, choice = run_method(Rehearsals(budget=0.1), TASK, Curves(moving_valley(-1.5), noise=0.1))
    assert choice.confidence.word == "not settled"
    assert "budget=0.3" in str(choice.confidence.settle)
    assert larger(0.05) == pytest.approx(0.15)
