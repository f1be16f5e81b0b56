"""By what number trainings are compared: `Measure`, and `PLAIN`, the validation loss that etascope works out itself."""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass
from itertools import pairwise

from etascope.core.checks import check_values
from etascope.core.errors import InputError
from etascope.core.numbers import nats
from etascope.core.sentences import Setting, say

#: A value this far beyond the best possible one, as a share of it, is rounding.
ROUNDING = 1e-6
#: Words of a name that say of a number that more of it is better.
RISING = {
    "acc", "accuracy", "accuracies", "f1", "f2", "fbeta", "fscore", "auc", "auroc", "auprc", "aupr", "roc", "prauc",
    "rocauc", "precision", "recall", "specificity", "sensitivity", "tpr", "tnr", "ppv", "npv", "iou", "miou", "giou",
    "jaccard", "map", "ap", "dice", "score", "scores", "r2", "explained", "kappa", "mcc", "matthews", "gini", "top",
    "hit", "hits", "hitrate", "ndcg", "mrr", "bleu", "rouge", "meteor", "cider", "psnr", "ssim", "msssim", "snr",
    "correlation", "corr", "pearson", "spearman", "corrcoef", "concordance", "cindex", "similarity", "likelihood",
    "elbo", "reward", "return", "correct", "quality", "purity", "nmi", "ari", "success", "agreement", "accu", "bacc",
    "balacc", "sim", "silhouette", "fmeasure", "exactmatch", "uar",
}  # fmt: skip
#: Words that say that less of it is better, whatever else the name says.
FALLING = {
    "loss", "losses", "error", "errors", "err", "cost", "nll", "negative", "neg", "ce", "bce", "xent", "entropy",
    "mse", "rmse", "mae", "mape", "brier", "fid", "crps", "ece", "wer", "cer", "perplexity", "ppl", "distance", "minus",
    "inverse", "regret", "risk", "fpr", "fnr", "hinge", "kl", "divergence", "deviation", "energy",
}  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """The number by which trainings are compared: a loss in nats, or what a script or a loop of your own reports.

    Trials are compared by how far their values are from the best possible one. That distance is at least 0, lower is
    better, and its logarithm is what halving compares; it stands where a loss in nats stands otherwise.

    Attributes
    ----------
    name, maximize
        What it is called, and whether higher is better. Default False.
    best
        The best value it can have, finite. None takes 0, or 1 where higher is better.
    unit
        Of its values: `nats` where etascope trains, empty where a number is reported.

    Raises
    ------
    InputError
        If `best` is not finite.

    Examples
    --------
    >>> accuracy = Measure("accuracy", maximize=True)
    >>> accuracy.best, accuracy.loss(0.75), accuracy.value(0.25)
    (1.0, 0.25, 0.75)
    """

    name: str
    maximize: bool = False
    best: float | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        """Check the best value, or fill it in."""
        check_values(self)
        best = (1.0 if self.maximize else 0.0) if self.best is None else float(self.best)
        if not math.isfinite(best):
            raise InputError(f"the best value of a metric must be a finite number; found {best}. Try 0.")
        object.__setattr__(self, "best", best)

    @property
    def reported(self) -> bool:
        """Whether a training of one's own reported it, of which nothing else is known."""
        return not self.unit

    @property
    def lossy(self) -> bool:
        """Whether it is a loss as it stands: 0 is the best possible, and lower is better."""
        return not self.maximize and self.best == 0

    @property
    def words(self) -> str:
        """What distances from the best are called: the name, or a difference.

        Examples
        --------
        >>> Measure("accuracy", maximize=True).words, Measure("elbo", best=-100).words
        ('1 - accuracy', 'elbo + 100')
        """
        best = self.best or 0.0
        if self.maximize:
            return f"{best:g} - {self.name}"
        return self.name if self.lossy else f"{self.name} {'-' if best > 0 else '+'} {abs(best):g}"

    @property
    def words_with_unit(self) -> str:
        """What distances from the best are called, with their unit.

        Examples
        --------
        >>> PLAIN.words_with_unit, PLAIN.written(0.25), Measure("accuracy", maximize=True).words_with_unit
        ('validation loss in nats', '0.25', '1 - accuracy')
        """
        return f"{self.words} in {self.unit}" if self.unit else self.words

    def loss(self, value: float) -> float:
        """Return how far a value is from the best possible one, at least 0; NaN or inf where the value is not finite.

        Raises
        ------
        InputError
            If it is beyond the best possible one.
        """
        if not math.isfinite(value):
            return math.nan if math.isnan(value) else math.inf
        best = self.best or 0.0
        distance = best - value if self.maximize else value - best
        if distance < -ROUNDING * max(abs(best), 1.0):
            side = "at most" if self.maximize else "at least"
            beyond = min(float(f"1e{math.floor(math.log10(abs(value) or 1)) + 1}"), sys.float_info.max)
            example = max(100.0, beyond) if self.maximize else -beyond if value < 0 else 0.0
            raise InputError(
                f"{self.name} must be {side} {best:g}, the best value that it can have; found {value:g}.",
                say(
                    "Say what the best value is, no further away than it may come, as in {best}.",
                    Setting("best", example),
                ),
            )
        return max(distance, 0.0)

    def value(self, loss: float) -> float:
        """Return the value that lies so far from the best possible one."""
        best = self.best or 0.0
        return best - loss if self.maximize else best + loss

    def written(self, loss: float) -> str:
        """Write the value that lies so far from the best possible one: in four digits, or as a loss in nats."""
        return f"{self.value(loss):.4g}" if self.reported else nats(loss)


#: The validation loss, by which trainings of etascope's own are compared.
PLAIN = Measure("validation loss", unit="nats")


def more_is_better(name: str) -> bool | None:
    """Say by the words of a metric's name whether more of it is better; None where they do not say.

    Examples
    --------
    >>> more_is_better("val/AccTop1"), more_is_better("val_acc_loss"), more_is_better("heatmap")
    (True, False, None)
    """
    words = set(_words(name))
    return False if words & FALLING else True if words & RISING else None


def _words(name: str) -> list[str]:
    """Return the words of a name in small letters: between signs, by capitals, before digits, and two together."""
    parts = re.split(r"[^A-Za-z0-9]+", name)
    pieces = [piece for part in parts for piece in re.findall(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+", part)]
    together = [one + other for one, other in pairwise(pieces)]
    words = [word.lower() for word in (*parts, *pieces, *together)]
    words += [re.sub("^(validation|valid|val|eval|dev|test)", "", word) for word in words]
    return words + [word.rstrip("0123456789") for word in words]
