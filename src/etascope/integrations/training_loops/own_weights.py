"""Whether a trial trains the weights of its own copy, and not those of the model that was copied: `Copies`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from etascope.core.errors import InputError
from etascope.training.pytorch.library import Module, Tensor

#: Losses of a search that are looked at.
LOOKED_AT = 12
#: What to do where functions of a module hold it.
HELD = (
    "A function that was made of self in __init__, or set on the module, goes on with that one: make it a method of "
    "the class."
)
GIVEN = "Write model, which it is given, in place of self.model or another name of it."


class Copies:
    """Looks at the first losses of a search, before they have a gradient.

    Parameters
    ----------
    models
        Those that were copied.
    culprit, advice
        What computes the loss, and what to do about it, in a sentence.
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


def _leaves(loss: Tensor) -> list[Any]:
    """Return the tensors that a loss has a gradient for."""
    found, seen, waiting = list[Any](), set[Any](), [loss.grad_fn]
    while waiting:
        node: Any = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.append(node.variable)
        waiting += [before for before, _ in node.next_functions]
    return found
