import math
from dataclasses import fields

import numpy as np
import pytest

from etascope.core.recipe import Recipe
from etascope.integrations.tracker import (
    METRICS,
    answer_numbers,
    answer_words,
    curve,
    data_words,
    ending,
    headline,
    last,
    recipe_words,
    trial_name,
)
from tests.integrations.made import cannot_tell, cheap, diverging, ladder


def test_every_field_of_a_recipe_is_told():
    told = recipe_words(Recipe(hidden=(256, 128), optimizer="adamw"))
    assert set(told) == {field.name for field in fields(Recipe)}
    assert (told["hidden"], told["optimizer"], told["weight_decay"]) == ("256-128", "adamw", 0.01)
    assert all(isinstance(value, str | int | float) for value in told.values())


def test_the_data_is_told_in_words():
    told = data_words(cheap().data)
    assert told["source"] == cheap().data.source
    assert (told["images"], told["classes"], told["image_shape"]) == (1000, 10, "28 x 28 x 1")


def test_names_of_trials_are_all_different():
    for run in (cheap(), ladder(), diverging()):
        names = {trial_name(trial, run.recipe) for trial in run.trials}
        assert len(names) == len(run.trials)
    fresh = [trial for trial in cheap().trials if trial.seed != cheap().recipe.seed]
    assert fresh
    assert all(trial_name(trial, cheap().recipe).endswith(f" seed {trial.seed}") for trial in fresh)


@pytest.mark.parametrize("make", [cheap, ladder])
def test_a_curve_has_a_point_an_evaluation(make):
    run = make()
    for trial in run.trials:
        points = curve(trial, run.task.steps_per_epoch)
        assert [step for step, _ in points] == trial.evaluated_at.tolist()
        for at, (step, values) in enumerate(points):
            assert values["epoch"] == step / run.task.steps_per_epoch
            assert {name: values[name] for name in METRICS} == {name: getattr(trial, name)[at] for name in METRICS}


def test_what_is_not_finite_is_left_out():
    diverged = [trial for trial in diverging().trials if trial.diverged]
    assert diverged
    seen = 0
    for trial in diverged:
        points = curve(trial, diverging().task.steps_per_epoch)
        assert all(math.isfinite(value) for _, values in points for value in values.values())
        assert len(points) < len(trial.evaluated_at) or any(len(values) < 5 for _, values in points)
        seen += len(points)
        assert last(trial) == {}
    assert seen


def test_the_last_metrics_are_those_of_the_last_evaluation():
    trial = cheap().trials[0]
    assert last(trial) == {name: getattr(trial, name)[-1] for name in METRICS}


def test_endings_tell_stopped_from_finished_and_diverged():
    assert {ending(trial, cheap().trials) for trial in cheap().trials} == {"finished"}
    told = {trial.steps: ending(trial, ladder().trials) for trial in ladder().trials}
    assert told.pop(max(told)) == "finished"
    assert set(told.values()) == {"stopped"}
    assert {ending(t, diverging().trials) for t in diverging().trials if t.diverged} == {"diverged"}


def test_the_answer_is_told_in_numbers_and_words():
    run = cheap()
    numbers, words = answer_numbers(run), answer_words(run)
    assert numbers["learning_rate"] == run.choice.learning_rate
    assert (numbers["basin_low"], numbers["basin_high"]) == (run.choice.basin.low, run.choice.basin.high)
    assert numbers["test_accuracy"] == run.trace.evaluation.accuracy
    assert numbers["trials"] == len(run.trials)
    assert words["answer"] == headline(run.choice)
    assert words["answer"].startswith(f"learning rate {run.choice.learning_rate}, basin {run.choice.basin.low} to ")
    assert words["confidence"] == run.choice.confidence.word
    assert words["version_etascope"] == run.versions["etascope"]
    assert words["reason"].startswith(str(run.choice.reasons[0]))


def test_no_answer_is_told_too():
    numbers, words = answer_numbers(cannot_tell()), answer_words(cannot_tell())
    assert words["answer"] == "cannot tell yet"
    assert not {"learning_rate", "basin_low", "valid_loss", "test_loss"} & set(numbers)
    assert np.isfinite(list(numbers.values())).all()
