"""The optimizer and the schedule that a Trainer of transformers makes, and whether they follow its learning rate."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError, one_line
from etascope.core.extras import load_library
from etascope.core.run import Run
from etascope.integrations.training_loops.differences import SHAPE_NEAR, TIMES, overridden, watch_rates
from etascope.training.pytorch.group_rates import NEAR, rate_ratios, rates_in
from etascope.training.pytorch.library import Module, Optimizer, load_torch

#: What a Trainer may be given in place of the name of an optimizer.
_GIVEN = "optimizer_cls_and_kwargs"
#: What makes it of the arguments.
_CHOSEN = "get_optimizer_cls_and_kwargs"
#: What of a Trainer is put in place for a moment, while it makes an optimizer or a scheduler for a trial.
_LENT = ("model", "optimizer", "lr_scheduler", "_created_lr_scheduler", "state", "is_in_train")


@contextlib.contextmanager
def unchanged(trainer: Any) -> Generator[None]:
    """Put back what asking a Trainer for loaders, optimizers and schedulers leaves in it."""
    there = cast("dict[str, Any]", vars(trainer))
    before = {name: there[name] for name in _LENT if name in there}
    known = list(trainer.accelerator._dataloaders)
    kept = dict(getattr(trainer, "_eval_dataloaders", {}))
    try:
        yield
    finally:
        there.update(before)
        trainer.accelerator._dataloaders[:] = known
        if hasattr(trainer, "_eval_dataloaders"):
            trainer._eval_dataloaders = kept


@contextlib.contextmanager
def rates_apart(args: Any) -> Generator[Callable[[float | None], AbstractContextManager[None]]]:
    """Let the arguments tell each trial its own learning rate, also where trials train beside each other.

    What the block is given takes the rate of a trial, or None for that of the arguments, which they tell the same
    thread inside the block that it returns.
    """
    kind: Any = args.__class__
    own = threading.local()

    def get(self: Any) -> Any:
        rate = getattr(own, "rate", None)
        return cast("dict[str, Any]", vars(self))["learning_rate"] if rate is None else rate

    def set_rate(self: Any, rate: float) -> None:
        cast("dict[str, Any]", vars(self))["learning_rate"] = rate

    @contextlib.contextmanager
    def at(rate: float | None) -> Generator[None]:
        own.rate = rate
        try:
            yield
        finally:
            own.rate = None

    args.__class__ = type(
        kind.__name__, (kind,), {"learning_rate": property(get, set_rate), "__module__": kind.__module__}
    )
    try:
        yield at
    finally:
        args.__class__ = kind


def optimizer_of(trainer: Any, model: Module, learning_rate: float, multiple: float) -> Optimizer:
    """Return the optimizer that the Trainer makes for a model, its largest rate at this multiple of a learning rate.

    Raises `InputError` if the Trainer would make another one where that is the learning rate of its arguments.
    """
    ratios = rate_ratios([_made(trainer, model)])[0]
    expected = [learning_rate * multiple * ratio for ratio in ratios]
    # Its class and its other numbers may depend on the rate.
    with _at(trainer, learning_rate):
        one = _made(trainer, model)
    made = rates_in([one])[0]
    if len(made) != len(expected) or not np.allclose(made, expected, rtol=2 * NEAR, atol=0):
        raise InputError(
            f"{_maker(trainer)} must make the same multiple of every learning rate; where args.learning_rate is "
            f"{learning_rate:.3g}, it makes {max(made):.3g} and not {max(expected):.3g}. Pass it on as it is, or set "
            "the limits of the search, low= and high=, to where it does."
        )
    for group, rate in zip(one.param_groups, expected, strict=True):
        group["lr"] = rate
    return one


def _maker(trainer: Any) -> str:
    """Return what decides on the optimizer: a method of the owner's own, or what the Trainer was given."""
    library = load_library("transformers").Trainer
    if not overridden(trainer, library, ["create_optimizer"]):
        if getattr(trainer, _GIVEN, None) is not None:
            return _GIVEN
        if overridden(trainer, library, [_CHOSEN]):
            return _CHOSEN
    return "create_optimizer"


def _line(maker: str) -> str:
    """Return what to do about it."""
    if maker == _GIVEN:
        return (
            "Its numbers stay as they are: leave it out, and name the optimizer with optim= of the arguments, or make "
            "it in a create_optimizer of your own, with lr=self.args.learning_rate."
        )
    if maker == _CHOSEN:
        return "Return args.learning_rate under lr there."
    return "Write lr=self.args.learning_rate there."


def _made(trainer: Any, model: Module) -> Optimizer:
    """Return the optimizer that the Trainer makes for a model."""
    with unchanged(trainer):
        trainer.model, trainer.optimizer = model, None
        trainer.create_optimizer()
        return trainer.optimizer


