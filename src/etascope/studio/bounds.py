"""How long the work for one question may take: `Bounds`, and `Limit`, which counts it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from etascope.core.errors import InputError

#: What to do when it is the images that take long.
FEWER = "Give fewer images, or smaller ones."


@dataclass(frozen=True)
class Bounds:
    """Seconds of work that a job may take, of all processes together; how long it waits for others does not count.

    Attributes
    ----------
    landscape
        All rates of the dial, on up to five folds.
    race
        Rates side by side.
    other
        Everything else that a page asks for: a trace, metrics, one step, sharpness, a drawing, code.
    search
        A search of one's own, by the clock.
    """

    landscape: float = 300.0
    race: float = 120.0
    other: float = 120.0
    search: float = 1800.0


@dataclass(eq=False)
class Limit:
    """What one question makes the processes do, with a bound.

    Attributes
    ----------
    what
        What it is, with its article.
    seconds
        How long its pieces may run, all together.
    advice
        What to do when that is not enough.

    Examples
    --------
    >>> limit = Limit("a race", 120)
    >>> limit.begin("a piece")
    >>> limit.end("a piece")
    >>> limit.left() > 119
    True
    """

    what: str
    seconds: float
    advice: str = "Take fewer epochs or hidden units, or larger batches."
    _spent: float = field(default=0.0, init=False)
    _running: dict[object, float] = field(default_factory=dict[object, float], init=False)

    def begin(self, piece: object) -> None:
        """Count from now."""
        self._running[piece] = time.monotonic()

    def end(self, piece: object) -> None:
        """Count no more."""
        self._spent += time.monotonic() - self._running.pop(piece)

    def left(self) -> float:
        """Return the seconds that those pieces that run have left, each, if no other begins."""
        now = time.monotonic()
        spent = self._spent + sum(now - began for began in self._running.values())
        return (self.seconds - spent) / max(len(self._running), 1)

    def too_long(self) -> InputError:
        """Return the sentence for whoever waits."""
        return InputError(
            f"{self.what} may take {self.seconds:g} s of work here, and this one takes more; it was stopped. "
            f"{self.advice}"
        )
