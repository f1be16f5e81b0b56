"""What happened, stage by stage, epoch by epoch, layer by layer, with real values: `Trace`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import DataSummary
from etascope.core.recipe import Recipe
from etascope.core.views import Views


@dataclass(frozen=True)
class Stage:
    """One stage of the data flow.

    Attributes
    ----------
    name
        `input images`, `preprocessing`, `feature extraction`, `model training` or `evaluation`.
    shape_in, shape_out
        Array shapes before and after.
    action
        What was done, in one sentence.
    example
        One real value followed through this stage, in one sentence.
    """

    name: str
    shape_in: tuple[int, ...]
    action: str
    shape_out: tuple[int, ...]
    example: str


@dataclass(frozen=True)
class Epoch:
    """One line of the training trace.

    Attributes
    ----------
    epoch
        Counted from 1.
    train_loss, train_accuracy
        Means while the weights moved, nats and share; NaN from the epoch on in which training diverged.
    valid_loss, valid_accuracy
        On rows that did not train, None where there are none.
    observation
        What there is to see, in words, with the number that shows it.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    valid_loss: float | None
    valid_accuracy: float | None
    observation: str


@dataclass(frozen=True)
class Evaluation:
    """Loss (nats) and accuracy (share) on the test images, looked at once."""

    accuracy: float
    loss: float


@dataclass(frozen=True, eq=False)
class Layer:
    """What one layer of a model did with a batch of inputs.

    Attributes
    ----------
    name
        For people: `input`, `dense 1 + ReLU`, `output`.
    kind
        `input`, `relu` (nothing is below 0), `hidden` (any other layer between) or `logits`.
    weights
        Shape of the layer's weights, `()` where it has none.
    values
        `(inputs, units)`, or `(inputs, ...)` where a layer works on images, float32: what left the layer.
    ends
        Lowest and highest value that the layer's activation can give, as 0 and 1 of a sigmoid; None where it has no
        such ends.
    """

    name: str
    kind: str
    weights: tuple[int, ...]
    values: NDArray[np.float32]
    ends: tuple[float, float] | None = None

    @property
    def active(self) -> float:
        """Share of the values above 0."""
        return float(np.mean(self.values > 0)) if self.values.size else 0.0

    @property
    def saturated(self) -> float | None:
        """Share of the values within a hundredth of the way from an end to the other; None without ends."""
        if self.ends is None:
            return None
        low, high = self.ends
        near = (high - low) / 100
        return float(np.mean((self.values <= low + near) | (self.values >= high - near))) if self.values.size else 0.0


@dataclass(frozen=True, eq=False)
class Prediction:
    """One test image followed through the layers.

    Attributes
    ----------
    number
        Which test image, counted from 0.
    image
        `(height, width, channels)` uint8.
    label, predicted
        Class numbers.
    probabilities
        `(n_classes,)` float64, they sum to 1.
    layers
        Each `Layer` with the `values` of this image alone, `(1, units)` or `(1, ...)`.
    """

    number: int
    image: NDArray[np.uint8]
    label: int
    predicted: int
    probabilities: NDArray[np.float64]
    layers: tuple[Layer, ...]

    @property
    def confidence(self) -> float:
        """Probability of the predicted class."""
        return float(self.probabilities[self.predicted])

    @property
    def correct(self) -> bool:
        """Whether the prediction is the label."""
        return self.predicted == self.label


@dataclass(frozen=True, eq=False)
class Trace:
    """One training laid open.

    Attributes
    ----------
    learning_rate, recipe
        What was trained.
    class_names, source
        Of the data.
    sample
        The example image that the stages follow, `(height, width, channels)` uint8, and its class number.
    stages
        Five stages of the data flow.
    step_loss
        `(steps,)` float32: training loss a step, NaN once diverged.
    epochs
        One `Epoch` an epoch.
    evaluation
        On the test images; None when the training diverged.
    prediction
        One test image; None when the training diverged.
    validation
        Where the validation numbers come from, in words; empty where there are none.
    insight
        Two or three sentences drawn from the numbers of this run.
    data
        What the images were, where the training stands for itself; None in a `Run`, which has them.
    """

    learning_rate: float
    recipe: Recipe
    class_names: tuple[str, ...]
    source: str
    sample: NDArray[np.uint8]
    sample_label: int
    stages: tuple[Stage, ...]
    step_loss: NDArray[np.float32]
    epochs: tuple[Epoch, ...]
    evaluation: Evaluation | None
    prediction: Prediction | None
    validation: str
    insight: tuple[str, ...]
    data: DataSummary | None = None

    def __repr__(self) -> str:
        """Return in one line what was trained, for all fields would fill a screen many times."""
        return f"<Trace {self.source}: learning rate {self.learning_rate:g}, {len(self.epochs)} epochs>"

    def __str__(self) -> str:
        """Return the page of the training."""
        return Views.page(self)
