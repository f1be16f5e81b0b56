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
    assert right.item() == 1  # Of equal scores the first one counts, as everywhere that argmax is taken.
    judged = CrossEntropy(2).judge(scores, targets)
    assert judged.loss.item() == pytest.approx(np.sum(losses))
    assert judged.right.item() == 1
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


def test_a_dead_model_is_right_about_one_class_only():
    judged = CrossEntropy(3).judge(torch.zeros(6, 3), torch.tensor([0, 0, 1, 1, 1, 2]))
    assert judged.right.item() == 2
    assert CrossEntropy(3).judge(torch.full((6, 3), torch.nan), torch.zeros(6, dtype=torch.int64)).right.item() == 0


@pytest.mark.parametrize("kind", [torch.int32, torch.uint8, torch.int8, torch.bool])
def test_labels_may_be_whole_numbers_of_any_kind(kind):
    scores, labels = torch.randn(8, 2), torch.arange(8) % 2
    for one, other in zip(
        CrossEntropy(2).loss(scores, labels.to(kind)), CrossEntropy(2).loss(scores, labels), strict=True
    ):
        assert torch.equal(one, other)
    assert torch.equal(
        CrossEntropy(2).judge(scores, labels.to(kind)).example_losses,
        CrossEntropy(2).judge(scores, labels).example_losses,
    )


@pytest.mark.parametrize("label", [-1, -7])
def test_a_label_below_all_is_refused(label):
    for look in (CrossEntropy(3).loss, CrossEntropy(3).judge):
        with pytest.raises(
            InputError, match=f"class numbers from 0 to 2, as the model has 3 scores; found {label} to 1"
        ):
            look(torch.zeros(2, 3), torch.tensor([1, label]))


@pytest.mark.parametrize("ignored", [-100, -1, 255])
def test_examples_of_the_label_that_cross_entropy_leaves_out_do_not_count(ignored):
    one, scores, labels = CrossEntropy(3, ignored), torch.randn(8, 3), torch.arange(8) % 3
    some = labels.clone()
    some[5:] = ignored
    assert torch.equal(one.loss(scores, some)[0], one.loss(scores[:5], labels[:5])[0])
    for name in ("loss", "right", "example_losses"):
        assert torch.equal(getattr(one.judge(scores, some), name), getattr(one.judge(scores[:5], labels[:5]), name))
    assert one.loss(scores, some)[1] == one.loss(scores[:5], labels[:5])[1]
