"""Losses of one's own: for class labels, and for any other targets."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, cast

from etascope.core.errors import InputError
from etascope.core.history import TEMPERATURES
from etascope.training.pytorch.batches import Batch
from etascope.training.pytorch.generators import random_state_kept, seed_all
from etascope.training.pytorch.library import Tensor, load_torch, tensors_in
from etascope.training.pytorch.memory import is_out_of_memory
from etascope.training.pytorch.objective import IGNORED, CrossEntropy, Judged, Objective, labels_within, right

Loss = Callable[[Any, Any], Any]

#: What the loss of the untrained model counts as where targets are no class labels: that of a blind guess of ten.
BLIND = math.log(10)


@dataclass(frozen=True)
class ClassLoss:
    """A loss of class labels that is trained, and plain cross-entropy to judge by."""

    train: Loss
    n_classes: int
    ignored: int = IGNORED

    @property
    def per_example(self) -> bool:
        """Validation knows the loss of each example."""
        return True

    def loss(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss that is trained, and the number right."""
        labels = targets.long()
        with labels_within(labels, self.n_classes, self.ignored):
            return one_number(self.train(outputs, labels)), right(outputs.detach().float(), labels, self.ignored)

    def judge(self, outputs: Tensor, targets: Tensor) -> Judged:
        """Return the plain loss at every temperature, and the number right."""
        return CrossEntropy(self.n_classes, self.ignored).judge(outputs, targets)


@dataclass(frozen=True)
class AnyLoss:
    """Any loss of any targets, in units of the loss that the untrained model has.

    Attributes
    ----------
    train
        Returns one number a batch.
    unit
        What losses are divided by when they are told, above 0.
    """

    train: Loss
    unit: float

    @property
    def per_example(self) -> bool:
        """Whether the loss can tell each example's: it has PyTorch's `reduction`."""
        return getattr(self.train, "reduction", None) == "mean"

    def loss(self, outputs: Any, targets: Any) -> tuple[Tensor, Tensor]:  # noqa: ANN401 - whatever the loss takes
        """Return the loss that is trained; nothing is right or wrong."""
        loss = one_number(self.train(outputs, targets))
        return loss, loss.detach() * math.nan

    def judge(self, outputs: Any, targets: Any) -> Judged:  # noqa: ANN401 - whatever the loss takes
        """Return the loss in units; of each example where that is known."""
        torch = load_torch()
        mean = one_number(self.train(outputs, targets)).double() / self.unit
        if mean < 0:
            raise InputError(
                f"loss must not be below 0, because rates are compared by its logarithm; found "
                f"{float(mean) * self.unit:.4g} in validation. Add a constant to it."
            )
        size = examples_of(targets)
        losses = mean.float().expand(size)
        if self.per_example:
            each: Any = copy.copy(self.train)
            each.reduction = "none"
            apart = each(outputs, targets).float()
            if apart.dim() and len(apart) == size:
                losses = apart.reshape(size, -1).mean(dim=1) / self.unit
        nothing = torch.full((), math.nan, dtype=torch.float64, device=mean.device)
        return Judged(mean * size, nothing, losses.expand(len(TEMPERATURES), size))


def is_class_loss(loss: Loss | None, outputs: object, targets: object) -> bool:
    """Return whether targets are class labels, outputs scores, and the loss cross-entropy."""
    torch = load_torch()
    if not is_cross_entropy(loss):
        return False
    if not isinstance(outputs, torch.Tensor) or not isinstance(targets, torch.Tensor):
        return False
    scores: Any = outputs
    labels: Any = targets
    return scores.dim() == 2 and labels.dim() == 1 and not labels.is_floating_point()


def is_cross_entropy(loss: Loss | None) -> bool:
    """Return whether a loss is PyTorch's cross-entropy, as which none counts."""
    torch = load_torch()
    plain = loss is None or loss is torch.nn.functional.cross_entropy
    return plain or isinstance(loss, torch.nn.CrossEntropyLoss)


def apart(loss: Loss, outputs: Any, targets: Any) -> Loss:  # noqa: ANN401 - whatever the loss takes
    """Return a copy of a loss that is an object, so that the owner's stays as it is; a function comes back as it is.

    Its own parameters are not trained, as those of the owner would not be. Raises `InputError` if it keeps something
    from call to call, which trials would share: a buffer changes, or it says another number of the same batch.
    """
    if isinstance(loss, FunctionType | BuiltinFunctionType | MethodType | type) or not hasattr(loss, "__dict__"):
        return loss
    name, one = type(loss).__name__, cast("Any", loss)
    try:
        one, tried = copy.deepcopy(one), copy.deepcopy(one)
    except Exception as error:
        if is_out_of_memory(error):
            raise
        return loss
    is_module = isinstance(one, load_torch().nn.Module)
    if is_module:
        one.requires_grad_(False)
    calls = list[tuple[float, list[Any]]]()
    # What it raises is said where it is used first.
    with suppress(Exception), warnings.catch_warnings(), load_torch().no_grad(), random_state_kept():
        warnings.simplefilter("ignore")
        for _ in range(4):
            seed_all(0)
            own = Batch(outputs, targets, 1).fresh()
            number = float(tried(own.inputs, own.targets))
            calls.append((number, [part.clone() for part in tried.buffers()] if is_module else []))
    # What is made in the first call, as a mask, may be kept.
    for number, buffers in calls[2:]:
        same = math.isclose(number, calls[1][0], rel_tol=1e-6) or not math.isfinite(number)
        if not same or not all(map(load_torch().equal, buffers, calls[1][1])):
            raise InputError(
                f"loss must say the same of the same batch whenever it is called, because trials share it; found "
                f"{name}, which keeps something from call to call. Keep that in a buffer of the model, and compute the "
                "loss in train_loss=."
            )
    return one


def untrained_sentences(loss: object) -> tuple[str, ...]:
    """Return what to mind of a loss that has parameters of its own, which nothing trains in the search."""
    if not isinstance(loss, load_torch().nn.Module):
        return ()
    names = [name for name, part in cast("Any", loss).named_parameters() if part.requires_grad]
    if not names:
        return ()
    some = ", ".join(names[:3]) + ", ..." * (len(names) > 3)
    return (
        f"Mind the loss: its own parameters ({some}) are not trained in the search. Where they should "
        "be, make them a part of the model, and compute the loss in train_loss=.",
    )


def objective_of(loss: Loss | None, n_classes: int) -> Objective:
    """Return the objective of class labels."""
    return CrossEntropy(n_classes) if loss is None else ClassLoss(loss, n_classes, ignored_by(loss))


def ignored_by(loss: Loss | None) -> int:
    """Return the label whose examples a loss of class labels leaves out."""
    index: object = getattr(loss, "ignore_index", IGNORED)
    return index if isinstance(index, int) and not isinstance(index, bool) else IGNORED


def one_number(loss: object) -> Tensor:
    """Return a loss that is one number; raise `InputError` if it is none."""
    torch = load_torch()
    if not isinstance(loss, torch.Tensor):
        raise InputError(f"loss must return a tensor that can be trained; found {type(loss).__name__}.")
    value: Any = loss
    if value.numel() != 1:
        raise InputError(
            f"loss must return one number a batch, a scalar; found a tensor of shape {tuple(value.shape)}. Take its "
            "mean, or use reduction='mean'."
        )
    return value.reshape(())


def examples_of(targets: object) -> int:
    """Return how many examples targets are of: the length of their first tensor."""
    return len(tensors_in(targets)[0])
