from dataclasses import replace

import numpy as np
import pytest

from etascope.core.choice import Basin, Walls
from etascope.selection.cross_validation.walls import at_rate, hardly_wall, measured_walls
from tests.selection.closed_form import task
from tests.selection.cross_validation.test_reasons import RATES, SCORED, SETTLED, table


def test_the_walls_are_the_nearest_rates_that_are_clearly_worse():
    walls = measured_walls(SCORED)
    assert (walls.low, walls.high) == pytest.approx((0.00215, 0.0464), rel=0.01)
    inside = Basin(0.002, 0.05)
    assert measured_walls(SCORED, inside).low < inside.low < walls.low
    assert measured_walls(SCORED, inside).high > inside.high > walls.high
    assert measured_walls(table([np.inf] * 13)) == Walls()
    assert measured_walls(table([0.4] * 13)) == Walls()


def test_a_rate_below_the_basin_that_is_as_good_as_a_blind_guess_is_a_wall():
    job, basin = task(), Basin(float(RATES[6]), float(RATES[8]))
    loss = np.where(np.arange(13) < 4, np.log(job.n_classes), 0.4 * np.log(job.n_classes))
    assert hardly_wall(job, table(loss), basin) == RATES[3]
    assert hardly_wall(job, table(np.full(13, np.log(job.n_classes))), basin) is None


def test_between_rates_loss_and_accuracy_are_interpolated():
    loss, accuracy = at_rate(replace(SETTLED, learning_rate=float(np.sqrt(RATES[5] * RATES[6]))))
    assert np.log(loss) == pytest.approx(SETTLED.scores.mean[5:7].mean())
    assert accuracy == pytest.approx(0.9)
