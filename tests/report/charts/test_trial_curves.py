import math
from dataclasses import replace

import numpy as np
import pytest

from etascope.core.choice import Verdict
from etascope.core.history import Status
from etascope.report.charts.trial_curves import trial_curves_chart
from tests.learn import made


def data(chart, panel=0):
    return chart.panels[panel]["data"]["values"]


def crosses(chart, panel=0):
    return chart.panels[panel]["layer"][-1]["data"]["values"]


def test_every_rate_has_a_line_over_the_epochs(run):
    chart = trial_curves_chart(run)
    for panel in (0, 1):
        lines = {}
        for row in data(chart, panel):
            lines.setdefault(row["rate"], []).append(row["epoch"])
        assert sorted(lines) == sorted(made.MEASURED)
        assert lines[0.018] == [1, 2, 3, 4, 5]


def test_values_are_means_over_the_folds(run):
    chart = trial_curves_chart(run)
    last = [row for row in data(chart) if row["rate"] == 0.018][-1]
    assert last["loss"] == pytest.approx(0.42)
    assert [row["loss"] for row in data(chart, 1) if row["rate"] == 0.018][-1] == pytest.approx(0.47)


def test_a_diverged_line_ends_in_a_cross_where_it_diverged(run):
    chart = trial_curves_chart(run)
    (cross,) = crosses(chart)
    assert cross["rate"] == 3.0
    assert cross["end"] == "diverged"
    assert cross["epoch"] == 1.0
    assert chart.rows[-1][0] == "3"
    assert chart.rows[-1][-1] == "diverged in epoch 2"


def test_the_title_counts_and_says_where_training_diverges(run):
    assert trial_curves_chart(run).title == (
        "From 0.003 to 0.1 the training loss falls below half of a blind guess's 2.30 nats; from 3 on training diverges"
    )


@pytest.mark.parametrize(
    ("table", "title"),
    [
        ({0.1: (2.2, 0.1), 1.0: (2.2, 0.1)}, "No learning rate takes"),
        ({0.1: (0.2, 0.9), 1.0: (2.2, 0.1)}, "At 0.1 alone"),
        ({0.1: (math.inf, math.nan), 1.0: (math.inf, math.nan)}, "No learning rate takes"),
    ],
)
def test_titles_of_odd_searches(table, title):
    assert trial_curves_chart(made.run(table, None)).title.startswith(title)


def test_the_recommended_rate_is_drawn_heavier_with_its_label(run, undecided):
    best = trial_curves_chart(run).panels[0]["layer"]
    assert {row["rate"] for row in best[2]["data"]["values"]} == {0.018}
    assert best[2]["mark"]["color"] == "@accent"
    assert best[3]["mark"]["text"] == "0.018"
    assert trial_curves_chart(run).note.endswith("Thick: the recommended one.")
    for other in (undecided, replace(run, choice=replace(run.choice, learning_rate=0.02))):
        chart = trial_curves_chart(other)
        assert chart.panels[0]["layer"][2]["data"]["values"] == []
        assert "Thick" not in chart.note


def test_trials_of_unequal_length_share_a_chart(run):
    """Halving stops trials early and evaluates within epochs."""
    steps = run.task.steps_per_epoch
    (history,) = run.histories
    short = replace(
        history,
        plan=replace(history.plan, rates=history.plan.rates[:, :20], evaluate_at=(7, 20)),
        step_loss=history.step_loss[:, :20],
        evaluated_at=np.array([7, 20]),
        **{
            name: getattr(history, name)[:, :2]
            for name in ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")
        },
        status=tuple(s if s is Status.DIVERGED else Status.PAUSED for s in history.status),
    )
    chart = trial_curves_chart(replace(run, histories=(short,)))
    assert sorted({row["epoch"] for row in data(chart)}) == [7 / steps, 20 / steps]


def test_an_explosion_does_not_flatten_the_rest():
    chart = trial_curves_chart(made.run({0.1: (0.5, 0.9), 1.0: (1e9, 0.1)}, 0.1, (0.1, 0.1)))
    top = max(row["y"] for row in data(chart))
    assert top == pytest.approx(1.5 * math.log(10))
    assert max(row["loss"] for row in data(chart)) > 1e8


def test_the_title_follows_the_verdicts_where_a_loss_blew_up_and_stayed_finite():
    run = made.run({0.1: (0.2, 0.9), 1.0: (2.2, 0.1)}, None)
    judged = tuple(Verdict("diverged" if t.learning_rate == 1.0 else "good") for t in run.trials)
    chart = trial_curves_chart(replace(run, choice=replace(run.choice, verdicts=judged)))
    assert chart.title.endswith("from 1 on training diverges")


def test_under_halving_lines_are_said_to_end_early(run):
    assert "stopped" in trial_curves_chart(replace(run, choice=replace(run.choice, regime="dear"))).note
    assert "stopped" not in trial_curves_chart(run).note


def test_losses_at_the_upper_edge_are_told(run):
    assert "Losses above 3.45 stand at 3.45." not in trial_curves_chart(run).note
    high = made.run({**made.MEASURED, 1.0: (291.0, 0.1)})
    assert "Losses above 3.45 stand at 3.45." in trial_curves_chart(high).note
