"""Prodigy, an optimizer that finds its own learning rate: `ProdigyOptimizer`."""

from __future__ import annotations

import importlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import NO_FOLD, Split
from etascope.core.recipe import Recipe, epoch_size, steps_per_epoch
from etascope.core.schedules import schedule_row
from etascope.experiments.referee.adviser import Advice, Bench, Predict
from etascope.training.random_streams import epoch_order, initial_parameters


@dataclass(frozen=True)
class ProdigyOptimizer:
    """Prodigy at learning rate 1, in place of the recipe's optimizer.

    The same network, initial weights, batches, epochs and schedule shape, trained by PyTorch; everything of Prodigy
    but its rate at the defaults of `prodigyopt`. It is another optimizer, so what it loses against the recipe at its
    best rate may be below 0.

    Source: Mishchenko and Defazio 2024, "Prodigy: an expeditiously adaptive parameter-free learner", ICML.
    """

    name: str = "Prodigy at rate 1"
    about: str = "another optimizer, which estimates its own rate; one training by PyTorch, prodigyopt's defaults"
    needs: tuple[str, ...] = ("torch", "prodigyopt")

    def advise(self, bench: Bench) -> Advice:
        """Return how it trains; the cost is that of one training."""
        return Advice(None, 1.0, lambda seed: train(bench.split, bench.recipe, seed))


def train(split: Split, recipe: Recipe, seed: int) -> Predict:
    """Train on all development rows and return what predicts; weights and order are those of the dense engine."""
    # Neither library has full types.
    prodigyopt: Any = importlib.import_module("prodigyopt")
    torch: Any = importlib.import_module("torch")

    def tensor(values: NDArray[Any]) -> Any:  # noqa: ANN401 - a torch.Tensor
        return torch.from_numpy(np.ascontiguousarray(values))

    def logits(x: Any) -> Any:  # noqa: ANN401 - a torch.Tensor
        for weights, bias in zip(parameters[0:-2:2], parameters[1:-2:2], strict=True):
            x = torch.relu(x @ weights + bias)
        return x @ parameters[-2] + parameters[-1]

    def predict(inputs: NDArray[Any]) -> NDArray[np.int64]:
        with torch.no_grad():
            return logits(tensor(inputs)).argmax(dim=1).numpy()

    steps = steps_per_epoch(split, recipe, NO_FOLD)
    shape = schedule_row(recipe.schedule, recipe.warmup, steps * recipe.epochs).tolist()
    start = initial_parameters((split.x.shape[1], *recipe.hidden, split.n_classes), seed)
    with _one_thread():
        parameters = [tensor(values.copy()).requires_grad_() for values in start]
        x, y, rows = tensor(split.x), tensor(split.y), split.train_rows(NO_FOLD)
        optimizer = prodigyopt.Prodigy(parameters, lr=1.0)
        for epoch in range(recipe.epochs):
            order = tensor(epoch_order(rows, epoch_size(split, recipe, NO_FOLD), seed, NO_FOLD, epoch))
            for step, batch in enumerate(order.split(recipe.batch_size), epoch * steps):
                optimizer.param_groups[0]["lr"] = shape[step]
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(logits(x[batch]), y[batch]).backward()
                optimizer.step()
    return predict


@contextmanager
def _one_thread() -> Generator[None]:
    """Hold PyTorch to one thread: its threads cost small networks more than they give."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
