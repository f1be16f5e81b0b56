"""The two jobs of the throughput benchmark, and all that a contender gets to do one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

EPOCHS, HIDDEN, CLASSES, FEATURES = 5, 128, 10, 784
RATES = np.logspace(-4, 0, 64)


@dataclass(frozen=True, eq=False)
class Job:
    """One training recipe on the bundled digits, with the same start and the same batches for everyone.

    Attributes
    ----------
    name
        For the table.
    batch_size, momentum
        Of plain SGD (momentum 0) or SGD with momentum.
    x, y
        `(800, 784)` float32 in [0, 1], and labels `(800,)` int64: what is trained on.
    x_test, y_test
        200 rows: scored once, at the end.
    weights
        Weight and bias of both layers, `(fan_in, fan_out)` and `(fan_out,)`, as PyTorch initialises `nn.Linear`.
    orders
        `(epochs, 800)`: in which order each epoch goes through the rows.
    """

    name: str
    batch_size: int
    momentum: float
    x: NDArray[np.float32]
    y: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]
    weights: tuple[NDArray[np.float32], ...]
    orders: NDArray[np.int64]

    def nominal_flops(self, trials: int) -> float:
        """Return the textbook's floating-point operations for so many trainings.

        A product of `m` inputs and `n` outputs takes `2 m n` forward, `2 m n` for the gradient of its weights and
        `2 m n` for that of its inputs, which the first layer does not need.
        """
        per_image = 4 * FEATURES * HIDDEN + 6 * HIDDEN * CLASSES
        return float(trials * EPOCHS * len(self.x) * per_image)


def make_jobs() -> tuple[Job, Job]:
    """Return job A (batch 32, plain SGD) and job B (batch 16, momentum 0.9: the default recipe)."""
    from etascope.core.recipe import Recipe
    from etascope.images.open import open_images
    from etascope.pipeline.prepare import prepare
    from etascope.pipeline.split import divide
    from etascope.training.random_streams import epoch_order, initial_parameters

    split = prepare(divide(open_images("digits"), folds=0), Recipe())
    rows = np.arange(len(split.y))
    shared: dict[str, Any] = {
        "x": split.x,
        "y": split.y,
        "x_test": split.x_test,
        "y_test": split.y_test,
        "weights": initial_parameters((FEATURES, HIDDEN, CLASSES), 0),
        "orders": np.stack([epoch_order(rows, len(rows), 0, 0, epoch) for epoch in range(EPOCHS)]),
    }
    return (
        Job("A: batch 32, plain SGD", 32, 0.0, **shared),
        Job("B: batch 16, momentum 0.9 (the default recipe)", 16, 0.9, **shared),
    )
