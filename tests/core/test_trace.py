import numpy as np
import pytest

from etascope.core.trace import Layer, Prediction


@pytest.mark.parametrize(("label", "correct"), [(1, True), (0, False)])
def test_a_prediction_knows_its_confidence_and_whether_it_was_right(label, correct):
    image = np.zeros((2, 2, 1), np.uint8)
    prediction = Prediction(0, image, label, 1, np.array([0.25, 0.75]), ())
    assert prediction.confidence == 0.75
    assert prediction.correct is correct


def test_a_layer_knows_how_much_of_it_is_active_and_saturated():
    values = np.array([[-1.0, 0.0, 0.5, 1.0]], np.float32)
    layer = Layer("dense 1 + Tanh", "hidden", (4, 4), values, (-1.0, 1.0))
    assert layer.active == 0.5
    assert layer.saturated == 0.5
    assert Layer("dense 1", "hidden", (4, 4), values).saturated is None
    assert Layer("empty", "hidden", (), np.empty((0, 3), np.float32), (0.0, 1.0)).saturated == 0
