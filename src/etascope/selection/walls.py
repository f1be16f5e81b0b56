"""The two ends that a search must have seen: `low_wall`, `high_wall`, `learned`; a basin cut by limits, `Limited`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from etascope.core.choice import Basin, Landscape, Walls
from etascope.core.numbers import rate
from etascope.core.recipe import Task
from etascope.core.sentences import Sentence
from etascope.selection.basin import LEAST, log_differences, student_quantile, told_apart

#: A wall is worse than the best by this much mean log loss (a loss 1.22 times as large), told apart by pairs.
MARGIN = 0.2
#: A basin ends this far below a rate that diverged, in decades.
BEFORE = 0.02
#: Learning means mean log loss this far below a blind guess's: unequal classes alone give about 0.005.
LEARNS = 0.02


def clearly_worse(landscape: Landscape, index: int, best: int) -> bool:
    """Return whether a rate diverged on some unit, or is told from the best and worse by 0.2 in mean log loss."""
    if np.isinf(landscape.valid_loss[index]).any():
        return True
    d = log_differences(landscape, index, best)
    return told_apart(landscape, index, best) and len(d) > 0 and bool(d.mean() >= MARGIN)


def low_wall(landscape: Landscape, best: int, below: float = math.inf) -> int | None:
    """Return the index of the highest rate below the best, up to `below`, that is clearly worse; None without one."""
    rates = landscape.learning_rates
    places = (i for i in range(best - 1, -1, -1) if rates[i] <= below)
    return next((i for i in places if clearly_worse(landscape, i, best)), None)


def high_wall(landscape: Landscape, best: int, above: float = 0.0) -> int | None:
    """Return the index of the lowest rate above the best, from `above` on, that is clearly worse; None without one."""
    rates = landscape.learning_rates
    places = (i for i in range(best + 1, len(rates)) if rates[i] >= above)
    return next((i for i in places if clearly_worse(landscape, i, best)), None)


def before_divergence(basin: Basin, learning_rate: float, diverged: Iterable[float]) -> Basin:
    """Return a basin that ends just below the lowest rate above `learning_rate` that diverged.

    Examples
    --------
    >>> before_divergence(Basin(0.1, 1.0), 0.3, [0.05, 1.0]).high
    0.9549925860214359
    """
    broken = min((rate for rate in diverged if rate > learning_rate), default=math.inf)
    return Basin(basin.low, max(learning_rate, min(basin.high, broken / 10**BEFORE)))


def within_walls(basin: Basin, learning_rate: float, walls: Walls) -> Basin:
    """Return a basin that ends before its walls: what is clearly worse is told apart.

    Examples
    --------
    >>> within_walls(Basin(0.1, 1.0), 0.3, Walls(0.01, 1.0))
    Basin(low=0.1, high=0.955)
    """
    low, high = basin.low, basin.high
    if walls.low is not None and walls.low >= low:
        low = min(learning_rate, float(f"{walls.low * 10**BEFORE:.3g}"))
    if walls.high is not None and walls.high <= high:
        high = max(learning_rate, float(f"{walls.high / 10**BEFORE:.3g}"))
    return Basin(low, high)


def learned(task: Task, landscape: Landscape, index: int) -> bool:
    """Return whether a rate is clearly better than a blind guess, whose loss is `log(n_classes)` nats.

    Its mean log validation loss must lie 0.02 below the blind guess's and, with two units or more, be told from
    it by a one-sided t test at level 0.9 across the units.
    """
    if not math.isfinite(float(landscape.mean_loss[index])):
        return False
    loss = landscape.valid_loss[index]
    gain = math.log(math.log(task.n_classes)) - np.log(np.maximum(loss[~np.isnan(loss)], LEAST))
    if len(gain) < 2:
        return bool(gain.mean() > LEARNS)
    error = float(gain.std(ddof=1)) / math.sqrt(len(gain))
    return bool(gain.mean() > max(LEARNS, student_quantile(0.9, len(gain) - 1) * error))


@dataclass(frozen=True)
class Limited:
    """The ends of a basin that are limits of the search, beyond which the best rate may lie.

    Attributes
    ----------
    low, high
        The limit, or None where the basin ends by itself: before it, or at a wall.
    """

    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, basin: Basin, walls: Walls, limits: tuple[float, float]) -> Limited:
        """Return those of a basin.

        Examples
        --------
        >>> Limited.of(Basin(0.01, 0.1), Walls(high=0.1), (0.01, 0.1))
        Limited(low=0.01, high=None)
        """
        low = limits[0] if basin.low <= limits[0] and walls.low is None else None
        return cls(low, limits[1] if basin.high >= limits[1] and walls.high is None else None)

    def word(self, word: str, learning_rate: float) -> str:
        """Return the word for a rate that is called `word` by what was tried: never `likely` where a limit cuts.

        Examples
        --------
        >>> Limited(low=0.01).word("likely", 0.02), Limited(low=0.01).word("likely", 0.01), Limited().word("likely", 1)
        ('probable', 'not settled', 'likely')
        """
        if learning_rate in (self.low, self.high):
            return "not settled"
        return "probable" if self and word == "likely" else word

    def __bool__(self) -> bool:
        """Return whether there is one."""
        return self.low is not None or self.high is not None

    @property
    def sentence(self) -> str:
        """Why it is not called likely."""
        ends = " and ".join(rate(end) for end in (self.low, self.high) if end is not None)
        return (
            f"The basin ends at {ends}, where the search was limited, so that it is not called likely: the best rate "
            f"may lie {self._word('below', 'above')}."
        )

    @property
    def settle(self) -> Sentence:
        """What would settle it."""
        word = self._word("lower", "higher")
        return Sentence(f"Allow {word} rates: the basin ends where the search was limited.")

    def _word(self, low: str, high: str) -> str:
        return " or ".join(word for word, end in ((low, self.low), (high, self.high)) if end is not None)


#: Of a basin that no limit cuts.
FREE = Limited()
