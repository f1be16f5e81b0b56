"""One trial of a loop in Python: its learning rate and seed, and what it reports: `LoopTrial`, `Report`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import SupportsFloat, cast

from etascope.core.errors import InputError


@dataclass(frozen=True)
class Report:
    """What to do after a report.

    Attributes
    ----------
    stop
        Whether the trial should end now.
    why
        Why, in a sentence; empty where it goes on.
    """

    stop: bool
    why: str = ""


@dataclass(frozen=True, eq=False)
class LoopTrial:
    """A training to run at one learning rate.

    Attributes
    ----------
    learning_rate, seed, epochs
        What to train with: the peak rate, the seed of everything random, and the epochs of a whole training, which a
        schedule should be made for. It is stopped before most of the time.
    number
        Which trial this is, counted from 1.
    """

    learning_rate: float
    seed: int
    epochs: int
    number: int
    _tell: Callable[[LoopTrial, float | None, float | None], Report] = field(repr=False)

    def report(self, valid_loss: object = None, valid_accuracy: object = None) -> Report:
        """Report how good the model is after an epoch; stop the training when the answer says so.

        Trials are compared by the accuracy where the first report has one, else by the loss; the search's `target`
        says otherwise. A loss, or a value that is compared, that is not finite says that the training diverged or
        failed. What is reported after `stop` does not count.

        Parameters
        ----------
        valid_loss
            Anything that `float` takes, at least 0; lower is better, and 0 is perfect.
        valid_accuracy
            A share in [0, 1].

        Raises
        ------
        InputError
            If there is no number, it is out of range, the kind of number changes between reports, or the trial is
            over because the loop has gone on to another.
        """
        loss, right = _number("valid_loss", valid_loss), _number("valid_accuracy", valid_accuracy)
        if loss is None and right is None:
            raise InputError("a report needs a number; found none. Try trial.report(valid_loss=loss).")
        if loss is not None and loss < 0:
            raise InputError(
                f"valid_loss must be at least 0; found {loss:g}. Report one that is 0 where the model is perfect."
            )
        if right is not None and math.isfinite(right) and not 0 <= right <= 1:
            raise InputError(f"valid_accuracy must be a share in [0, 1]; found {right:g}. Divide per cent by 100.")
        return self._tell(self, loss, right)


def _number(name: str, value: object) -> float | None:
    if value is None:
        return None
    # PyTorch warns of a number that still has its graph.
    detach = cast("Callable[[], object] | None", getattr(value, "detach", None))
    try:
        return float(cast("SupportsFloat", value if detach is None else detach()))
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{name} must be a number; found {value!r:.80}. Try float(...) of it.") from error
