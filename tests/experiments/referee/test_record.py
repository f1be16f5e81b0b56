import numpy as np
import pytest

from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary
from etascope.experiments.referee.record import Followed, Referee

DATA = DataSummary("here", "f", 10, (8, 8, 1), 8, 2, ("a", "b"))


def followed(difference=None):
    return Followed("somebody", "", (0.1, 0.2, None), (0.1, 0.2, 0.01), 1.0, (0.5, 0.1, 3.0), difference)


def test_median_mean_and_worst():
    row = followed()
    assert (row.median, row.mean, row.worst) == (0.5, pytest.approx(1.2), 3.0)


@pytest.mark.parametrize(
    ("difference", "expected"),
    [(None, "not told"), ((-0.2, -0.4, 0.1), "not told"), ((-0.2, -0.4, -0.1), "ahead"), ((0.2, 0.1, 0.4), "behind"),
     ((0.0, 0.0, 0.0), "not told")],
)  # fmt: skip
def test_an_interval_that_holds_0_tells_nothing(difference, expected):
    assert followed(difference).told_apart == expected


def test_the_best_rate_has_the_highest_mean_accuracy():
    accuracy = np.array([[0.5, 0.9, 0.1], [0.9, 0.8, 0.1]])
    record = Referee(DATA, Recipe(), np.array([0.01, 0.1, 1.0]), accuracy, (0, 1), (followed(),), "x", (), 0.1, 1.0)
    assert record.best == (0.1, pytest.approx(0.85))
    assert "numpy" in record.versions
