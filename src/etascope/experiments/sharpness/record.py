"""The wall that the sharpness of the loss predicts (`stable_limit`), beside the measured one: `SharpnessWall`."""

from __future__ import annotations

from dataclasses import dataclass

from etascope.core.choice import Choice
from etascope.core.recipe import Recipe
from etascope.experiments.outcome import Outcome

#: Optimizers whose stability on a quadratic follows from its curvature alone.
DESCENTS = ("sgd", "momentum", "nesterov")


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


@dataclass(frozen=True, eq=False, repr=False)
class SharpnessWall(Outcome):
    """What theory says of the highest learning rate, and what was measured.

    Attributes
    ----------
    data, recipe, versions
        As every `Outcome` has them.
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
    diverged
        Whether the training that is followed diverged before its end.
    """

    learning_rate: float | None
    examples: int
    formula: str
    why: str
    points: tuple[SharpnessPoint, ...]
    measured: float | None = None
    best: float | None = None
    choice: Choice | None = None
    diverged: bool = False

    @property
    def ratio(self) -> float | None:
        """The measured wall over the limit at the start; None where one of them is missing."""
        limit = self.points[0].limit if self.points else None
        return None if limit is None or self.measured is None else self.measured / limit


def stable_limit(recipe: Recipe, sharpness: float) -> float | None:
    """Return the learning rate above which full-batch descent on a quadratic of this sharpness runs away.

    With sharpness `s` (the largest eigenvalue of the Hessian, nats per squared unit of weight), momentum `mu` and
    coupled weight decay, which adds itself to `s`:

    - gradient descent: `2 / s`. The error along the sharpest direction is multiplied by `1 - lr s` a step.
    - heavy-ball momentum (`v = mu v + g`, `w = w - lr v`): `(2 + 2 mu) / s`. The errors obey
      `z^2 - (1 + mu - lr s) z + mu = 0`, and a root passes -1 there.
    - Nesterov's momentum (`w = w - lr (g + mu v)`): `(2 + 2 mu) / (1 + 2 mu) / s`. The errors obey
      `z^2 - (1 + mu) (1 - lr s) z + mu (1 - lr s) = 0`, and a root passes -1 there. It is lower than the heavy
      ball's, and lower than plain descent's: looking ahead overshoots more.

    None for optimizers that adapt to the gradients, and where the curvature is not above 0.

    References
    ----------
    Goh 2017, "Why momentum really works", Distill (doi:10.23915/distill.00006); Cohen, Kaur, Li, Kolter and Talwalkar
    2021, "Gradient descent on neural networks typically occurs at the edge of stability" (arXiv:2103.00065), which
    gives the limits of both kinds of momentum in its appendix.

    Examples
    --------
    >>> stable_limit(Recipe(optimizer="sgd"), 10.0), stable_limit(Recipe(optimizer="adam"), 10.0)
    (0.2, None)
    >>> [round(stable_limit(Recipe(optimizer=name), 10.0), 3) for name in ("momentum", "nesterov")]
    [0.38, 0.136]
    """
    if recipe.optimizer not in DESCENTS:
        return None
    curvature, mu = sharpness + (recipe.weight_decay or 0.0), recipe.momentum or 0.0
    if not curvature > 0:
        return None
    return (2 + 2 * mu) / ((1 + 2 * mu if recipe.optimizer == "nesterov" else 1.0) * curvature)


def limit_formula(recipe: Recipe) -> str:
    """Return the limit in terms of the sharpness `s`; empty where there is none.

    Examples
    --------
    >>> limit_formula(Recipe()), limit_formula(Recipe(optimizer="nesterov", momentum=0.5))
    ('(2 + 2 x 0.9) / s', '(2 + 2 x 0.5) / (1 + 2 x 0.5) / s')
    """
    if recipe.optimizer not in DESCENTS:
        return ""
    top = f"(2 + 2 x {recipe.momentum:g})" if recipe.momentum else "2"
    below = f" / (1 + 2 x {recipe.momentum:g})" if recipe.momentum and recipe.optimizer == "nesterov" else ""
    under = f"(s + {recipe.weight_decay:g})" if recipe.weight_decay else "s"
    return f"{top}{below} / {under}"


def why_limit(recipe: Recipe) -> str:
    """Return what the limit presumes and where that is known to fail, or why there is none, in a few sentences."""
    if recipe.optimizer not in DESCENTS:
        return (
            f"{recipe.optimizer} divides each weight's step by the size of its own gradients, so the curvature that "
            "counts is that of the rescaled loss, which moves with the gradients: sharpness alone gives no limit."
        )
    limits = (
        "The limit holds for a quadratic loss and gradients of the whole training set. A network's curvature "
        "changes as it trains, and batches add noise."
    )
    if not recipe.hidden:
        return (
            f"{limits} Softmax regression is convex and its curvature falls as it learns: beyond the limit it bounces "
            "and often learns still, so the measured wall tends to lie above it, or there is none."
        )
    if recipe.optimizer == "sgd":
        return (
            f"{limits} In a study of seven jobs with plain SGD the rate that cost 10 points was 0.5 to 5 times the "
            "limit at the start, about equal in the middle."
        )
    return (
        f"{limits} With momentum the wall is set later in training, when the sharpness is higher: in a study with "
        "momentum 0.9 measured walls were ten times lower than the limit at the start, so do not steer by it."
    )
