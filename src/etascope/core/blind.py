"""What is had without a look at the images, by the classes' shares alone: `BlindGuess`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class BlindGuess:
    """What a model gets that knows the classes' shares, and nothing of the images.

    Attributes
    ----------
    loss
        The entropy of the shares in nats, `-sum_c p_c log p_c`: the cross-entropy of always saying these shares, which
        no model that looks at nothing goes below. `log(n_classes)` where all classes are equally many.
    accuracy
        The share of the largest class: what always naming it gets right.
    answer
        That class, by its name; empty where no class is larger than all others.

    Examples
    --------
    >>> guess = BlindGuess.of(np.array([950, 50]), ("coat", "pullover"))
    >>> round(guess.loss, 4), guess.accuracy, guess.answer
    (0.1985, 0.95, 'coat')
    """

    loss: float
    accuracy: float
    answer: str = ""

    @classmethod
    def of(cls, counts: NDArray[np.int64], names: Sequence[str]) -> BlindGuess:
        """Return that of so many rows of each class `(classes,)`, one at least in all, with the names of the classes.

        Of rows of one class there is nothing to guess; the loss is that of an even guess between the classes then.

        Examples
        --------
        >>> BlindGuess.of(np.array([20, 20]), ("bee", "cat")) == BlindGuess.even(2)
        True
        """
        shares = counts[counts > 0] / counts.sum()
        largest = np.flatnonzero(counts == counts.max())
        answer = names[int(largest[0])] if len(largest) == 1 else ""
        entropy = -math.fsum(share * math.log(share) for share in shares.tolist())
        return cls(entropy or cls.even(len(names)).loss, float(shares.max()), answer)

    @classmethod
    def even(cls, n_classes: int) -> BlindGuess:
        """Return that of classes that are equally many, or of which that is not known."""
        return cls(math.log(max(n_classes, 2)), 1 / max(n_classes, 1))
