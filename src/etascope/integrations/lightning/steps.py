"""What a LightningModule says of a batch, away from its Trainer: what it trains, and how it is judged."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from etascope.core.errors import InputError, one_line
from etascope.core.extras import load_library
from etascope.integrations.training_loops.adapter import Clock
from etascope.integrations.training_loops.differences import overridden
from etascope.training.pytorch.library import Module, load_torch
from etascope.training.pytorch.memory import is_out_of_memory
from etascope.training.pytorch.networks import finite_weights

#: Keys under which `trial_pair` hands a batch to the module, by where it comes from.
TRAINING, VALIDATION = "training", "validation"
#: Hooks that may make what a step needs.
BEGINNING = (
    "on_fit_start", "on_train_start", "on_train_epoch_start", "on_train_batch_start", "on_validation_start",
    "on_validation_epoch_start", "on_validation_batch_start", "on_sanity_check_start",
)  # fmt: skip
#: Hooks on the way of a batch to its device, in their order.
TRANSFER = ("on_before_batch_transfer", "transfer_batch_to_device", "on_after_batch_transfer")


class TrialTrainer:
    """What a module finds as its Trainer inside a trial: its settings, and the step and the epoch of the trial.

    Trials go side by side, each step by all of them: so they share it. What changes while a training goes on, or
    changes it, is not there.

    Parameters
    ----------
    trainer
        The Trainer.
    clock
        Tells step and epoch.

    Attributes
    ----------
    data, data_hooks
        A copy of the data module that has this Trainer, and which hooks of `TRANSFER` are its own; Lightning calls
        those in place of the module's.
    """

    def __init__(self, trainer: object, clock: Clock) -> None:
        logger = load_library("lightning.pytorch.loggers.logger").DummyLogger
        self._trainer, self._clock, self._done, self.training = trainer, clock, -1, True
        self.logger, self.loggers = logger(), [logger()]
        self.data: Any = copy.copy(getattr(trainer, "datamodule", None))
        self.data_hooks: Sequence[str] = ()
        if isinstance(self.data, _base("LightningDataModule")):
            self.data.trainer = self
            self.data_hooks = overridden(self.data, _base("LightningDataModule"), TRANSFER)

    @property
    def global_step(self) -> int:
        """The steps that came before."""
        return self._clock.step(self._done + self.validating)

    @property
    def current_epoch(self) -> int:
        """The epoch of the batch, or of the one before, where it validates."""
        return self._clock.epoch(max(self._done, 0))

    @property
    def num_training_batches(self) -> int:
        """The batches of an epoch, which a Trainer does not know yet when a fit starts."""
        return self._clock.batches

    @property
    def is_last_batch(self) -> bool:
        """Whether the batch is the last one of its epoch."""
        return (self._done + 1) % self._clock.batches == 0

    @property
    def validating(self) -> bool:
        """Whether it does not train."""
        return not self.training

    def stand(self, inputs: Mapping[str, Any]) -> None:
        """Stand where a batch is."""
        self.training = TRAINING in inputs
        if self.training:
            self._done = inputs["done"]

    def __getattr__(self, name: str) -> Any:
        """Return a setting of the Trainer: a number, a text, or the data."""
        value = getattr(self._trainer, name)
        if value is None or isinstance(value, int | float | str) or name in ("datamodule", "train_dataloader"):
            return value
        raise NotThereError(
            f"asks its Trainer for {name}, which is not there while a rate is searched. Ask for it only where "
            "isinstance(self.trainer, lightning.Trainer)."
        )


class NotThereError(AttributeError):
    """A trial has no such part of a Trainer."""


def trial_pair(stage: str, trainer: TrialTrainer | None = None) -> Callable[[Any, int, int], tuple[Any, Any]]:
    """Return the function that makes a batch and its number a pair: the labels, where it has some, as targets."""

    def pair(batch: Any, number: int, done: int) -> tuple[Any, Any]:
        labels = labels_of(batch)
        inputs = {stage: batch, "number": number, "done": done, "trainer": trainer}
        return inputs, batch if labels is None else labels

    return pair


def labels_of(batch: object) -> Any:
    """Return the class labels of a batch that is a pair (inputs, labels), or None."""
    torch = load_torch()
    if not isinstance(batch, tuple | list):
        return None
    parts = cast("list[Any]", batch)
    labels: Any = parts[1] if len(parts) == 2 else None
    known = isinstance(labels, torch.Tensor) and labels.dim() == 1 and not labels.is_floating_point()
    return labels if known else None


def training_loss(trial: Any, inputs: dict[str, Any], targets: object) -> Any:
    """Return the loss that `training_step` returns."""
    del targets
    return _loss("training_step", _step(trial.module, "training_step", inputs)[0])


def scores(module: Module, inputs: dict[str, Any]) -> Any:
    """Return what the module's `forward` makes of a batch (inputs, labels)."""
    with quiet(module, inputs):
        return module(_transferred(module, inputs)[0])


