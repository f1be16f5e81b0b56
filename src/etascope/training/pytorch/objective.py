"""What a model is trained for and judged by: the loss, and what is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from etascope.core.errors import InputError
from etascope.core.history import TEMPERATURES
from etascope.training.pytorch.library import Tensor, load_torch


@dataclass(frozen=True, eq=False)
class Judged:
    """What validation finds of one batch, tensors on the device.

    Attributes
    ----------
    loss, right
        Summed over the batch; `right` is NaN where targets are no class labels.
    example_losses
        `(temperatures, batch)`, as in `History`.
    """

    loss: Tensor
    right: Tensor
    example_losses: Tensor


class Objective(Protocol):
    """The loss of a batch, in training and in validation."""

    @property
    def per_example(self) -> bool:
        """Whether validation knows the loss of each example."""
        ...

    def loss(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean loss of a batch, which is trained, and the number right."""
        ...

    def judge(self, outputs: Tensor, targets: Tensor) -> Judged:
        """Return what there is to say of a batch that does not train."""
        ...


@dataclass(frozen=True)
class CrossEntropy:
    """Softmax cross-entropy in nats over `n_classes` scores an example."""

    n_classes: int

    @property
    def per_example(self) -> bool:
        """Validation knows the loss of each example."""
        return True

    def loss(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean loss of a batch, and the number right."""
        scores = self._scores(outputs, len(targets))
        try:
            return load_torch().nn.functional.cross_entropy(scores, targets), right(scores, targets)
        except IndexError:
            raise self._other_labels(targets) from None

    def judge(self, outputs: Tensor, targets: Tensor) -> Judged:
        """Return the loss at every temperature, and the number right."""
        scores = self._scores(outputs, len(targets))
        try:
            losses = tempered(scores, targets)
        except IndexError:
            raise self._other_labels(targets) from None
        return Judged(losses[0].double().sum(), right(scores, targets), losses)

    def _other_labels(self, targets: Tensor) -> InputError:
        return InputError(
            f"targets must be class numbers from 0 to {self.n_classes - 1}, as the model has {self.n_classes} scores; "
            f"found {int(targets.min())} to {int(targets.max())}."
        )

    def _scores(self, outputs: Tensor, examples: int) -> Tensor:
        check_scores(outputs, examples, self.n_classes)
        return outputs.float()


def check_scores(outputs: Tensor, examples: int, n_classes: int) -> None:
    """Raise `InputError` unless a model's output has a score for each class of each example."""
    torch = load_torch()
    if not isinstance(outputs, torch.Tensor):
        raise InputError(
            f"the model must return a tensor of scores (batch, {n_classes}); found {type(outputs).__name__}. "
            "Wrap it in a module that returns the scores alone."
        )
    shape = tuple(outputs.shape)
    if shape != (examples, n_classes):
        raise InputError(
            f"the model must return {n_classes} scores for each of {examples} examples, one a class; found an output "
            f"of shape {shape}. Give its last layer {n_classes} units."
        )


def right(scores: Tensor, targets: Tensor) -> Tensor:
    """Return how many examples have no score above that of their label."""
    return (scores.gather(1, targets[:, None])[:, 0] >= scores.amax(dim=1)).sum()


def tempered(scores: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of each example `(temperatures, batch)` with the scores divided by each of `TEMPERATURES`."""
    torch = load_torch()
    entropy = torch.nn.functional.cross_entropy
    return torch.stack([entropy(scores / t, targets, reduction="none") for t in TEMPERATURES])
