"""Whether a training compares each output with every target, as (n, 1) with (n,) is: `broadcast_sentences`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from etascope.training.pytorch.batches import Batch
from etascope.training.pytorch.library import load_torch
from etascope.training.pytorch.random_state import random_state_kept
from etascope.training.pytorch.running_trial import RunningTrial


def broadcast_sentences(running: RunningTrial, parts: Sequence[Batch], rate: float) -> tuple[str, ...]:
    """Train a step and validate a batch; return what to mind where tensors (n, 1) and (n,) come to (n, n).

    Comparing a loss's arguments is not enough: it may take a column of one of them, and a step or a `training_step` has
    its own.

    Parameters
    ----------
    running
        A trial, which is trained.
    parts
        The batches of a step.
    rate
        To train it at.
    """
    torch, sizes = load_torch(), list[int]()

    def note(out: Any, args: Sequence[Any]) -> Any:  # noqa: ANN401 - what a function of PyTorch returns
        shapes = {tuple(one.shape) for one in args if isinstance(one, torch.Tensor)}
        if isinstance(out, torch.Tensor) and out.dim() == 2 and len(out) == out.shape[1] > 1:
            sizes.extend([len(out)] * (shapes == {(len(out),), (len(out), 1)}))
        return out

    class Noting(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401
            del types
            return note(func(*args, **(kwargs or {})), args)

    # What goes wrong is said where it trains.
    with suppress(Exception), random_state_kept():
        with Noting():
            running.step(parts, rate)
        running.evaluating()
        with Noting():
            running.judge(parts[0])
    if not sizes:
        return ()
    n = sizes[0]
    return (
        f"Mind the shapes: tensors of ({n}, 1) and ({n},) are put together, which PyTorch broadcasts to ({n}, {n}), so "
        "that each output may be compared with every target. If that is not meant, index or squeeze both alike.",
    )
