"""What a LightningModule says of a batch, away from its Trainer: what it trains, and how it is judged."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from etascope.core.errors import InputError, one_line
from etascope.training.pytorch.library import Module, load_torch, moved
from etascope.training.pytorch.memory import is_out_of_memory

#: Keys under which `trial_pair` hands a batch to the module, by where it comes from.
TRAINING, VALIDATION = "training", "validation"


def trial_pair(stage: str) -> Callable[[Any, int], tuple[Any, Any]]:
    """Return the function that makes a batch and its number a pair: the labels, where it has some, as targets."""

    def pair(batch: Any, number: int) -> tuple[Any, Any]:
        labels = labels_of(batch)
        return {stage: batch, "number": number}, batch if labels is None else labels

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


def is_classifier(module: Module, batch: object, device: object) -> bool:
    """Return whether a copy of the module gives scores (batch, classes) of a batch (inputs, labels), by its forward."""
    torch, labels = load_torch(), labels_of(batch)
    if labels is None:
        return False
    one: Any = copy.deepcopy(module)
    one.eval()
    try:
        with torch.no_grad(), quiet(one):
            scores = one(moved(_after_transfer(one, batch), cast("Any", device))[0])
    except Exception as error:
        if is_out_of_memory(error):
            raise
        # It has no forward of its own: what its validation_step says is asked for instead.
        return False
    return isinstance(scores, torch.Tensor) and scores.dim() == 2 and len(scores) == len(labels)


def training_loss(trial: Any, inputs: dict[str, Any], targets: object) -> Any:
    """Return the loss that `training_step` returns."""
    del targets
    return _loss("training_step", _step(trial.module, "training_step", inputs[TRAINING], inputs["number"])[0])


def scores(module: Module, inputs: dict[str, Any]) -> Any:
    """Return what the module's `forward` makes of a batch (inputs, labels)."""
    batch = inputs[TRAINING] if TRAINING in inputs else inputs[VALIDATION]
    with quiet(module):
        return module(_after_transfer(module, batch)[0])


def monitored(key: str | None) -> Callable[[Module, dict[str, Any]], Any]:
    """Return the function that gives the validation loss of a batch.

    Parameters
    ----------
    key
        Under which `validation_step` logs or returns it. None is the loss that it returns, or else its `val_loss`.
    """

    def outputs(module: Module, inputs: dict[str, Any]) -> Any:
        if TRAINING in inputs:
            return training_loss(_Held(module), inputs, None)
        returned, logged = _step(module, "validation_step", inputs[VALIDATION], inputs["number"])
        named = {**logged, **_named(returned)}
        if key is None and returned is not None and not (isinstance(returned, Mapping) and "loss" not in returned):
            return _loss("validation_step", returned)
        wanted = key or "val_loss"
        if wanted not in named:
            there = ", ".join(sorted(named)) or "nothing"
            raise InputError(
                f"validation_step must log {wanted}, which rates are judged by; found {there}. Name the loss that it "
                "logs with monitor=."
            )
        return _number(wanted, named[wanted])

    return outputs


class _Held:
    """A module held as `wrapped` holds it."""

    def __init__(self, module: Module) -> None:
        self.module = module


@contextmanager
def quiet(module: Module) -> Generator[dict[str, Any]]:
    """Inside the block, collect what the module logs by name in place of logging it: trials have no Trainer."""
    logged = dict[str, Any]()

    def log(name: str, value: object, *_: object, **__: object) -> None:
        logged[name] = value

    def log_dict(values: Mapping[str, Any], *_: object, **__: object) -> None:
        logged.update(values)

    parts: list[dict[str, Any]] = [vars(part) for part in module.modules() if hasattr(part, "log_dict")]
    for part in parts:
        part.update(log=log, log_dict=log_dict)
    try:
        yield logged
    finally:
        for part in parts:
            del part["log"], part["log_dict"]


def _step(module: Module, name: str, batch: object, number: int) -> tuple[Any, dict[str, Any]]:
    """Return what a step returns and what it logs."""
    step = getattr(module, name)
    if "dataloader_iter" in inspect.signature(step).parameters:
        raise InputError(f"{name} must take a batch; found one that takes dataloader_iter, which is not supported.")
    wants_number = len(inspect.signature(step).parameters) > 1
    try:
        with quiet(module) as logged:
            given = _after_transfer(module, batch)
            return (step(given, number) if wants_number else step(given)), logged
    except Exception as error:
        if is_out_of_memory(error) or isinstance(error, InputError):
            raise
        raise InputError(
            f"{name} must work on a copy of the module that has no Trainer; it raised {one_line(error)}. Do what needs "
            "one only where self._trainer is not None."
        ) from error


def _after_transfer(module: Any, batch: object) -> Any:
    return module.on_after_batch_transfer(module.on_before_batch_transfer(batch, 0), 0)


def _named(returned: Any) -> dict[str, Any]:
    return dict(cast("Mapping[str, Any]", returned)) if isinstance(returned, Mapping) else {}


def _loss(name: str, returned: Any) -> Any:
    kind = type(returned).__name__
    found = _named(returned).get("loss") if isinstance(returned, Mapping) else returned
    if not isinstance(found, load_torch().Tensor):
        raise InputError(f"{name} must return the loss, as a tensor or under loss in a dict; found {kind}.")
    return found


def _number(name: str, value: Any) -> Any:
    try:
        return load_torch().as_tensor(value).float()
    except (TypeError, ValueError, RuntimeError):
        raise InputError(
            f"{name} must be logged as a number, which rates are judged by; found {type(value).__name__}."
        ) from None
