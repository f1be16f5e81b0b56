"""One trial while it trains: its module, its optimizers, one step and one look at validation: `RunningTrial`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from etascope.core.errors import InputError, one_line
from etascope.core.history import TEMPERATURES
from etascope.training.pytorch.batches import Batch
from etascope.training.pytorch.custom.objective import one_number
from etascope.training.pytorch.custom.step import FirstUpdate
from etascope.training.pytorch.generators import generators_of
from etascope.training.pytorch.group_rates import GroupRates
from etascope.training.pytorch.library import Device, Module, Optimizer, Tensor, autocast, load_torch, tensors_in
from etascope.training.pytorch.memory import is_out_of_memory
from etascope.training.pytorch.networks import finite_weights, spoil
from etascope.training.pytorch.objective import Judged, Objective

#: A step of the user's own: module, optimizers, inputs and targets in, the loss out.
TrainingStep = Callable[[Module, Any, Any, Any], Any]
#: A loss of the user's own that is trained: module, inputs and targets in, one number out.
TrainLoss = Callable[[Module, Any, Any], Any]


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
    multiple
        The largest rate of a parameter group as a multiple of the learning rate that is asked for.
    generators
        Those that functions of the user's own hold, seeded for each trial and step as those that all share; None where
        there is nothing of the user's own, and nothing is looked for in models.
    """

    device: Device
    precision: str | None = None
    clip_norm: float | None = None
    step: TrainingStep | None = None
    train_loss: TrainLoss | None = None
    multiple: float = 1.0
    generators: Sequence[Any] | None = None


