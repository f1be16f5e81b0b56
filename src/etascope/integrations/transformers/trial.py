"""A Trainer of transformers in a trial: `computed` losses and `scores`, its `State`, and the `numbers_kept` in it."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, cast

from etascope.core.errors import InputError, one_line
from etascope.integrations.training_loops.adapter import Clock
from etascope.training.pytorch.library import Module, load_torch, moved
from etascope.training.pytorch.memory import is_out_of_memory


def has_classes(trainer: Any, loader: Any, label: str) -> bool:
    """Return whether labels are class numbers (batch,), and the model gives more than one score.

    Raises `InputError` if a batch has no labels; or they are whole numbers, and the loss of the one score needs others.
    """
    batch = next(iter(loader), None)
    if not isinstance(batch, Mapping) or label not in batch:
        there = ", ".join(map(str, cast("Mapping[str, Any]", batch))) if isinstance(batch, Mapping) else "no dict"
        raise InputError(f"batches must be dicts with {label}; found {there}. Look at the data set and its collator.")
    torch, given = load_torch(), dict(cast("Mapping[str, Any]", batch))
    labels: Any = given[label]
    if not isinstance(labels, torch.Tensor) or labels.dim() != 1 or labels.is_floating_point():
        return False
    try:
        one, given = copy.deepcopy(trainer.model), moved(given, trainer.args.device)
        one.eval()
        with torch.no_grad():
            outputs: Any = scores(one, given, label)
    except Exception as error:
        if is_out_of_memory(error):
            raise
        # It is said where it is used first.
        return True
    if not isinstance(outputs, torch.Tensor) or outputs.numel() != len(labels):
        return True
    error = _raised(trainer, one, given)
    if error is not None and _raised(trainer, one, {**given, label: given[label].float()}) is None:
        raise InputError(
            f"labels of a model with one score must be floating point numbers; found {labels.dtype}, of which its loss "
            f"raised {one_line(error)}. Give float(label) in the data set."
        ) from error
    return False


def _raised(trainer: Any, model: Module, given: dict[str, Any]) -> Exception | None:
    """Return what a loss and its gradient raise, if anything."""
    try:
        with load_torch().enable_grad():
            trainer.compute_loss(model, dict(given)).backward()
    except Exception as error:
        return error
    return None


def computed(trainer: Any, model: Module, inputs: dict[str, Any]) -> Any:
    """Return the loss of `compute_loss`."""
    try:
        return trainer.compute_loss(model, dict(inputs))
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise InputError(f"compute_loss must give the loss of a copy of the model; it raised {one_line(error)}.") from (
            error
        )


def scores(model: Module, inputs: dict[str, Any], label: str) -> Any:
    """Return the logits of inputs without their labels."""
    outputs = model(**{name: value for name, value in inputs.items() if name != label})
    if isinstance(outputs, Mapping):
        return cast("Mapping[str, Any]", outputs).get("logits", outputs)
    return cast("tuple[Any, ...]", outputs)[0] if isinstance(outputs, tuple) else outputs


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