def monitored(key: str | None) -> Callable[[Module, dict[str, Any]], Any]:
    """Return the function that gives the validation loss of a batch, which `validation_step` logs or returns.

    It does so under the key; without one it is the loss that it returns, or else its `val_loss`.
    """

    def outputs(module: Module, inputs: dict[str, Any]) -> Any:
        if TRAINING in inputs:
            return training_loss(_Held(module), inputs, None)
        returned, logged = _step(module, "validation_step", inputs)
        named = {**logged, **_named(returned)}
        if key is None and returned is not None and not (isinstance(returned, Mapping) and "loss" not in returned):
            return _loss("validation_step", returned)
        monitor = key or "val_loss"
        if monitor not in named:
            there = ", ".join(sorted(named)) or "nothing"
            raise InputError(
                f"validation_step must log {monitor}, which rates are judged by; found {there}. Name the loss that it "
                "logs with monitor=."
            )
        return _number(monitor, named[monitor])

    return outputs


class _Held:
    """A module held as `wrapped` holds it."""

    def __init__(self, module: Module) -> None:
        self.module = module


@contextmanager
def quiet(module: Module, inputs: Mapping[str, Any] | None = None) -> Generator[dict[str, Any]]:
    """Inside the block, collect what the module logs by name in place of logging it; its Trainer is that of inputs."""
    logged, trainer = dict[str, Any](), None if inputs is None else inputs.get("trainer")
    if inputs is not None and trainer is not None:
        trainer.stand(inputs)

    def log(name: str, value: object, *_: object, **__: object) -> None:
        logged[name] = value

    def log_dict(values: Mapping[str, Any], *_: object, **__: object) -> None:
        logged.update(values)

    parts: list[dict[str, Any]] = [vars(part) for part in module.modules() if hasattr(part, "log_dict")]
    for part in parts:
        part.update(log=log, log_dict=log_dict, _trainer=trainer)
    try:
        yield logged
    finally:
        for part in parts:
            del part["log"], part["log_dict"]
            part["_trainer"] = None


def _step(module: Module, name: str, inputs: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return what a step returns and what it logs."""
    step = getattr(module, name)
    if "dataloader_iter" in inspect.signature(step).parameters:
        raise InputError(f"{name} must take a batch; found one that takes dataloader_iter, which is not supported.")
    wants_number = len(inspect.signature(step).parameters) > 1
    try:
        with quiet(module, inputs) as logged:
            given = _transferred(module, inputs)
            return (step(given, inputs["number"]) if wants_number else step(given)), logged
    except NotThereError as error:
        raise InputError(f"{name} must work in a trial; it {error}") from error
    except Exception as error:
        # What raises where weights are no longer finite has diverged, and is for the search to see.
        if is_out_of_memory(error) or isinstance(error, InputError) or not finite_weights(module):
            raise
        raise InputError(
            f"{name} must work on a copy of the module; it raised {one_line(error)}.{_missed(module, error)}"
        ) from error


def _missed(module: Any, error: Exception) -> str:
    """Return what to say of hooks that may have made what is missing; trials do not call them."""
    hooks = overridden(module, _base("LightningModule"), BEGINNING)
    if not hooks or not isinstance(error, AttributeError | TypeError | KeyError | NameError):
        return ""
    return f" Trials do not call {' and '.join(hooks)}: make in __init__ or setup what is needed of there."


def _batch(inputs: Mapping[str, Any]) -> Any:
    return inputs[TRAINING] if TRAINING in inputs else inputs[VALIDATION]


def _transferred(module: Any, inputs: Mapping[str, Any]) -> Any:
    """Return a batch after the hooks on its way to the device, those of the data module before those of the module."""
    trainer = inputs.get("trainer")
    data: Any = None if trainer is None else trainer.data
    own: Sequence[str] = () if trainer is None else trainer.data_hooks
    before, transfer, after = (data if name in own else module for name in TRANSFER)
    batch = before.on_before_batch_transfer(_batch(inputs), 0)
    if transfer is not module or overridden(module, _base("LightningModule"), [TRANSFER[1]]):
        # The engine has moved it; what else the hook does is done here.
        device = next((tensor.device for tensor in (*module.parameters(), *module.buffers())), module.device)
        batch = transfer.transfer_batch_to_device(batch, device, 0)
    return after.on_after_batch_transfer(batch, 0)


def _base(name: str) -> Any:
    return getattr(load_library("lightning.pytorch"), name)


def _named(returned: Any) -> dict[str, Any]:
    return dict(cast("Mapping[str, Any]", returned)) if isinstance(returned, Mapping) else {}


def _loss(name: str, returned: Any) -> Any:
    kind = type(returned).__name__
    loss = _named(returned).get("loss") if isinstance(returned, Mapping) else returned
    if not isinstance(loss, load_torch().Tensor):
        raise InputError(f"{name} must return the loss, as a tensor or under loss in a dict; found {kind}.")
    return loss


def _number(name: str, value: Any) -> Any:
    try:
        return load_torch().as_tensor(value).float()
    except (TypeError, ValueError, RuntimeError):
        raise InputError(
            f"{name} must be logged as a number, which rates are judged by; found {type(value).__name__}."
        ) from None
