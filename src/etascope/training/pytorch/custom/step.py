"""Whether a step of one's own updates the weights of each trial: `FirstUpdate`, `refuse_uneven`, `refuse_idle`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from etascope.core.errors import InputError
from etascope.training.pytorch.library import Module, Optimizer, Tensor, load_torch

#: What adds up gradients over batches, and is told of to who does it by a count of his own.
_INSTEAD = "leave step out and give accumulate=, with train_loss= for a loss of your own."


class FirstUpdate:
    """Waits for the first update that a step of one's own makes: of an optimizer, or of the weights by itself.

    Parameters
    ----------
    module, optimizers
        Of one trial.

    Attributes
    ----------
    made
        Whether there was one.
    waits
        Whether the last step left gradients, finite and not 0, that no update has used.
    """

    def __init__(self, module: Module, optimizers: Sequence[Optimizer]) -> None:
        self._module, self._before = module, list[tuple[int, float]]()
        self.made = self.waits = False
        self._hooks = [
            hook(self._after_update)
            for hook in (getattr(one, "register_step_post_hook", None) for one in optimizers)
            if hook is not None
        ]

    def before(self) -> None:
        """Remember the weights."""
        if not self.made:
            self._before = [_mark(parameter) for parameter in self._module.parameters()]

    def after(self) -> None:
        """Look whether they were updated."""
        if self.made:
            self.waits = False
            return
        parameters = list(self._module.parameters())
        self.made = self._before != [_mark(parameter) for parameter in parameters]
        self.waits = not self.made and any(_has_gradient(parameter) for parameter in parameters)

    def _after_update(self, *_: object) -> None:
        self.made = True
        for hook in self._hooks:
            hook.remove()


def refuse_uneven(trials: Sequence[FirstUpdate]) -> None:
    """Raise `InputError` where some trials had an update and others wait for theirs, though all did as many steps."""
    made, waiting = sum(one.made for one in trials), sum(one.waits for one in trials)
    if made and waiting:
        raise InputError(
            "step must update the weights of every trial, and keep no count of its own: trials take turns, so that "
            f"they share it; found {made} of {len(trials)} that were updated, while {waiting} wait with their "
            f"gradients. To add up gradients, {_INSTEAD}"
        )


def refuse_idle(trials: Sequence[FirstUpdate], steps: int) -> None:
    """Raise `InputError` where none of the trials had an update in so many steps, though all have gradients."""
    if trials and all(one.waits for one in trials):
        raise InputError(
            f"step must update the weights; found none that {steps} steps of a trial updated, though there are "
            f"gradients. Call optimizer.step() in it. To add up gradients of more batches, {_INSTEAD}"
        )


def _mark(parameter: Tensor) -> tuple[int, float]:
    """Return what an update changes: how often a tensor was written to, and its length, where `.data` hides that."""
    torch, value = load_torch(), parameter.detach()
    if torch.nn.parameter.is_lazy(parameter):
        return 0, 0.0
    total = float(value.double().square().sum()) if value.numel() else 0.0
    # What is not a number is not equal to itself.
    return int(parameter._version), total if math.isfinite(total) else 0.0


def _has_gradient(parameter: Any) -> bool:  # noqa: ANN401 - a parameter
    torch, gradient = load_torch(), parameter.grad
    if gradient is None:
        return False
    values = gradient.coalesce().values() if gradient.is_sparse else gradient
    return bool(torch.isfinite(values).all()) and bool(values.any())
