import numpy as np
import pytest
import torch

from etascope.core.errors import InputError
from etascope.core.history import TEMPERATURES
from etascope.training.pytorch.objective import CrossEntropy


def test_losses_and_what_is_right_are_those_worked_out_by_hand():
    scores, targets = torch.tensor([[2.0, 0.0], [1.0, 1.0], [0.0, 3.0]]), torch.tensor([0, 1, 0])
    losses = [np.log(1 + np.exp(-2)), np.log(2), np.log(1 + np.exp(3))]
    loss, right = CrossEntropy(2).loss(scores, targets)
    assert loss.item() == pytest.approx(np.mean(losses))
    assert right.item() == 2  # A tie with the label is no score above it.
    judged = CrossEntropy(2).judge(scores, targets)
    assert judged.loss.item() == pytest.approx(np.sum(losses))
    assert judged.right.item() == 2
    assert judged.example_losses.shape == (len(TEMPERATURES), 3)
    for t, row in zip(TEMPERATURES, judged.example_losses, strict=True):
        np.testing.assert_allclose(row, [np.log(1 + np.exp(-2 / t)), np.log(2), np.log(1 + np.exp(3 / t))], rtol=1e-5)


def test_scores_of_less_precision_are_judged_in_full():
    scores = torch.randn(4, 3).bfloat16()
    assert CrossEntropy(3).judge(scores, torch.zeros(4, dtype=torch.int64)).example_losses.dtype == torch.float32


@pytest.mark.parametrize("outputs", [torch.zeros(4, 2), torch.zeros(4), torch.zeros(3, 3), torch.zeros(4, 3, 1)])
def test_an_output_of_another_width_is_refused(outputs):
    with pytest.raises(InputError, match=r"must return 3 scores for each of 4 examples.*found an output of shape"):
        CrossEntropy(3).loss(outputs, torch.zeros(4, dtype=torch.int64))


def test_an_output_that_is_no_tensor_is_refused():
    with pytest.raises(InputError, match=r"tensor of scores \(batch, 3\); found dict"):
        CrossEntropy(3).loss({"logits": torch.zeros(4, 3)}, torch.zeros(4, dtype=torch.int64))


def test_a_label_that_has_no_score_is_refused():
    for look in (CrossEntropy(3).loss, CrossEntropy(3).judge):
        with pytest.raises(InputError, match="class numbers from 0 to 2, as the model has 3 scores; found 1 to 7"):
            look(torch.zeros(2, 3), torch.tensor([1, 7]))
