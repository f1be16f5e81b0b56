"""The wall that the sharpness of the loss predicts, beside the wall that was measured: `SharpnessWall`."""

from __future__ import annotations

from dataclasses import dataclass

from etascope.core.choice import Choice
from etascope.core.data import DataSummary
from etascope.core.recipe import Recipe
from etascope.core.views import Shown


@dataclass(frozen=True)
class SharpnessPoint:
    """The sharpness at one moment of a training.

    Attributes
    ----------
    step
        Training steps done.
    sharpness
        Largest eigenvalue of the Hessian of the mean training loss on a batch, in nats per squared unit of weight.
    converged
        Whether power iteration settled on it.
    limit
        The highest stable learning rate on a quadratic loss of this curvature; None where there is no such formula,
        or no curvature above 0.
    """

    step: int
    sharpness: float
    converged: bool
    limit: float | None


@dataclass(frozen=True)
class SharpnessWall(Shown):
    """What theory says of the highest learning rate, and what was measured.

    Attributes
    ----------
    source, fingerprint
        Of the data.
    recipe
        What is trained.
    learning_rate
        The rate of the training along which sharpness was measured; None where only the start was.
    examples
        Of the batch.
    formula
        The limit in terms of the sharpness `s`, as `(2 + 2 x 0.9) / s`; empty where there is none.
    why
        Where the formula comes from and what it presumes, or why there is none: a sentence or two.
    points
        From the start on. A training that diverged ends where it still had weights.
    measured
        The lowest rate above the best that diverged or was clearly worse; None where it was not seen.
    best
        The rate that the search recommends; None where there is none.
    choice
        The answer of that search, with its landscape; None where none was made.
    data
        What the images were; None where nobody says.
    diverged
        Whether the training that is followed diverged before its end.
    """

    source: str
    fingerprint: str
    recipe: Recipe
    learning_rate: float | None
    examples: int
    formula: str
    why: str
    points: tuple[SharpnessPoint, ...]
    measured: float | None = None
    best: float | None = None
    choice: Choice | None = None
    data: DataSummary | None = None
    diverged: bool = False

    @property
    def ratio(self) -> float | None:
        """The measured wall over the limit at the start; None where one of them is missing."""
        limit = self.points[0].limit if self.points else None
        return None if limit is None or self.measured is None else self.measured / limit
