"""One trial while it trains: its module, its optimizers, one step and one look at validation: `Live`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from etascope.core.errors import InputError
from etascope.training.pytorch.batches import Batch
from etascope.training.pytorch.library import Device, Module, Optimizer, Tensor, autocast, load_torch
from etascope.training.pytorch.networks import spoil
from etascope.training.pytorch.objective import Judged, Objective
from etascope.training.pytorch.own_objective import one_number

#: A step of the user's own: module, optimizers, inputs and targets in, the loss out.
OwnStep = Callable[[Module, Any, Any, Any], Any]
#: A loss of the user's own that is trained: module, inputs and targets in, one number out.
TrainLoss = Callable[[Module, Any, Any], Any]
#: The largest rate that a number of four bytes holds.
LARGEST_RATE = 3.4028234663852886e38


@dataclass(frozen=True, eq=False)
class Settings:
    """How every step is done.

    Attributes
    ----------
    device
        Where.
    precision
        `bf16-mixed`, or None for that of the model.
    clip_norm
        Length that gradients are shortened to; None leaves them.
    step
        Does a whole step in place of forward, backward and update; None is the usual one.
    train_loss
        Returns the loss that is trained, in place of the objective's of the module's output; None is that.
    """

    device: Device
    precision: str | None = None
    clip_norm: float | None = None
    step: OwnStep | None = None
    train_loss: TrainLoss | None = None


class Live:
    """A module and its optimizers, on the device.

    A part that is in eval mode inside a model in training mode, as a frozen BatchNorm, stays so; a model that comes in
    eval mode as a whole is trained in training mode.
    """

    def __init__(
        self, module: Module, optimizers: Sequence[Optimizer], objective: Objective, settings: Settings
    ) -> None:
        self.module, self.optimizers = module, list(optimizers)
        self._objective, self._settings = objective, settings
        if not module.training:
            module.train()
        self._modes = [(part, part.training) for part in module.modules()]
        self.ratios = rate_ratios(self.optimizers)
        self._parameters = [p for o in self.optimizers for group in o.param_groups for p in group["params"]]

    def step(self, parts: Sequence[Batch], rate: float) -> tuple[Tensor, Tensor]:
        """Train on one step's batches at this rate; return the mean loss before the update, and the number right."""
        torch, settings = load_torch(), self._settings
        for optimizer, ratios in zip(self.optimizers, self.ratios, strict=True):
            for group, ratio in zip(optimizer.param_groups, ratios, strict=True):
                _set_rate(group, min(rate * ratio, LARGEST_RATE))
        if settings.step is not None:
            return self._own_step(parts)
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        total, losses, rights = sum(part.size for part in parts), list[Tensor](), list[Tensor]()
        for part in parts:
            with autocast(settings.device, settings.precision):
                loss, right = self._loss(part)
            if len(parts) > 1:
                loss = loss * (part.size / total)
            loss.backward()
            losses.append(loss.detach())
            rights.append(right.detach())
        if settings.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self._parameters, settings.clip_norm)
        try:
            for optimizer in self.optimizers:
                optimizer.step()
        except RuntimeError as error:
            if "overflow" not in str(error):
                raise
            spoil(self.module)
        return _sum(losses).double(), _sum(rights).double()

    def _loss(self, part: Batch) -> tuple[Tensor, Tensor]:
        own = self._settings.train_loss
        if own is None:
            return self._objective.loss(self.module(part.inputs), part.targets)
        loss = one_number(own(self.module, part.inputs, part.targets))
        if not loss.requires_grad:
            raise InputError(
                "train_loss must return a loss that can be trained; found one that no parameter had a part in. Return "
                "it as it was computed, without detach() or item()."
            )
        return loss, loss.detach() * float("nan")

    def _own_step(self, parts: Sequence[Batch]) -> tuple[Tensor, Tensor]:
        torch, settings = load_torch(), self._settings
        assert settings.step is not None
        (part,) = parts
        given = self.optimizers[0] if len(self.optimizers) == 1 else self.optimizers
        with autocast(settings.device, settings.precision):
            loss = settings.step(self.module, given, part.inputs, part.targets)
        number = torch.as_tensor(loss).detach()
        if number.numel() != 1:
            raise InputError(
                f"step must return the loss of the batch, one number; found a tensor of shape {tuple(number.shape)}."
            )
        number = number.reshape(()).double().to(settings.device)
        return number, number * float("nan")

    def judge(self, batch: Batch) -> Judged:
        """Return loss and number right of a batch that does not train; the module must be in eval mode."""
        torch, settings = load_torch(), self._settings
        with torch.no_grad():
            with autocast(settings.device, settings.precision):
                outputs = self.module(batch.inputs)
            return self._objective.judge(outputs, batch.targets)

    def evaluating(self) -> None:
        """Turn dropout and the like off."""
        self.module.eval()

    def training(self) -> None:
        """Put every part back into the mode it trains in."""
        for part, mode in self._modes:
            part.training = mode


def rate_ratios(optimizers: Sequence[Optimizer]) -> list[list[float]]:
    """Return the learning rate of each parameter group as a share of the largest one.

    Raises
    ------
    InputError
        If a group has no `lr`, or none is above 0.
    """
    rates = list[list[float]]()
    for optimizer in optimizers:
        groups = getattr(optimizer, "param_groups", None)
        if not groups or any("lr" not in group for group in groups):
            raise InputError(
                "optimizer must return optimizers whose parameter groups have a learning rate, lr; found "
                f"{type(optimizer).__name__} without one. Use one of torch.optim."
            )
        rates.append([float(group["lr"]) for group in groups])
    largest = max((rate for row in rates for rate in row), default=0.0)
    if not largest > 0:
        raise InputError(
            "optimizer must use the learning rate that it is given; found parameter groups whose lr are all "
            f"{largest:g}. Pass it on: torch.optim.SGD(groups, lr=learning_rate)."
        )
    return [[rate / largest for rate in row] for row in rates]


def _set_rate(group: dict[str, Any], rate: float) -> None:
    if isinstance(group["lr"], load_torch().Tensor):
        group["lr"].fill_(rate)
    else:
        group["lr"] = rate


def _sum(values: Sequence[Tensor]) -> Tensor:
    return values[0] if len(values) == 1 else sum(values[1:], values[0])