class RunningTrial:
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
        self._turn("train")
        self._rates = GroupRates(self.optimizers, settings.multiple)
        self._parameters = [p for o in self.optimizers for group in o.param_groups for p in group["params"]]
        #: Of the user's own, in the module and beside it.
        self.generators = [] if settings.generators is None else [*settings.generators, *generators_of(module)]
        #: Of a step of one's own; None where it is the usual one.
        self.first_update = None if settings.step is None else FirstUpdate(module, self.optimizers)

    def step(self, parts: Sequence[Batch], rate: float) -> tuple[Tensor, Tensor]:
        """Train on one step's batches at this rate; return the mean loss before the update, and the number right."""
        self._rates.set(rate)
        done = self._usual_step(parts) if self._settings.step is None else self._own_step(parts)
        self._rates.after_step()
        return done

    def _usual_step(self, parts: Sequence[Batch]) -> tuple[Tensor, Tensor]:
        torch, settings = load_torch(), self._settings
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        total, losses, rights = sum(part.size for part in parts), list[Tensor](), list[Tensor]()
        for part in parts:
            done = self._learn(part, part.size / total)
            if done is None:
                return self._lost()
            losses.append(done[0])
            rights.append(done[1])
        if settings.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self._parameters, settings.clip_norm)
        try:
            for optimizer in self.optimizers:
                optimizer.step()
        except Exception as error:
            if isinstance(error, RuntimeError) and "overflow" in str(error):
                spoil(self.module)
            elif is_out_of_memory(error):
                raise
            else:
                raise InputError(
                    f"optimizer must update the weights with step(); it raised {one_line(error)}. One that needs more, "
                    "as LBFGS needs a closure, trains in a step= of your own."
                ) from error
        return _sum(losses).double(), _sum(rights).double()

    def _learn(self, part: Batch, share: float) -> tuple[Tensor, Tensor] | None:
        """Add a batch's share to the gradients; return its share of the loss, and the number right, None if lost."""
        outputs, culprit, own = None, "the model", self._settings.train_loss
        try:
            with autocast(self._settings.device, self._settings.precision):
                if own is None:
                    outputs = self.module(part.inputs)
                    culprit = "loss"
                    loss, right = self._objective.loss(outputs, part.targets)
                else:
                    culprit = "loss"
                    loss = one_number(own(self.module, part.inputs, part.targets))
                    right = loss.detach() * float("nan")
            if share != 1:
                loss = loss * share
            if not loss.requires_grad:
                raise InputError(
                    "loss must depend on the model's weights; found one without a gradient. Take it of the outputs as "
                    "they come, not detached and not as a number."
                )
            culprit = "the gradient"
            loss.backward()
        except Exception as error:
            self._require_divergence(error, culprit, part, outputs)
            return None
        return loss.detach(), right.detach()

    def _require_divergence(self, error: Exception, culprit: str, part: Batch, outputs: object = None) -> None:
        """Return where numbers that are no longer finite made something raise; else raise it, or a sentence on it."""
        if isinstance(error, InputError) or is_out_of_memory(error):
            raise error
        if not _not_finite(self.module, outputs):
            raise unusable(culprit, part, error) from error

    def _lost(self) -> tuple[Tensor, Tensor]:
        nothing = load_torch().full((), float("nan"), dtype=load_torch().float64, device=self._settings.device)
        return nothing, nothing

    def _own_step(self, parts: Sequence[Batch]) -> tuple[Tensor, Tensor]:
        torch, settings = load_torch(), self._settings
        assert settings.step is not None
        assert self.first_update is not None
        (part,) = parts
        self.first_update.before()
        given = self.optimizers[0] if len(self.optimizers) == 1 else self.optimizers
        try:
            with autocast(settings.device, settings.precision):
                loss = settings.step(self.module, given, part.inputs, part.targets)
        except Exception as error:
            self._require_divergence(error, "step", part)
            return self._lost()
        self.first_update.after()
        if not isinstance(loss, torch.Tensor | int | float):
            raise InputError(f"step must return the loss of the batch, one number; found {type(loss).__name__}.")
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
        outputs, culprit = None, "the model"
        try:
            with torch.no_grad():
                with autocast(settings.device, settings.precision):
                    outputs = self.module(batch.inputs)
                culprit = "loss"
                return self._objective.judge(outputs, batch.targets)
        except InputError:
            raise
        except Exception as error:
            if is_out_of_memory(error):
                raise
            if _not_finite(self.module, outputs):
                nothing, _ = self._lost()
                return Judged(nothing, nothing, nothing.float().expand(len(TEMPERATURES), batch.size))
            raise unusable(culprit, batch, error) from error

    def evaluating(self) -> None:
        """Turn dropout and the like off, and bring the weights to what an optimizer without a schedule has found."""
        self.module.eval()
        self._turn("eval")

    def training(self) -> None:
        """Put every part back into the mode it trains in."""
        for part, mode in self._modes:
            part.training = mode
        self._turn("train")

    def _turn(self, mode: str) -> None:
        for optimizer in self.optimizers:
            if all(callable(getattr(optimizer, name, None)) for name in ("eval", "train")):
                getattr(optimizer, mode)()

    def look(self) -> None:
        """Raise `InputError` where a rate is no longer what it was set to, as after a scheduler that steps by epoch."""
        self._rates.look()


def unusable(culprit: str, batch: Batch, error: Exception) -> InputError:
    """Return what to say of `the model`, `loss`, `the gradient` or `step` of the user's own that raised on a batch."""
    rule = {
        "the model": "the model must take every batch, in training mode and in eval mode",
        "loss": "loss must take the outputs and targets of every batch",
        "the gradient": "the loss must have a gradient that can be computed",
        "step": "step must train on every batch",
    }[culprit]
    shapes = ", ".join(str(tuple(tensor.shape)) for tensor in tensors_in(batch.inputs))
    hint = " BatchNorm needs more than one example a batch: choose another batch size, or drop the last batch."
    small = culprit in ("the model", "step") and batch.size == 1
    return InputError(f"{rule}; with inputs of shape {shapes} it raised {one_line(error)}.{hint if small else ''}")


def _not_finite(module: Module, outputs: object) -> bool:
    """Return whether a trial that raised has diverged: some losses and layers refuse numbers that are not finite."""
    torch = load_torch()
    tensors = [tensor for tensor in tensors_in(outputs) if tensor.is_floating_point()]
    return not finite_weights(module) or not all(bool(torch.isfinite(tensor).all()) for tensor in tensors)


def _sum(values: Sequence[Tensor]) -> Tensor:
    return values[0] if len(values) == 1 else sum(values[1:], values[0])
