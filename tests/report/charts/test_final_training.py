import math

import numpy as np

from etascope.report.charts.final_training import POINTS, final_training_chart
from tests.learn import made


def loss_and_accuracy(chart):
    return [panel["data"]["values"] for panel in chart.panels]


def test_loss_and_accuracy_of_training_and_validation_by_epoch(trace):
    chart = final_training_chart(trace)
    loss, accuracy = loss_and_accuracy(chart)
    assert [(v["epoch"], v["value"]) for v in loss if v["part"] == "validation"] == list(
        enumerate([1.53, 0.81, 0.65, 0.60, 0.53], 1)
    )
    assert len([v for v in accuracy if v["part"] == "training"]) == 5
    assert all(v["observation"] for v in loss)
    assert "fold 0 of 5" in chart.note
    assert chart.title == (
        "The final training at 0.01 takes the training loss from 1.90 in its first epoch to 0.28 in epoch 5"
    )


def test_without_validation_there_is_no_dashed_line():
    chart = final_training_chart(made.trace())
    assert {v["part"] for v in loss_and_accuracy(chart)[0]} == {"training"}
    assert "Dashed" not in chart.note


def test_a_diverged_training_is_drawn_up_to_where_it_diverged(diverged):
    chart = final_training_chart(diverged)
    assert chart.title == "The final training at 3 diverged"
    assert [v["epoch"] for v in loss_and_accuracy(chart)[0]] == [1]
    steps = chart.panels[0]["layer"][0]["data"]["values"]
    assert 0 < max(s["epoch"] for s in steps) <= 77 / 50
    assert chart.rows[1][1] == "diverged"


def test_single_steps_are_averaged_in_parts_that_keep_their_mean():
    rng = np.random.default_rng(0)
    loss = rng.gamma(2, size=3000).astype(np.float32)
    steps = final_training_chart(made.trace(step_loss=loss)).panels[0]["layer"][0]["data"]["values"]
    assert len(steps) == POINTS
    assert math.isclose(np.mean([s["y"] for s in steps]), min(loss.mean(), 9), rel_tol=0.02)


def test_one_epoch_and_one_step_are_enough():
    chart = final_training_chart(made.trace((1.5,), step_loss=np.array([1.5], np.float32)))
    assert chart.title == "The final training at 0.01 ends at a loss of 1.50"
    assert len(chart.panels[0]["layer"][0]["data"]["values"]) == 1


def test_losses_at_the_upper_edge_are_told(trace):
    assert "stand at" not in final_training_chart(trace).note
    high = made.trace((2.0, 80.0, 3.0), 3.0)
    assert "Losses above 5.00 stand at 5.00." in final_training_chart(high).note


def test_a_loss_that_ends_where_it_began_is_not_said_to_go_anywhere():
    assert final_training_chart(made.trace((1.1012, 1.1009))).title == (
        "The final training at 0.01 ends where it began: the training loss is 1.10 in its first epoch and in epoch 2"
    )
