"""The learning rates of parameter groups: whether they follow the one that is asked for, and stay as they are set."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.core.numbers import rate as written
from etascope.training.pytorch.library import Optimizer, load_torch

#: The largest rate that a number of four bytes holds.
LARGEST_RATE = 3.4028234663852886e38
#: A group follows where its rate is this near to its multiple of the one that is asked for, as a share: one that is
#: rounded to three digits does.
NEAR = 0.01
#: Where it is tried whether groups follow, if no window is given; no round numbers, which rounding would leave alone.
TRIED = (1.3e-5, 0.77)
#: What to do where something else changes the rates of the search.
LEAVE_OUT = (
    "Leave out what changes it, as a scheduler in step=, and give schedule=, a name or the function of the step "
    "that LambdaLR takes."
)


def rates_in(optimizers: Sequence[Optimizer], given: float | None = None) -> list[list[float]]:
    """Return the learning rate of each parameter group, a list an optimizer; `given` is the one they were built with.

    Raises `InputError` if a group has no `lr` or one below 0, or none is above 0.
    """
    rates = list[list[float]]()
    for optimizer in optimizers:
        groups = getattr(optimizer, "param_groups", None)
        kinds = (int, float, load_torch().Tensor)
        if not groups or any(not isinstance(group.get("lr"), kinds) for group in groups):
            raise InputError(
                "optimizer must return optimizers whose parameter groups have a learning rate, lr; found "
                f"{type(optimizer).__name__} without one. Use one of torch.optim."
            )
        rates.append([_plain(group["lr"]) for group in groups])
    largest = max((rate for row in rates for rate in row), default=0.0)
    if not largest > 0:
        made = "" if given is None else f", made of {written(given)}"
        raise InputError(
            "optimizer must use the learning rate that it is given; found parameter groups whose lr are all "
            f"{largest:g}{made}. Pass it on as it is, not rounded: torch.optim.SGD(groups, lr=learning_rate)."
        )
    lowest = min(rate for row in rates for rate in row)
    if lowest < 0:
        raise InputError(
            f"the rates of parameter groups must be at least 0; found {lowest:g}. Turn the sign of the loss instead."
        )
    return rates


def rate_ratios(optimizers: Sequence[Optimizer]) -> list[list[float]]:
    """Return the learning rate of each parameter group as a share of the largest one; `InputError` as `rates_in`."""
    rates = rates_in(optimizers)
    largest = max(rate for row in rates for rate in row)
    return [[rate / largest for rate in row] for row in rates]


def refuse_schedulers(optimizers: Sequence[Optimizer], scheduled: Sequence[object] = ()) -> None:
    """Raise `InputError` where a scheduler of PyTorch was made for an optimizer: the search sets every step's rate.

    `scheduled` are optimizers that are known to have one, which left no mark.
    """
    for optimizer in optimizers:
        marked = any("initial_lr" in group for group in getattr(optimizer, "param_groups", ()))
        if marked or any(optimizer is one for one in scheduled):
            raise InputError(
                "the search sets the learning rate of every step, so that a scheduler beside it has no say; found one "
                f"of {type(optimizer).__name__}. Leave it out here, and give schedule='cosine' or another, or the "
                "function of the step that LambdaLR takes."
            )


def window_tried(low: float | None, high: float | None) -> list[float]:
    """Return the rates at which it is tried whether groups follow: a factor of ten apart, within what is allowed.

    Examples
    --------
    >>> [f"{rate:.2g}" for rate in window_tried(None, None)], window_tried(0.1, 0.1)
    (['1.3e-05', '0.00012', '0.0011', '0.0095', '0.086', '0.77'], [0.05, 0.1])
    """
    first = low or min(TRIED[0], high or math.inf)
    last = high or max(TRIED[1], low or 0.0)
    if last < 2 * first:
        return [last / 2, last]
    return np.geomspace(first, last, max(2, 1 + round(math.log10(last / first)))).tolist()


def multiples(build: Callable[[float], Sequence[Optimizer]], tried: Sequence[float]) -> list[list[float]]:
    """Return each parameter group's rate as a multiple of the one that its optimizer was built with.

    At least two rates are `tried`. Raises `InputError` if a group's rate is no such multiple, or there are other groups
    at another rate.
    """
    built = [build(rate) for rate in tried]
    tables = [rates_in(one) for one in built]
    lengths = [len(row) for row in tables[0]]
    for rate, table in zip(tried, tables, strict=True):
        if [len(row) for row in table] != lengths:
            counts = ", ".join(str(sum(len(row) for row in one)) for one in (tables[0], table))
            raise InputError(
                f"optimizer must return the same parameter groups at any learning rate; found {counts} at "
                f"{written(tried[0])} and {written(rate)}. Let none depend on it."
            )
    rates = np.array([[rate for row in table for rate in row] for table in tables])
    shares = rates / np.array(tried)[:, None]
    # The median, so that a rate at which a group is cut off or rounded is the odd one, and not what others are held to.
    usual = np.median(shares, axis=0)
    far = ~np.isclose(shares, usual, rtol=NEAR, atol=0)
    if far.any():
        raise _unfollowed(built[0], tried, rates, far)
    largest = float(usual.max())
    # One that is rounded, or of four bytes, is the rate itself.
    whole = 1.0 if math.isclose(largest, 1, rel_tol=NEAR) else largest
    flat = iter((usual / largest * whole).tolist())
    return [[next(flat) for _ in range(length)] for length in lengths]


def require_multiples(optimizers: Sequence[Optimizer], rate: float, of: Sequence[Sequence[float]]) -> None:
    """Raise `InputError` unless groups have the multiples of a rate that their optimizers were built with."""
    table = rates_in(optimizers)
    if [len(row) for row in table] != [len(row) for row in of]:
        raise InputError(
            f"optimizer must return the same parameter groups at any learning rate; found others at {written(rate)}. "
            "Let none depend on it."
        )
    pairs = [pair for row, ratios in zip(table, of, strict=True) for pair in zip(row, ratios, strict=True)]
    for now, ratio in pairs:
        # Both may be off by `NEAR`: the multiple was read from rates that may be rounded, and this one may be, too.
        if not math.isclose(now, rate * ratio, rel_tol=2 * NEAR):
            raise InputError(
                f"optimizer must make the same multiple of every learning rate; of {written(rate)} it made "
                f"{written(now)} in place of {written(rate * ratio)}. Pass it on as it is, or set the limits of the "
                "search, low= and high=, to where it does."
            )


def _unfollowed(
    optimizers: Sequence[Optimizer], tried: Sequence[float], rates: NDArray[np.float64], far: NDArray[np.bool_]
) -> InputError:
    """Return what to say of groups that do not follow, by the first of them."""
    group = int(far.any(axis=0).argmax())
    names = [type(optimizer).__name__ for optimizer in optimizers for _ in optimizer.param_groups]
    what = names[group] if len(names) == 1 else f"parameter group {group + 1} of {len(names)} ({names[group]})"
    column = rates[:, group]
    if np.allclose(column, column[0], rtol=1e-6, atol=0):
        alone = bool(far.any(axis=0).all())
        fix = f"Pass it on: torch.optim.{names[group]}(groups, lr=learning_rate)."
        return InputError(
            f"optimizer must use the learning rate that it is given; found {what} at {written(float(column[0]))} "
            f"whatever it is. {fix if alone else 'Make it a multiple of it: lr=0.1 * learning_rate.'}"
        )
    bad = int(far[:, group].argmax())
    # Where no two agree, the last one is as good as any.
    good = len(tried) - 1 if far[:, group].all() else int((~far[:, group]).argmax())
    pairs = [f"of {written(tried[i])} {written(float(column[i]))}" for i in sorted((bad, good))]
    return InputError(
        f"optimizer must make the same multiple of every learning rate; found {what}, which makes {' and '.join(pairs)}"
        ". Pass it on as it is, or set the limits of the search, low= and high=, to where it does."
    )


class GroupRates:
    """Sets the learning rates of parameter groups, and sees that nothing else does.

    Parameters
    ----------
    optimizers
        As they were built; the ratios of their rates are kept.
    multiple
        The largest rate of a group as a multiple of the one that is set.

    Attributes
    ----------
    ratios
        Of each group's rate to the one that is set, a list an optimizer.
    """

    def __init__(self, optimizers: Sequence[Optimizer], multiple: float = 1.0) -> None:
        self._optimizers, self._steps, self._set = optimizers, 0, list[float]()
        self.ratios = [[ratio * multiple for ratio in row] for row in rate_ratios(optimizers)]
        self._moved: Any = None
        self._tensor: type = load_torch().Tensor

    def set(self, rate: float) -> None:
        """Set every group's rate for a step; `InputError` as `look`: between steps, too, a rate stays as it was set."""
        if self._steps:
            self._compare()
        rates = [min(rate * ratio, LARGEST_RATE) for row in self.ratios for ratio in row]
        for group, value in zip(self._groups(), rates, strict=True):
            if isinstance(group["lr"], self._tensor):
                group["lr"].detach().fill_(value)
            else:
                group["lr"] = value
        self._set = rates
        self._steps += 1

    def look(self) -> None:
        """Look whether all rates are what they were set to, also those that are tensors on another device.

        Raises `InputError` if one is not, or a scheduler was made that will move it.
        """
        if self._steps:
            self._compare()
        if self._moved is not None and bool(self._moved):
            raise self._refused("its rate, a tensor,", "moved")

    def after_step(self) -> None:
        """Look after a step, without waiting for another device than the processor."""
        if self._steps == 1:
            refuse_schedulers(self._optimizers)
        self._compare()

    def _groups(self) -> list[dict[str, Any]]:
        # An optimizer that loads a state has new groups.
        groups = [group for optimizer in self._optimizers for group in optimizer.param_groups]
        known = sum(len(row) for row in self.ratios)
        if len(groups) != known:
            raise InputError(
                f"parameter groups must stay those that optimizer returned, {known}; found {len(groups)} after step "
                f"{self._steps}. Put all parameters into groups from the start."
            )
        return groups

    def _compare(self) -> None:
        for group, value in zip(self._groups(), self._set, strict=True):
            now = group["lr"]
            if now is value:
                continue
            if _is_elsewhere(now):
                # Gathered there, and fetched by `look`, when the trial waits for that device anyway.
                moved = (now - value).abs() > 1e-6 * value
                self._moved = moved if self._moved is None else self._moved | moved
            elif not math.isclose(_plain(now), value, rel_tol=_digits(now), abs_tol=1e-38):
                was, became = written(value), written(_plain(now))
                if was == became:
                    was, became = f"{value:.8g}", f"{_plain(now):.8g}"
                raise self._refused(f"it was set to {was}", f"was {became}")

    def _refused(self, was: str, became: str) -> InputError:
        names = " and ".join(type(optimizer).__name__ for optimizer in self._optimizers)
        return InputError(
            f"the search sets the learning rate of every step, and nothing else may change it; {was} and {became} "
            f"after step {self._steps} of {names}.",
            LEAVE_OUT,
        )


def _is_elsewhere(rate: Any) -> bool:  # noqa: ANN401 - a number or a tensor
    """Return whether a rate is a tensor that is not in the processor's memory: to look at it waits for its device."""
    return isinstance(rate, load_torch().Tensor) and rate.device.type != "cpu"


def _plain(rate: Any) -> float:  # noqa: ANN401 - a number or a tensor
    """Return a rate as a number, also one that is learned itself."""
    return float(rate.detach() if isinstance(rate, load_torch().Tensor) else rate)


def _digits(rate: Any) -> float:  # noqa: ANN401 - a number or a tensor
    """Return how far a rate may be from what it was set to, as a share: a tensor may have few digits."""
    return NEAR if isinstance(rate, load_torch().Tensor) and rate.element_size() <= 2 else 1e-6
