import numpy as np
import pytest

from etascope.core.trace import Prediction


@pytest.mark.parametrize(("label", "correct"), [(1, True), (0, False)])
def test_a_prediction_knows_its_confidence_and_whether_it_was_right(label, correct):
    image = np.zeros((2, 2, 1), np.uint8)
    prediction = Prediction(0, image, label, 1, np.array([0.25, 0.75]), ())
    assert prediction.confidence == 0.75
    assert prediction.correct is correct
