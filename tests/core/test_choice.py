import numpy as np

from etascope.core.choice import Landscape

LOSS = np.array([[1.0, 3.0], [2.0, np.nan], [1.0, np.inf], [np.nan, np.nan]])


def test_means_are_over_the_units_that_a_rate_was_trained_on():
    accuracy = np.array([[0.5, 0.7], [0.2, np.nan], [0.9, np.nan], [np.nan, np.nan]])
    here = Landscape(np.array([0.1, 0.2, 0.3, 0.4]), ((0, 0), (0, 1)), LOSS, accuracy)
    np.testing.assert_array_equal(here.mean_loss, [2, 2, np.inf, np.nan])
    np.testing.assert_allclose(here.mean_accuracy, [0.6, 0.2, 0.9, np.nan])
