"""A basin that ends where the search was limited: how sure it may be called, and what to say of it."""

from __future__ import annotations

from dataclasses import dataclass

from etascope.core.choice import Basin, Walls
from etascope.core.numbers import rate
from etascope.core.sentences import Sentence


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
    def told(self) -> str:
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