@contextlib.contextmanager
def _at(trainer: Any, learning_rate: float) -> Generator[None]:
    """Let the arguments have a learning rate inside the block."""
    args, before = trainer.args, trainer.args.learning_rate
    try:
        args.learning_rate = learning_rate
        yield
    finally:
        args.learning_rate = before


def multiple_of(trainer: Any, model: Module) -> float:
    """Return the largest rate as a multiple of the arguments' learning rate, which all groups must follow.

    Raises `InputError` if one does not.
    """
    before = rates_in([_made(trainer, model)])[0]
    for times in TIMES:
        with _at(trainer, times * trainer.args.learning_rate):
            after = rates_in([_made(trainer, model)])[0]
        if len(after) != len(before) or not np.allclose(after, np.multiply(before, times), rtol=NEAR, atol=0):
            first, second = (", ".join(f"{rate:.3g}" for rate in sorted(set(rates))) for rates in (before, after))
            raise InputError(
                f"{_maker(trainer)} must use args.learning_rate, which is searched, or multiples of it; where that is "
                f"{times * trainer.args.learning_rate:g} in place of {trainer.args.learning_rate:g}, groups have "
                f"{second} and had {first}. {_line(_maker(trainer))}"
            )
    multiple = max(before) / trainer.args.learning_rate
    return 1.0 if abs(multiple - 1) < NEAR else multiple


def shape_of(trainer: Any, steps: int) -> NDArray[np.float64] | None:
    """Return what the learning rate is multiplied by at each step, or None where it is constant.

    Raises `InputError` if the schedule cannot run, or has numbers that do not follow the learning rate.
    """
    shape = _factors(trainer, steps)
    for times in TIMES:
        why = _unlike(trainer, shape, times)
        if why:
            raise InputError(f"the schedule must follow args.learning_rate, which is searched; {why}")
    return None if (shape == 1).all() else shape


def mind(trainer: Any, steps: int, chosen: float | None) -> str:
    """Return what to say where the schedule, at the rate that was found, is another one than in the search."""
    if chosen is None:
        return ""
    why = _unlike(trainer, _factors(trainer, steps), chosen / trainer.args.learning_rate)
    return f"Mind the schedule, which does not follow args.learning_rate: {why}" if why else ""


def _unlike(trainer: Any, shape: NDArray[np.float64], times: float) -> str:
    """Return in what the schedule at so many times the learning rate is another one, and what to do; or nothing."""
    rate = trainer.args.learning_rate
    with _at(trainer, times * rate):
        other = _factors(trainer, len(shape))
    step = int(np.abs(other - shape).argmax())
    if abs(other[step] - shape[step]) <= SHAPE_NEAR * shape.max():
        return ""
    return (
        f"where that is {times * rate:g} in place of {rate:g}, step {step + 1} has {other[step]:.2g} of it and not "
        f"{shape[step]:.2g}. Give lr_scheduler_kwargs a share of it, as min_lr_rate in place of min_lr, or write its "
        "rates as multiples."
    )


def _factors(trainer: Any, steps: int) -> NDArray[np.float64]:
    torch, rate = load_torch(), trainer.args.learning_rate
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=rate)
    with unchanged(trainer):
        trainer.optimizer, trainer.lr_scheduler = optimizer, None
        try:
            trainer.create_scheduler(steps, optimizer)
            scheduler = cast("dict[str, Any]", vars(trainer))["lr_scheduler"]
            optimizer.step()
            rates = np.empty(steps)
            for step in range(steps):
                rates[step] = optimizer.param_groups[0]["lr"]
                scheduler.step()
        except Exception as error:
            kind = getattr(trainer.args.lr_scheduler_type, "value", trainer.args.lr_scheduler_type)
            raise InputError(
                f"lr_scheduler_type {kind} must run for the {steps} steps of the training; it raised {one_line(error)}."
            ) from error
    return rates / rate


def watch_training(trainer: Any, run: Run, uncalled: str) -> None:
    """Let the Trainer say, while it trains, where its optimizer has another rate than was set."""
    steps, chosen = run.history.plan.rates.shape[1], run.choice.learning_rate or 0.0
    shape = shape_of(trainer, steps)
    shape = np.ones(steps) if shape is None else shape
    assert run.torch is not None
    rates = np.outer(shape, [chosen * ratio for row in run.torch.ratios for ratio in row])

    def on_train_begin(self: Any, args: Any, state: Any, control: Any, optimizer: Any = None, **_: object) -> None:
        del self, state, control
        if args.learning_rate == chosen:
            watch_rates(
                getattr(optimizer, "optimizer", optimizer),
                rates,
                lambda off: warnings.warn(f"{off} {uncalled}", stacklevel=2),
            )

    base = load_library("transformers").TrainerCallback
    for one in [one for one in trainer.callback_handler.callbacks if type(one).__module__ == __name__]:
        trainer.remove_callback(one)
    trainer.add_callback(type("Look", (base,), {"on_train_begin": on_train_begin, "__module__": __name__})())
