import math
from dataclasses import fields

import numpy as np
import pytest

from etascope.core.recipe import Recipe
from etascope.integrations.tracker import (
    METRICS,
    Tracker,
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
from tests.integrations.made import cannot_tell, cheap, diverging, halving


def test_every_field_of_a_recipe_is_named():
    words = recipe_words(Recipe(hidden=(256, 128), optimizer="adamw"))
    assert set(words) == {field.name for field in fields(Recipe)}
    assert (words["hidden"], words["optimizer"], words["weight_decay"]) == ("256-128", "adamw", 0.01)
    assert all(isinstance(value, str | int | float) for value in words.values())


def test_the_data_is_described():
    words = data_words(cheap().data)
    assert words["source"] == cheap().data.source
    assert (words["images"], words["classes"], words["image_shape"]) == (1000, 10, "28 x 28 x 1")


def test_names_of_trials_are_all_different():
    for run in (cheap(), halving(), diverging()):
        names = {trial_name(trial, run.recipe) for trial in run.trials}
        assert len(names) == len(run.trials)
    fresh = [trial for trial in cheap().trials if trial.seed != cheap().recipe.seed]
    assert fresh
    assert all(trial_name(trial, cheap().recipe).endswith(f" seed {trial.seed}") for trial in fresh)


@pytest.mark.parametrize("make", [cheap, halving])
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
    points_of_diverged = 0
    for trial in diverged:
        points = curve(trial, diverging().task.steps_per_epoch)
        assert all(math.isfinite(value) for _, values in points for value in values.values())
        assert len(points) < len(trial.evaluated_at) or any(len(values) < 5 for _, values in points)
        points_of_diverged += len(points)
        assert last(trial) == {}
    assert points_of_diverged


def test_the_last_metrics_are_those_of_the_last_evaluation():
    trial = cheap().trials[0]
    assert last(trial) == {name: getattr(trial, name)[-1] for name in METRICS}


def test_endings_tell_stopped_from_finished_and_diverged():
    assert {ending(trial, cheap().trials) for trial in cheap().trials} == {"finished"}
    endings = {trial.steps: ending(trial, halving().trials) for trial in halving().trials}
    assert endings.pop(max(endings)) == "finished"
    assert set(endings.values()) == {"stopped"}
    assert {ending(t, diverging().trials) for t in diverging().trials if t.diverged} == {"diverged"}


def test_the_answer_is_given_in_numbers_and_words():
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


def test_no_answer_is_given_too():
    numbers, words = answer_numbers(cannot_tell()), answer_words(cannot_tell())
    assert words["answer"] == "cannot tell yet"
    assert not {"learning_rate", "basin_low", "valid_loss", "test_loss"} & set(numbers)
    assert np.isfinite(list(numbers.values())).all()


class Log(Tracker):
    """Keeps what it is to log, and fails where it is to."""

    tracker = "Log"

    def __init__(self, failure=None):
        self.updates, self.last, self.failure = [], None, failure

    def _open(self, data):
        self.data = data

    def _log_trial(self, update):
        if self.failure is not None:
            raise self.failure
        self.updates.append(update)

    def _close(self, run, updates):
        self.last = updates


def points(updates):
    return {(update.number, step): values for update in updates for step, values in update.points}


def plans_logged(run):
    """Return what is logged of each plan, and at the end."""
    log, plans = Log(), []
    log.begin(run.data, run.task)
    for history in run.histories:
        log.updates = []
        log.append(history)
        plans.append(log.updates)
    log.updates = []
    log.finish(run)
    assert log.last == log.updates
    return plans, log.updates


def test_all_that_is_logged_on_the_way_is_all_that_there_is():
    for run in (cheap(), halving(), diverging()):
        at_once = Log()
        at_once.log(run)
        assert at_once.data is run.data
        plans, rest = plans_logged(run)
        on_the_way = {}
        for updates in plans:
            assert not set(points(updates)) & set(on_the_way)
            on_the_way |= points(updates)
        assert on_the_way == points(at_once.updates)
        assert points(rest) == {}
        assert [update.verdict for update in rest] == list(map(str, run.choice.verdicts))
        assert sum(update.new for updates in plans for update in updates) == len(run.trials) == len(rest)
        assert not any(update.new for update in rest)


def test_trials_that_went_on_are_logged_again_and_others_are_not():
    run = halving()
    plans, _ = plans_logged(run)
    assert len(plans) > 1
    for updates, history in zip(plans, run.histories, strict=True):
        assert len(updates) == len(history.plan)
        assert not any(update.ending for update in updates)
    went_on = [update for updates in plans[1:] for update in updates if not update.new]
    assert went_on
    assert all(min(step for step, _ in update.points) > run.histories[0].plan.steps for update in went_on)


def test_numbers_follow_the_order_of_the_run():
    log = Log()
    log.log(halving())
    assert [update.number for update in log.updates] == list(range(len(halving().trials)))
    assert [update.trial for update in log.updates] == list(halving().trials)
    assert {update.ending for update in log.updates} == {"finished", "stopped"}
    trial = halving().trials[0]
    assert log.updates[0].identity == {"learning_rate": trial.learning_rate, "fold": trial.fold, "seed": trial.seed}
    assert log.updates[0].end["verdict"] == str(halving().choice.verdicts[0])


@pytest.mark.parametrize(
    ("failure", "reason"), [(OSError("disk full.\nmore of it"), "disk full"), (KeyError(), "KeyError")]
)
def test_a_tracker_that_fails_warns_once_with_a_line_and_the_search_goes_on(failure, reason):
    log, run = Log(failure), halving()
    log.begin(run.data, run.task)
    with pytest.warns(RuntimeWarning, match=rf"^Log cannot log any more: {reason}\. The search goes on; log the "):
        log.append(run.histories[0])
    log.append(run.histories[1])
    log.finish(run)
    # Another search may go well.
    log.failure = None
    log.begin(run.data, run.task)
    log.append(run.histories[0])
    assert len(log.updates) == len(run.histories[0].plan)


def test_a_finished_run_that_cannot_be_logged_is_an_error():
    with pytest.raises(OSError, match="full"):
        Log(OSError("full")).log(halving())


def test_an_interrupt_ends_the_search():
    log, run = Log(KeyboardInterrupt()), halving()
    log.begin(run.data, run.task)
    with pytest.raises(KeyboardInterrupt):
        log.append(run.histories[0])
