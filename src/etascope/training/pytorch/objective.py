"""What a model is trained for and judged by: the loss, and what is right."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from etascope.core.errors import InputError
from etascope.core.history import TEMPERATURES
from etascope.training.pytorch.library import Tensor, load_torch

#: The label that PyTorch's cross-entropy leaves out.
IGNORED = -100


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
    """Softmax cross-entropy in nats over `n_classes` scores an example; those of one label are left out."""

    n_classes: int
    ignored: int = IGNORED

    @property
    def per_example(self) -> bool:
        """Validation knows the loss of each example."""
        return True

    def loss(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean loss of a batch, and the number right."""
        scores, labels = self._scores(outputs, len(targets)), targets.long()
        with labels_within(labels, self.n_classes, self.ignored):
            loss = load_torch().nn.functional.cross_entropy(scores, labels, ignore_index=self.ignored)
            return loss, right(scores, labels, self.ignored)

    def judge(self, outputs: Tensor, targets: Tensor) -> Judged:
        """Return the loss at every temperature, and the number right."""
        scores, labels = self._scores(outputs, len(targets)), targets.long()
        counts = labels != self.ignored
        if not bool(counts.all()):
            scores, labels = scores[counts], labels[counts]
        with labels_within(labels, self.n_classes, self.ignored):
            losses = tempered(scores, labels)
            return Judged(losses[0].double().sum(), right(scores, labels), losses)

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


@contextmanager
def labels_within(labels: Tensor, n_classes: int, ignored: int = IGNORED) -> Generator[None]:
    """Say what is wrong with labels, where they are no class numbers and PyTorch raises for it.

    Nothing is looked at before: on a GPU, each look waits for it. Raises `InputError` if the block raises and a label
    is out of range.
    """
    try:
        yield
    except (IndexError, RuntimeError):
        check_labels(labels, n_classes, ignored)
        raise


def check_labels(labels: Tensor, n_classes: int, ignored: int = IGNORED) -> None:
    """Raise `InputError` unless labels are class numbers, or the one that is left out."""
    labels = labels[labels != ignored]
    if not len(labels):
        return
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= n_classes:
        raise InputError(
            f"targets must be class numbers from 0 to {n_classes - 1}, as the model has {n_classes} scores; found "
            f"{low} to {high}."
        )


def right(scores: Tensor, labels: Tensor, ignored: int = IGNORED) -> Tensor:
    """Return how many examples have their highest score at their label; the first of equal scores counts.

    A dead model, all of whose scores are equal, is right about one class only. NaN is never right.

    Examples
    --------
    >>> import torch
    >>> int(right(torch.zeros(3, 2), torch.tensor([0, 1, 1])))
    1
    """
    # A gather, for it raises for labels that are none.
    own = scores.gather(1, labels.masked_fill(labels == ignored, 0)[:, None])[:, 0]
    best = scores.max(dim=1)
    return ((best.indices == labels) & (own == best.values) & (labels != ignored)).sum()


def tempered(scores: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of each example `(temperatures, batch)` with the scores divided by each of `TEMPERATURES`."""
    torch = load_torch()
    entropy = torch.nn.functional.cross_entropy
    return torch.stack([entropy(scores / t, targets, reduction="none") for t in TEMPERATURES])
