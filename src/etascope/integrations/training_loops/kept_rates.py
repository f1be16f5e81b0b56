"""Whether a training has the rates that a search set, step by step: `look`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: How far a rate may be from what was set, in shares of its peak: a floor of a hundredth may be a number.
NEAR = 0.05


def look(optimizer: Any, rates: NDArray[np.float64], tell: Callable[[str], None]) -> None:
    """Look after each step of an optimizer whether its groups had their rates; tell of the first that had not.

    Parameters
    ----------
    optimizer
        Of PyTorch.
    rates
        `(steps, groups)`: what was set.
    tell
        Called with a sentence, once at most.
    """
    numbers, near = count(), NEAR * rates.max(axis=0)

    def seen(_: object, *__: object) -> None:
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
            tell(
                f"The learning rate{which} is {now[group]:.3g} in step {step + 1} of the training, and the search had "
                f"{rates[step, group]:.3g} there: something changes it that trials do not have, so that the rate was "
                "found for another training."
            )

    hook = optimizer.register_step_post_hook(seen)
