import pytest

from etascope.core.recipe import Recipe
from etascope.experiments.sharpness.record import SharpnessPoint, SharpnessWall


def wall(*limits, measured=None):
    points = tuple(SharpnessPoint(10 * i, 1.0, True, limit) for i, limit in enumerate(limits))
    return SharpnessWall("digits", "9cda", Recipe(), None, 256, "2 / s", "Because.", points, measured)


def test_the_ratio_is_the_measured_wall_over_the_limit_at_the_start():
    assert wall(0.5, 0.1, measured=1.0).ratio == pytest.approx(2)


def test_there_is_no_ratio_of_what_is_missing():
    assert wall(0.5).ratio is None
    assert wall(None, 0.5, measured=1.0).ratio is None
    assert wall(measured=1.0).ratio is None
