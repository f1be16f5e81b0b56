"""In what a training may differ from its trials: weights, `Copies`; rates, `watch_rates`; hooks, `overridden`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.training.pytorch.library import Module, Tensor

#: Losses of a search that are looked at.
LOOKED_AT = 12
#: Times a loop's own learning rate at which it is looked whether all its rates follow. On both sides: a floor or a
#: ceiling that is a number of its own shows on one alone.
TIMES = (1 / 3, 3.0)
#: How far a rate may be from where it should be, in shares of its peak: a floor of a hundredth may be a number.
SHAPE_NEAR = 0.05
#: What to do where functions of a module hold it.
HELD = (
    "A function that was made of self in __init__, or set on the module, goes on with that one: make it a method of "
    "the class."
)
GIVEN = "Write model, which it is given, in place of self.model or another name of it."


class Copies:
    """Looks at the first losses of a search, before they have a gradient, for weights of models that were copied.

    `culprit` is what computes the loss, and `advice` what to do about it, in a sentence.
    """

    def __init__(self, models: Iterable[Module], culprit: str, advice: str) -> None:
        self._own = {id(p): name for model in models for name, p in model.named_parameters() if p.requires_grad}
        self._culprit, self._advice, self._looked = culprit, advice, 0

    def look(self, loss: Tensor) -> None:
        """Raise `InputError` where a loss depends on weights of a model that was copied."""
        if self._looked >= LOOKED_AT or loss.grad_fn is None:
            return
        self._looked += 1
        names = [self._own[id(one)] for one in _leaves(loss) if id(one) in self._own]
        if names:
            some = ", ".join([*names[:2], "..."] if len(names) > 2 else names)
            raise InputError(
                f"{self._culprit} must use the weights of the copy that a trial trains; its loss depends on those of "
                f"the model that was copied ({some}). {self._advice}"
            )


def watch_rates(optimizer: Any, rates: NDArray[np.float64], warn: Callable[[str], None]) -> None:
    """Look after each step of an optimizer whether its groups had the rates `(steps, groups)`; warn once where not."""
    numbers, near = count(), SHAPE_NEAR * rates.max(axis=0)

    def after_step(_: object, *__: object) -> None:
        step, groups = next(numbers), optimizer.param_groups
        if step >= len(rates) or len(groups) != rates.shape[1]:
            hook.remove()
            return
        now = np.array([float(group["lr"]) for group in groups])
        off = ~(np.abs(now - rates[step]) <= near)
        if off.any():
            hook.remove()
            group = int(off.argmax())
            which = f" of parameter group {group + 1}" if len(now) > 1 else ""
            warn(
                f"The learning rate{which} is {now[group]:.3g} in step {step + 1} of the training, and the search had "
                f"{rates[step, group]:.3g} there: something changes it that trials do not have, so that the rate was "
                "found for another training."
            )

    hook = optimizer.register_step_post_hook(after_step)


def overridden(one: Any, base: type, hooks: Iterable[str]) -> list[str]:
    """Return which of the methods `hooks` of `base` an object of that class, or of one below it, has of its own."""
    return [name for name in hooks if _own(one, base, name)]


def uncalled_sentence(names: Iterable[str]) -> str:
    """Return what to say of methods and callbacks by their names; nothing where there are none.

    Examples
    --------
    >>> uncalled_sentence([]), uncalled_sentence(["training_step"])[:49]
    ('', 'Mind training_step: trials do not call it. Where ')
    """
    every = list(dict.fromkeys(names))
    if not every:
        return ""
    return (
        f"Mind {', '.join(every)}: trials do not call {'it' if len(every) == 1 else 'them'}. Where that changes rates, "
        "weights, gradients or batches, the training is another one than the rate was found for."
    )


def _leaves(loss: Tensor) -> list[Any]:
    """Return the tensors that a loss has a gradient for."""
    leaves, visited, waiting = list[Any](), set[Any](), [loss.grad_fn]
    while waiting:
        node: Any = waiting.pop()
        if node is None or node in visited:
            continue
        visited.add(node)
        if hasattr(node, "variable"):
            leaves.append(node.variable)
        waiting += [before for before, _ in node.next_functions]
    return leaves


def _own(one: Any, base: type, name: str) -> bool:
    kind, given = one.__class__, cast("dict[str, Any]", vars(one))
    return callable(given.get(name)) or getattr(kind, name, None) is not getattr(base, name, None)
