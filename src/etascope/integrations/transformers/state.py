"""What a Trainer of transformers counts, in trials and while it trains: `State`, `numbers_kept`, `look_at`."""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections.abc import Callable, Generator, Sequence
from typing import Any, cast

import numpy as np

from etascope.core.extras import load_library
from etascope.integrations.training_loops.adapted import Clock
from etascope.integrations.training_loops.kept_rates import look
from etascope.integrations.transformers.rates import shape_of
from etascope.torch import TorchRun


class State:
    """The Trainer's state while trials train, which go side by side: so they share it."""

    def __init__(self, trainer: Any, clock: Clock, steps: int) -> None:
        one = copy.copy(trainer.state)
        one.max_steps, one.num_train_epochs = steps, -(-steps // -(-clock.batches // clock.accumulate))
        self._state, self._clock, self._last = one, clock, -1
        trainer.state, trainer.is_in_train = one, True

    def stand(self, done: int | None = None) -> None:
        """Stand where a batch is, counted from 0, or where the last one has ended."""
        at = self._last + 1 if done is None else done
        self._last = at - (done is None)
        self._state.global_step = self._clock.step(at)
        self._state.epoch = self._clock.updated(at) / self._clock.batches


@contextlib.contextmanager
def numbers_kept(trainer: Any) -> Generator[Callable[[], list[str]]]:
    """Put back the numbers that a Trainer holds; what the block is given returns the names of those that moved."""
    there = cast("dict[str, Any]", vars(trainer))

    def numbers() -> dict[str, int | float]:
        return {name: value for name, value in there.items() if type(value) in (int, float)}

    before = numbers()

    def moved() -> list[str]:
        return [name for name, value in numbers().items() if name not in before or before[name] != value]

    try:
        yield moved
    finally:
        for name in set(moved()).difference(before):
            del there[name]
        there.update(before)


def counted(moved: Sequence[str]) -> str:
    """Return what to say of numbers that moved; nothing where there are none."""
    names = ", ".join(f"self.{name}" for name in moved)
    return (
        f"Mind {names} of the Trainer: all trials moved it, one after the other. Where a loss depends on it, the "
        "training is another one than the rate was found for; self.state.global_step is that of each trial."
        if moved
        else ""
    )


def look_at(trainer: Any, run: TorchRun, uncalled: str) -> None:
    """Let the Trainer say, while it trains, where its optimizer has another rate than was set."""
    steps, found = run.history.plan.rates.shape[1], run.choice.learning_rate or 0.0
    shape = shape_of(trainer, steps)
    shape = np.ones(steps) if shape is None else shape
    rates = np.outer(shape, [found * ratio for row in run.ratios for ratio in row])

    def on_train_begin(self: Any, args: Any, state: Any, control: Any, optimizer: Any = None, **_: object) -> None:
        del self, state, control
        if args.learning_rate == found:
            look(
                getattr(optimizer, "optimizer", optimizer),
                rates,
                lambda off: warnings.warn(f"{off} {uncalled}", stacklevel=2),
            )

    base = load_library("transformers").TrainerCallback
    for one in [one for one in trainer.callback_handler.callbacks if type(one).__module__ == __name__]:
        trainer.remove_callback(one)
    trainer.add_callback(type("Look", (base,), {"on_train_begin": on_train_begin, "__module__": __name__})())
