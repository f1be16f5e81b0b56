"""How a training of one's own departs from the usual one: `TrainingOptions`."""

from __future__ import annotations

from dataclasses import dataclass

from etascope.core.checks import check_values
from etascope.core.errors import InputError
from etascope.training.pytorch.custom.model import Groups
from etascope.training.pytorch.library import check_settings
from etascope.training.pytorch.running_trial import TrainingStep, TrainLoss


@dataclass(frozen=True, eq=False)
class TrainingOptions:
    """How each trial trains, where it is not the usual step on the whole model where that is.

    Attributes
    ----------
    step
        Called with the model, its optimizer (a list where there are several), inputs and targets: does the whole step
        in place of forward, backward and update, with the rates already set, and returns the loss.
    train_loss
        Called with the model, inputs and targets, returns the loss that is trained, one number, in place of `loss` of
        `model(inputs)`. Validation stays with `loss`.
    groups
        Called with a module, returns its parameters in groups as an optimizer takes them, where `lr` is a multiple of
        the learning rate. None is all that do not have `requires_grad` off.
    accumulate
        Batches of the training loader a step, at least 1. Default 1.
    clip_norm
        Length that the gradient of all weights together is shortened to, above 0. None leaves it.
    precision
        `bf16-mixed` runs forward passes in bfloat16 where PyTorch holds that safe. None keeps the model's.
    device
        `cpu`, `cuda`, `cuda:1`, `mps`. None is where the model is, or else the best there is.
    trials_in_memory
        Trials that are trained at once, at least 1; the rest wait. None takes all.

    Raises
    ------
    InputError
        If a field is outside its range, or two of them exclude each other.

    Examples
    --------
    >>> TrainingOptions(step=print, accumulate=2)
    Traceback (most recent call last):
    etascope.core.errors.InputError: step does the whole step itself; accumulate and clip_norm belong in it. Leave \
them out here.
    """

    step: TrainingStep | None = None
    train_loss: TrainLoss | None = None
    groups: Groups | None = None
    accumulate: int = 1
    clip_norm: float | None = None
    precision: str | None = None
    device: str | None = None
    trials_in_memory: int | None = None

    def __post_init__(self) -> None:
        """Check every field."""
        check_values(self)
        check_settings(self.precision, self.accumulate, self.clip_norm, self.trials_in_memory)
        if self.step is None:
            return
        if self.train_loss is not None:
            raise InputError(
                "step computes the loss that is trained itself; found train_loss beside it. Leave one out."
            )
        if self.accumulate != 1 or self.clip_norm is not None:
            raise InputError(
                "step does the whole step itself; accumulate and clip_norm belong in it. Leave them out here."
            )
