import math

import pytest
import torch
from torch import nn

from etascope.core.errors import InputError
from etascope.training.pytorch.custom.objective import (
    AnyLoss,
    ClassLoss,
    apart,
    is_class_loss,
    objective_of,
    one_number,
    untrained_sentences,
)
from etascope.training.pytorch.objective import CrossEntropy

SCORES, LABELS = torch.tensor([[2.0, 0.0], [0.0, 1.0], [0.5, 0.0]]), torch.tensor([0, 1, 1])


def test_class_labels_are_told_from_other_targets():
    assert is_class_loss(None, SCORES, LABELS)
    assert is_class_loss(nn.CrossEntropyLoss(label_smoothing=0.1), SCORES, LABELS)
    for loss, outputs, targets in [
        (nn.MSELoss(), SCORES, LABELS), (None, SCORES[:, 0], LABELS), (None, SCORES, SCORES),
        (None, SCORES, LABELS * 1.0),
        (None, {"logits": SCORES}, LABELS), (None, SCORES, {"y": LABELS}),
    ]:  # fmt: skip
        assert not is_class_loss(loss, outputs, targets)


def test_a_smoothed_loss_trains_and_the_plain_one_judges():
    assert objective_of(None, 2) == CrossEntropy(2)
    smooth = nn.CrossEntropyLoss(label_smoothing=0.2)
    objective = objective_of(smooth, 2)
    assert isinstance(objective, ClassLoss)
    loss, right = objective.loss(SCORES, LABELS)
    assert loss == smooth(SCORES, LABELS)
    assert right == 2
    assert objective.judge(SCORES, LABELS).loss == CrossEntropy(2).judge(SCORES, LABELS).loss


def test_any_loss_is_told_in_units_and_example_by_example_where_it_can_be():
    outputs, targets = torch.tensor([[1.0], [2.0], [4.0]]), torch.zeros(3, 1)
    objective = AnyLoss(nn.MSELoss(), unit=2.0)
    assert objective.per_example
    judged = objective.judge(outputs, targets)
    assert judged.loss.item() == pytest.approx(21 / 2)
    assert judged.right.isnan()
    assert judged.example_losses[0].tolist() == [0.5, 2.0, 8.0]
    assert judged.example_losses.shape == (6, 3)
    loss, right = objective.loss(outputs, targets)
    assert loss.item() == pytest.approx(7)
    assert right.isnan()
    plain = AnyLoss(lambda o, t: (o - t).abs().mean(), 1.0)
    assert not plain.per_example
    assert plain.judge(outputs, targets).loss.item() == pytest.approx(7)
    assert not AnyLoss(nn.MSELoss(reduction="sum"), 1.0).per_example


def test_the_reduction_of_the_given_loss_is_left_alone():
    given = nn.MSELoss()
    AnyLoss(given, 1.0).judge(torch.ones(2, 1), torch.zeros(2, 1))
    assert given.reduction == "mean"


def test_a_loss_that_is_no_single_number_is_refused():
    assert one_number(torch.ones(1, 1)).shape == ()
    with pytest.raises(InputError, match=r"one number a batch, a scalar; found a tensor of shape \(3,\)"):
        AnyLoss(nn.MSELoss(reduction="none"), 1.0).loss(torch.ones(3), torch.zeros(3))
    with pytest.raises(InputError, match="a tensor that can be trained; found float"):
        one_number(math.pi)


def test_the_function_is_the_same_loss_as_the_module():
    assert is_class_loss(nn.functional.cross_entropy, SCORES, LABELS)
    assert not is_class_loss(nn.functional.cross_entropy, SCORES, SCORES.softmax(1))


def test_a_label_that_has_no_score_is_refused():
    for label in (2, -1):
        with pytest.raises(InputError, match=r"class numbers from 0 to 1, as the model has 2 scores; found"):
            ClassLoss(nn.CrossEntropyLoss(), 2).loss(SCORES, torch.tensor([0, 1, label]))
    loss, right = ClassLoss(nn.CrossEntropyLoss(), 2).loss(SCORES, LABELS.to(torch.int32))
    assert (loss, right) == ClassLoss(nn.CrossEntropyLoss(), 2).loss(SCORES, LABELS)


def test_a_loss_below_zero_is_refused():
    with pytest.raises(InputError, match=r"loss must not be below 0.*found -1 in validation"):
        AnyLoss(lambda outputs, targets: outputs.sum() * 0 - 1, 0.5).judge(SCORES, LABELS)


class Averaged(nn.Module):
    """A loss in units of its own running mean."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.ones(()))

    def forward(self, outputs, targets):
        loss = nn.functional.cross_entropy(outputs, targets)
        self.mean.mul_(0.9).add_(0.1 * loss.detach())
        return loss / self.mean


class Counted:
    calls = 0

    def __call__(self, outputs, targets):
        self.calls += 1
        return nn.functional.cross_entropy(outputs, targets) * self.calls


class Noisy(nn.CrossEntropyLoss):
    """Draws from the shared generators, makes a mask in its first call, and remembers its last number."""

    mask = last = None

    def forward(self, outputs, targets):
        self.mask = torch.ones(()) if self.mask is None else self.mask
        self.last = super().forward(outputs + 0.1 * torch.rand(outputs.shape), targets) * self.mask
        return self.last


@pytest.mark.parametrize("loss", [Averaged(), Counted()])
def test_a_loss_that_keeps_something_from_call_to_call_is_refused_and_stays_as_it_was(loss):
    with pytest.raises(InputError, match=f"found {type(loss).__name__}, which keeps something from call to call"):
        apart(loss, SCORES, LABELS)
    assert getattr(loss, "mean", 1.0) == 1.0
    assert getattr(loss, "calls", 0) == 0


def test_a_loss_that_says_the_same_again_is_copied_and_a_function_is_not():
    state = torch.get_rng_state()
    for loss in (nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0])), Noisy()):
        one = apart(loss, SCORES, LABELS)
        assert type(one) is type(loss)
        assert one is not loss
        assert getattr(loss, "mask", None) is None
    assert torch.equal(torch.get_rng_state(), state)
    assert apart(nn.functional.cross_entropy, SCORES, LABELS) is nn.functional.cross_entropy


def test_parameters_of_a_loss_that_are_not_trained_are_told():
    loss = nn.Module()
    loss.centers = nn.Parameter(torch.ones(3))
    assert untrained_sentences(loss)[0].startswith("Mind the loss: its own parameters (centers) are not trained")
    loss.requires_grad_(False)
    assert untrained_sentences(loss) == untrained_sentences(None) == ()
